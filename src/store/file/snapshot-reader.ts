import type { Clock, Undo } from '../../async/clock.ts'
import type { Logger } from '../../model/logger.ts'
import type { StoreSummary } from '../../model/persistent-store.ts'
import { EMPTY_SNAPSHOT, type SavedSnapshot } from './format.ts'
import { openForReading, readSnapshot, type SnapshotResult } from './read-snapshot.ts'

export interface SnapshotReaderOptions {
  readonly path: string
  readonly maxAgeMs: number
  readonly clock: Clock
  readonly logger: Logger
}

interface CachedSnapshot {
  readonly identity: string
  readonly saved: SavedSnapshot
}

/** Time for which the content is cached, in milliseconds, because lazy reads request one row at a time. */
const CACHE_MS = 60_000

/**
 * Reads a snapshot completely or not at all. Validates each file once, and reads it again only if it was replaced, or if
 * its rows are requested after they left the cache.
 */
export class SnapshotReader {
  readonly #options: SnapshotReaderOptions
  #validated:
    | { readonly identity: string; readonly summary: StoreSummary; readonly fault?: string }
    | undefined
  #cached: CachedSnapshot | undefined
  #flight: { readonly identity: string; readonly result: Promise<SnapshotResult> } | undefined
  #forget: Undo = () => {}
  #hadMarker = false
  #closed = false

  constructor(options: SnapshotReaderOptions) {
    this.#options = options
  }

  get hadMarker(): boolean {
    return this.#hadMarker
  }

  identity(): Promise<string | undefined> {
    return openForReading(this.#options.path, ({ identity }) => Promise.resolve(identity))
  }

  async initialized(): Promise<boolean> {
    return (await this.summary()).initialized
  }

  async summary(): Promise<StoreSummary> {
    const identity = await this.identity()
    if (identity !== undefined && identity === this.#validated?.identity) return this.#validated.summary
    return summaryOf(await this.read())
  }

  /** Returns the content of the file, or an empty snapshot if the file does not exist or is invalid. */
  async read(): Promise<SavedSnapshot> {
    const result = await this.find()
    return result.type === 'valid' ? result.saved : EMPTY_SNAPSHOT
  }

  async find(): Promise<SnapshotResult> {
    const identity = await this.identity()
    if (identity === undefined) return { type: 'absent' }
    if (identity === this.#validated?.identity && this.#validated.fault !== undefined) {
      return { type: 'fault', reason: this.#validated.fault }
    }
    if (identity === this.#cached?.identity) return this.#cache(this.#cached)
    // Only a read of the same file is shared, because a read after a write must return the new content.
    if (identity !== this.#flight?.identity) this.#flight = { identity, result: this.#load(identity) }
    return this.#flight.result
  }

  wrote(identity: string, saved: SavedSnapshot): void {
    this.#drop()
    this.#validated = { identity, summary: summaryOf(saved) }
    this.#hadMarker ||= saved.marker
  }

  close(): void {
    this.#closed = true
    this.#drop()
  }

  async #load(flight: string): Promise<SnapshotResult> {
    const { path, clock } = this.#options
    try {
      const found = await openForReading(path, async (file) =>
        this.#validate(file.identity, await readSnapshot(file, clock)),
      )
      return found ?? { type: 'absent' }
    } finally {
      if (this.#flight?.identity === flight) this.#flight = undefined
    }
  }

  #validate(identity: string, read: SnapshotResult): SnapshotResult {
    const result = identity === this.#validated?.identity ? read : this.#checkAge(read)
    switch (result.type) {
      case 'absent':
        return result
      case 'fault':
        this.#validated = { identity, summary: summaryOf(EMPTY_SNAPSHOT), fault: result.reason }
        this.#options.logger.warn(`file ${this.#options.path} is not used: ${result.reason}`)
        return result
      case 'valid':
        this.#validated = { identity, summary: summaryOf(result.saved) }
        this.#hadMarker ||= result.saved.marker
        return this.#cache({ identity, saved: result.saved })
      default:
        return result satisfies never
    }
  }

  #checkAge(result: SnapshotResult): SnapshotResult {
    if (result.type !== 'valid') return result
    const { clock, maxAgeMs } = this.#options
    const reason = ageFault(result.saved.savedAt, clock.now(), maxAgeMs)
    return reason === undefined ? result : { type: 'fault', reason }
  }

  #cache(cached: CachedSnapshot): SnapshotResult {
    this.#drop()
    if (!this.#closed) {
      this.#cached = cached
      this.#forget = this.#options.clock.after(CACHE_MS, () => this.#drop())
    }
    return { type: 'valid', saved: cached.saved }
  }

  #drop(): void {
    this.#forget()
    this.#cached = undefined
  }
}

function summaryOf({ marker, sidecar, rows }: SavedSnapshot): StoreSummary {
  return {
    initialized: marker,
    ...(sidecar !== undefined && { sidecar }),
    counts: { flag: rows.flag.size, segment: rows.segment.size },
  }
}

/** Greatest lead of the clock of the writer, in milliseconds. */
const MAX_CLOCK_LEAD_MS = 86_400_000

/** Returns why the age of a file is not acceptable, or `undefined` if it is. Any age is acceptable if `maxAgeMs` is infinite. */
function ageFault(savedAt: number, now: number, maxAgeMs: number): string | undefined {
  const ageMs = now - savedAt
  if (maxAgeMs === Infinity) return undefined
  if (ageMs > maxAgeMs) return `it was saved ${seconds(ageMs)} s ago, and maxAgeMs is ${seconds(maxAgeMs)} s`
  if (ageMs < -MAX_CLOCK_LEAD_MS)
    return `its time of saving is ${seconds(-ageMs)} s in the future, so its age is unknown`
  return undefined
}

function seconds(ms: number): number {
  return Math.round(ms / 1_000)
}

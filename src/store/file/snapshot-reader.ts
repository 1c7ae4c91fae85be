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

interface Kept {
  readonly identity: string
  readonly saved: SavedSnapshot
}

/** How long what was read is kept for whoever reads it again: a lazy reader asks for one row at a time. */
const KEEP_MS = 60_000

/**
 * Reads a snapshot whole or not at all. A file is judged once, when it is met; it is read again only when somebody wants
 * rows that were forgotten meanwhile, or when it is another file.
 */
export class SnapshotReader {
  readonly #options: SnapshotReaderOptions
  #judged: { readonly identity: string; readonly summary: StoreSummary; readonly fault?: string } | undefined
  #kept: Kept | undefined
  #flight: { readonly identity: string; readonly finding: Promise<SnapshotResult> } | undefined
  #forget: Undo = () => {}
  #hadMarker = false
  #closed = false

  constructor(options: SnapshotReaderOptions) {
    this.#options = options
  }

  /** Whether this reader ever saw a complete file. */
  get hadMarker(): boolean {
    return this.#hadMarker
  }

  /** Which file is there now, if any: another answer means another file, or one that was changed where it lies. */
  identity(): Promise<string | undefined> {
    return openForReading(this.#options.path, ({ identity }) => Promise.resolve(identity))
  }

  async initialized(): Promise<boolean> {
    return (await this.summary()).initialized
  }

  /** Returns what the file says of itself; reads it only if it is another file than the last one. */
  async summary(): Promise<StoreSummary> {
    const identity = await this.identity()
    if (identity !== undefined && identity === this.#judged?.identity) return this.#judged.summary
    return summaryOf(await this.read())
  }

  /** What the file holds; nothing where it is not to be believed. */
  async read(): Promise<SavedSnapshot> {
    const finding = await this.find()
    return finding.type === 'good' ? finding.saved : EMPTY_SNAPSHOT
  }

  async find(): Promise<SnapshotResult> {
    const identity = await this.identity()
    if (identity === undefined) return { type: 'absent' }
    if (identity === this.#judged?.identity && this.#judged.fault !== undefined) {
      return { type: 'fault', reason: this.#judged.fault }
    }
    if (identity === this.#kept?.identity) return this.#keep(this.#kept)
    // Joined only while it reads the same file: whoever asks after a write must see what was written.
    if (identity !== this.#flight?.identity) this.#flight = { identity, finding: this.#load(identity) }
    return this.#flight.finding
  }

  /** This process has put another file there. */
  wrote(identity: string, saved: SavedSnapshot): void {
    this.#drop()
    this.#judged = { identity, summary: summaryOf(saved) }
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
        this.#judge(file.identity, await readSnapshot(file, clock)),
      )
      return found ?? { type: 'absent' }
    } finally {
      if (this.#flight?.identity === flight) this.#flight = undefined
    }
  }

  #judge(identity: string, finding: SnapshotResult): SnapshotResult {
    const verdict = identity === this.#judged?.identity ? finding : this.#withinAge(finding)
    switch (verdict.type) {
      case 'absent':
        return verdict
      case 'fault':
        this.#judged = { identity, summary: summaryOf(EMPTY_SNAPSHOT), fault: verdict.reason }
        this.#options.logger.warn(`file ${this.#options.path} is not used: ${verdict.reason}`)
        return verdict
      case 'good':
        this.#judged = { identity, summary: summaryOf(verdict.saved) }
        this.#hadMarker ||= verdict.saved.marker
        return this.#keep({ identity, saved: verdict.saved })
      default:
        return verdict satisfies never
    }
  }

  #withinAge(finding: SnapshotResult): SnapshotResult {
    if (finding.type !== 'good') return finding
    const { clock, maxAgeMs } = this.#options
    const reason = ageFault(finding.saved.savedAt, clock.now(), maxAgeMs)
    return reason === undefined ? finding : { type: 'fault', reason }
  }

  #keep(kept: Kept): SnapshotResult {
    this.#drop()
    if (!this.#closed) {
      this.#kept = kept
      this.#forget = this.#options.clock.after(KEEP_MS, () => this.#drop())
    }
    return { type: 'good', saved: kept.saved }
  }

  #drop(): void {
    this.#forget()
    this.#kept = undefined
  }
}

function summaryOf({ marker, sidecar, rows }: SavedSnapshot): StoreSummary {
  return {
    initialized: marker,
    ...(sidecar !== undefined && { sidecar }),
    counts: { flag: rows.flag.size, segment: rows.segment.size },
  }
}

/** How far ahead of ours the clock of whoever saved may be, milliseconds. */
const MAX_CLOCK_LEAD_MS = 86_400_000

/** What is wrong with the time a file was saved, if anything. Where any age will do, nothing is. */
function ageFault(savedAt: number, now: number, maxAgeMs: number): string | undefined {
  const ageMs = now - savedAt
  if (maxAgeMs === Infinity) return undefined
  if (ageMs > maxAgeMs) return `it was saved ${seconds(ageMs)} s ago, and maxAgeMs is ${seconds(maxAgeMs)} s`
  if (ageMs < -MAX_CLOCK_LEAD_MS)
    return `it says it was saved ${seconds(-ageMs)} s from now, so its age is unknown`
  return undefined
}

function seconds(ms: number): number {
  return Math.round(ms / 1_000)
}

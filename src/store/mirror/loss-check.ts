import { withDeadline } from '../../async/signals.ts'
import { hashRows } from '../../layout/digest.ts'
import { readSidecar } from '../../layout/sidecar.ts'
import type { ItemKind } from '../../model/change-set.ts'
import type {
  PersistentStore,
  RowCounts,
  RowName,
  StoredData,
  StoreSummary,
} from '../../model/persistent-store.ts'
import { type CheckResult, checkStoredData, type WriterState } from './check-stored-data.ts'
import { SidecarHistory } from './sidecar-history.ts'
import type { Writer } from './writer.ts'

export interface LossCheckOptions extends Omit<WriterState, 'environmentId' | 'isRefused'> {
  readonly store: PersistentStore
  /** Knows the rows that the database holds, by their digest. */
  readonly writer: Pick<Writer, 'isRefused' | 'digest' | 'resume'>
  readonly environmentId: () => string | undefined
}

/** A write of this process that the database confirmed. */
export interface ConfirmedWrite {
  readonly type: 'full' | 'delta' | 'merge'
  readonly sidecar: string
  /** Rows under keys that were not there before; `undefined` if the database refused some. */
  readonly added: RowCounts | undefined
  /** The sidecar that was replaced, of a delta or a merge. */
  readonly replaced: string | undefined
}

/** Time between two looks, in milliseconds. */
const LOOK_EVERY_MS = 5_000
/** Time between two looks that read every row although nothing seems to have changed, in milliseconds. */
const READ_EVERY_MS = 300_000
/** A summary that takes longer has failed. */
const SUMMARY_MS = 10_000
/** Reading everything may take longer than that. */
const READ_MS = 30_000

/**
 * Looks at a database every 5 s: at its summary, and at all of its rows if the summary is not the expected one, if the
 * caller asks for it, and every 5 min.
 */
export class LossCheck {
  readonly #options: LossCheckOptions
  readonly #log = new SidecarHistory()
  #lookedAt: number
  #readAt: number
  /** Whether the last write replaced a sidecar that was not the expected one. */
  #surprised = false
  /** What a look finds if nothing happened since. */
  #expected: StoreSummary | undefined

  constructor(options: LossCheckOptions) {
    this.#options = options
    this.#lookedAt = options.clock.monotonic()
    this.#readAt = this.#lookedAt
  }

  /** Time until the next look, in milliseconds; 0 or less if it is due. */
  get dueInMs(): number {
    return this.#lookedAt + LOOK_EVERY_MS - this.#options.clock.monotonic()
  }

  /** Makes the next look due at once. */
  hurry(): void {
    this.#lookedAt = Number.NEGATIVE_INFINITY
  }

  /** Notes what was found when the process started. */
  found(stored: StoreSummary): void {
    this.#log.accept(stored.sidecar, this.#options.clock.now())
    this.#expected = stored
  }

  /** Notes what is about to be written, whatever becomes of it. */
  writes(sidecar: string): void {
    this.#log.write(sidecar)
  }

  /** Records the sidecar that a delta replaced, and returns `earlier` if the database had gone back to an earlier state. */
  replaced(sidecar: string | undefined): 'earlier' | 'current' {
    return this.#log.replace(sidecar)
  }

  wrote({ type, sidecar, added, replaced }: ConfirmedWrite): void {
    const { clock } = this.#options
    this.#surprised = type !== 'full' && (this.#surprised || !this.#isContinued(replaced))
    this.#log.accept(sidecar, clock.now())
    const before = type === 'full' ? { initialized: true, counts: NO_ROWS } : this.#expected
    const counts = before?.counts && added && sum(before.counts, added)
    // A merge leaves rows of others in place, of unknown number: the next look reads everything.
    const isKnown = before !== undefined && type !== 'merge'
    this.#expected = isKnown
      ? { initialized: before.initialized, sidecar, ...(counts && { counts }) }
      : undefined
    if (type === 'full') {
      this.#lookedAt = clock.monotonic()
      this.#readAt = this.#lookedAt
    }
  }

  /** Looks once: `thorough` reads every row in any case. Rejects as the database does. */
  async look(how: 'brief' | 'thorough', signal: AbortSignal): Promise<CheckResult> {
    const { store, clock } = this.#options
    this.#lookedAt = clock.monotonic()
    const isDue = this.#lookedAt - this.#readAt >= READ_EVERY_MS
    if (how === 'brief' && !isDue && !this.#surprised) {
      const summary = await withDeadline(clock, SUMMARY_MS, signal, (inTime) => store.summary(inTime))
      if (this.#isExpected(summary)) return this.#accept(summary)
    }
    return this.#judge(await withDeadline(clock, READ_MS, signal, (inTime) => store.readAll(inTime)))
  }

  async #judge(stored: StoredData): Promise<CheckResult> {
    const { environmentId, writer, clock } = this.#options
    const isRefused = (name: RowName): boolean => writer.isRefused(name)
    const own = { ...this.#options, isRefused, environmentId: environmentId() }
    const verdict = await checkStoredData(stored, this.#log.originOf(stored.sidecar), own)
    if (verdict.type === 'sound') {
      // With a digest of earlier rows, a database that went back to just those rows would seem to be in order.
      if (!this.#hasOwnDigest(stored.sidecar)) writer.resume(await hashRows(stored.rows, clock))
      this.#readAt = this.#lookedAt
      this.#surprised = false
      this.#accept(summaryOf(stored))
    }
    return verdict
  }

  #accept(summary: StoreSummary): CheckResult {
    this.#log.accept(summary.sidecar, this.#options.clock.now())
    // Where counting costs too much to do it at each look, the last numbers still hold.
    const counts = summary.counts ?? this.#expected?.counts
    this.#expected = { ...summary, ...(counts && { counts }) }
    return { type: 'sound' }
  }

  /** Another writer of the same rows changes nothing but the sidecar, which then says the same about them. */
  #isExpected({ initialized, sidecar, counts }: StoreSummary): boolean {
    const expected = this.#expected
    if (!expected || initialized !== expected.initialized) return false
    if (counts && (!expected.counts || !isEqual(counts, expected.counts))) return false
    return this.#isContinued(sidecar)
  }

  #isContinued(sidecar: string | undefined): boolean {
    return sidecar === this.#expected?.sidecar || this.#hasOwnDigest(sidecar)
  }

  #hasOwnDigest(sidecar: string | undefined): boolean {
    return readSidecar(sidecar)?.digest === this.#options.writer.digest
  }
}

const NO_ROWS: RowCounts = { flag: 0, segment: 0 }

/** Returns what a summary of the same data says. */
export function summaryOf({ initialized, sidecar, rows }: StoredData): StoreSummary {
  const count = (kind: ItemKind): number => rows.filter((row) => row.kind === kind).length
  return {
    initialized,
    ...(sidecar !== undefined && { sidecar }),
    counts: { flag: count('flag'), segment: count('segment') },
  }
}

function sum(a: RowCounts, b: RowCounts): RowCounts {
  return { flag: a.flag + b.flag, segment: a.segment + b.segment }
}

function isEqual(a: RowCounts, b: RowCounts): boolean {
  return a.flag === b.flag && a.segment === b.segment
}

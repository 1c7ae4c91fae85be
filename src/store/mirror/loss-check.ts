import { withDeadline } from '../../async/signals.ts'
import { digestOf, hashRows } from '../../layout/digest.ts'
import { readSidecar } from '../../layout/sidecar.ts'
import type { ItemKind } from '../../model/change-set.ts'
import type {
  PersistentStore,
  RowCounts,
  RowName,
  StoredData,
  StoreSummary,
} from '../../model/persistent-store.ts'
import { checkStoredData, type DataProblem, type WriterState } from './check-stored-data.ts'
import { SidecarHistory } from './sidecar-history.ts'
import type { Writer } from './writer.ts'

export interface LossCheckOptions extends Omit<WriterState, 'environmentId' | 'isRefused' | 'replaced'> {
  readonly store: PersistentStore
  readonly writer: Pick<Writer, 'isRefused' | 'digest' | 'reconcile'>
  readonly environmentId: () => string | undefined
}

export type CheckResult =
  /** `outdated`: the sidecar does not describe the rows, so a restart could not resume; that of this writer would. */
  { readonly type: 'intact'; readonly sidecar: 'current' | 'outdated' } | DataProblem

export interface ConfirmedWrite {
  readonly type: 'full' | 'delta' | 'merge'
  readonly sidecar: string
  /** Number of keys that the write added; `undefined` if the database refused rows. */
  readonly added: RowCounts | undefined
  readonly replaced: string | undefined
}

const CHECK_EVERY_MS = 5_000
const READ_EVERY_MS = 300_000
const SUMMARY_TIMEOUT_MS = 10_000
const READ_TIMEOUT_MS = 30_000

/**
 * Checks every 5 s that a database still holds its data. Reads the summary, and all rows if the summary is unexpected, if
 * the caller requests a thorough check, and every 5 min.
 */
export class LossCheck {
  readonly #options: LossCheckOptions
  readonly #history = new SidecarHistory()
  #checkedAt: number
  #readAt: number
  /** True if a write replaced another sidecar than the expected one, until all rows have been read. */
  #isUncertain = false
  /** The sidecar of another writer that a delta or a merge replaced, until all rows have been read. */
  #replaced: string | undefined
  /** The summary that the next check finds if nothing else happens. */
  #expected: StoreSummary | undefined

  constructor(options: LossCheckOptions) {
    this.#options = options
    this.#checkedAt = options.clock.monotonic()
    this.#readAt = this.#checkedAt
  }

  get dueInMs(): number {
    return this.#checkedAt + CHECK_EVERY_MS - this.#options.clock.monotonic()
  }

  makeDue(): void {
    this.#checkedAt = Number.NEGATIVE_INFINITY
  }

  startFrom(stored: StoreSummary): void {
    this.#history.accept(stored.sidecar, this.#options.clock.now())
    this.#expected = stored
  }

  beforeWrite(sidecar: string): void {
    this.#history.attempt(sidecar)
  }

  replaced(sidecar: string | undefined): 'earlier' | 'current' {
    return this.#history.replace(sidecar)
  }

  confirm({ type, sidecar, added, replaced }: ConfirmedWrite): void {
    const { clock } = this.#options
    const isOther = type !== 'full' && !this.#isContinued(replaced)
    this.#isUncertain = type !== 'full' && (this.#isUncertain || isOther)
    if (type === 'full' || isOther) this.#replaced = isOther ? replaced : undefined
    this.#history.accept(sidecar, clock.now())
    const before = type === 'full' ? { initialized: true, counts: NO_ROWS } : this.#expected
    const counts = before?.counts && added && sum(before.counts, added)
    // A merge keeps an unknown number of rows of other writers, so the next check reads all rows.
    const isKnown = before !== undefined && type !== 'merge'
    this.#expected = isKnown
      ? { initialized: before.initialized, sidecar, ...(counts && { counts }) }
      : undefined
    if (type === 'full') {
      this.#checkedAt = clock.monotonic()
      this.#readAt = this.#checkedAt
    }
  }

  /** Runs one check; `thorough` reads all rows in any case. Rejects if the database fails. */
  async run(mode: 'brief' | 'thorough', signal: AbortSignal): Promise<CheckResult> {
    const { store, clock } = this.#options
    this.#checkedAt = clock.monotonic()
    const isDue = this.#checkedAt - this.#readAt >= READ_EVERY_MS
    if (mode === 'brief' && !isDue && !this.#isUncertain) {
      const summary = await withDeadline(clock, SUMMARY_TIMEOUT_MS, signal, (inTime) => store.summary(inTime))
      if (this.#isExpected(summary)) {
        this.#accept(summary)
        return { type: 'intact', sidecar: 'current' }
      }
    }
    // An outdated read would look like a database that went back to an earlier state.
    return this.#evaluate(
      await withDeadline(clock, READ_TIMEOUT_MS, signal, (inTime) => store.readAll(inTime, 'strong')),
    )
  }

  async #evaluate(stored: StoredData): Promise<CheckResult> {
    const { environmentId, writer } = this.#options
    const isRefused = (name: RowName): boolean => writer.isRefused(name)
    const replaced = readSidecar(this.#replaced)
    const writerState = { ...this.#options, isRefused, replaced, environmentId: environmentId() }
    const result = await checkStoredData(stored, this.#history.originOf(stored.sidecar), writerState)
    if (result.type !== 'intact') return result
    const sidecar = await this.#reconcile(stored)
    this.#readAt = this.#checkedAt
    this.#isUncertain = false
    this.#replaced = undefined
    this.#accept(summaryOf(stored))
    return { type: 'intact', sidecar }
  }

  /**
   * Lets the writer count the stored rows only. With the digest of older rows, a database that is restored to exactly those
   * rows would seem to be intact; after a repair, rows of other writers may be missing that this writer counts.
   */
  async #reconcile({ sidecar, rows }: StoredData): Promise<'current' | 'outdated'> {
    const { writer, clock } = this.#options
    if (this.#expected && this.#hasOwnDigest(sidecar)) return 'current'
    const hashes = await hashRows(rows, clock)
    const digest = digestOf(hashes)
    if (digest !== writer.digest) writer.reconcile(hashes)
    return digest === writer.digest && !this.#hasOwnDigest(sidecar) ? 'outdated' : 'current'
  }

  #accept(summary: StoreSummary): void {
    this.#history.accept(summary.sidecar, this.#options.clock.now())
    // A store that does not count its rows in a summary keeps the numbers of the last full read.
    const counts = summary.counts ?? this.#expected?.counts
    this.#expected = { ...summary, ...(counts && { counts }) }
  }

  /** A sidecar of another writer is expected if it has the digest of the same rows. */
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

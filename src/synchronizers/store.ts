import type { Clock } from '../async/clock.ts'
import { withDeadline } from '../async/deadline.ts'
import { Doorbell } from '../async/doorbell.ts'
import { untilAborted } from '../async/until-aborted.ts'
import { Digest, markOf } from '../layout/digest.ts'
import { putsOf } from '../layout/resume.ts'
import { decodeRow } from '../layout/row.ts'
import type { ChangeFeed, StoreChange } from '../model/change-feed.ts'
import type { Change } from '../model/change-set.ts'
import type { PersistentStore, RowName, StoredData } from '../model/persistent-store.ts'
import type { SourceResult } from '../model/source-result.ts'
import type { Synchronizer } from './synchronizer.ts'

export interface StoreSynchronizerOptions {
  readonly store: PersistentStore
  readonly feed: ChangeFeed
  /** How often to look without being told, milliseconds. */
  readonly intervalMs: number
  /** Nothing is read before this resolves. */
  readonly wanted: Promise<void>
  readonly clock: Clock
}

/** Longest wait for what a database holds. */
const READ_MS = 30_000
/** After a failure, how long until the next try. */
const RETRY_MS = 1_000
/** An empty database may be filled any moment. */
const VACANT_MS = 5_000
/** Beyond this many keys it costs less to read everything. */
const MOST_KEYS = 50

/**
 * Everything a database holds; what changes, when it tells; and everything again at intervals, because not every writer
 * tells (D18).
 */
export function storeSynchronizer(options: StoreSynchronizerOptions): Synchronizer {
  const { store, feed, intervalMs, wanted, clock } = options
  return {
    name: 'store',
    availability: 'cached',
    async *sync(_basis, signal): AsyncGenerator<SourceResult> {
      await untilAborted(wanted, signal).catch(() => undefined)
      const told = new Told()
      const listening = told.listen(feed, signal)
      let held: string | undefined
      while (!signal.aborted) {
        let waitMs = intervalMs
        const keys = held === undefined ? 'all' : told.take()
        try {
          if (keys === 'all') {
            const stored = await withDeadline(clock, READ_MS, signal, (inTime) => store.readAll(inTime))
            const digest = digestOf(stored)
            yield* digest === held
              ? [{ type: 'changeSet', changeSet: { type: 'none' } } as const]
              : all(store, stored)
            if (isVacant(stored)) waitMs = Math.min(intervalMs, VACANT_MS)
            else held = digest
          } else
            yield {
              type: 'changeSet',
              changeSet: { type: 'partial', changes: await read(options, keys, signal) },
            }
        } catch (error) {
          if (signal.aborted) break
          held = undefined
          waitMs = Math.min(intervalMs, RETRY_MS)
          yield {
            type: 'interrupted',
            error: failure(`${store.name}: ${(error as Error).message}`),
            retryInMs: waitMs,
          }
        }
        await told.doorbell.wait(clock, waitMs, signal)
      }
      await listening
    },
  }
}

/** What the database told since it was read last. */
class Told {
  readonly doorbell: Doorbell = new Doorbell()
  #keys: readonly RowName[] | 'all' = []
  #begun = false

  async listen(feed: ChangeFeed, signal: AbortSignal): Promise<void> {
    for await (const change of feed.changes(signal)) this.#hear(change)
  }

  /** Which rows to read; everything when it told of none, because the interval is over then. */
  take(): readonly RowName[] | 'all' {
    const keys = this.#keys
    this.#keys = []
    return keys.length === 0 || keys.length > MOST_KEYS ? 'all' : keys
  }

  #hear(change: StoreChange): void {
    switch (change.type) {
      case 'interrupted':
        return
      case 'replaced':
        // Listening begins beside the first reading, which has it all.
        if (this.#begun) this.#keys = 'all'
        break
      case 'changed':
        if (this.#keys !== 'all') this.#keys = [...this.#keys, ...namesOf(change)]
        break
      default:
        change satisfies never
    }
    if (this.#begun) this.doorbell.ring()
    this.#begun = true
  }
}

function namesOf({ flags, segments }: Extract<StoreChange, { type: 'changed' }>): RowName[] {
  return [
    ...flags.map((key) => ({ kind: 'flag', key }) as const),
    ...segments.map((key) => ({ kind: 'segment', key }) as const),
  ]
}

function read(
  { store, clock }: StoreSynchronizerOptions,
  keys: readonly RowName[],
  parent: AbortSignal,
): Promise<Change[]> {
  return withDeadline(clock, READ_MS, parent, (signal) =>
    Promise.all(
      keys.map(async ({ kind, key }): Promise<Change> => {
        const row = await store.get(kind, key, signal)
        const decoded = row && decodeRow(row)
        if (decoded?.type === 'item') return { op: 'put', kind, ...decoded.item }
        return { op: 'delete', kind, key, version: decoded?.type === 'tombstone' ? decoded.version : 0 }
      }),
    ),
  )
}

function* all(store: PersistentStore, stored: StoredData): Generator<SourceResult> {
  if (isVacant(stored)) {
    yield { type: 'interrupted', error: failure(`${store.name} holds no data`) }
    return
  }
  for (const row of stored.rows) {
    const decoded = decodeRow(row)
    if (decoded.type === 'unreadable') yield { type: 'skipped', key: row.key, reason: decoded.reason }
  }
  yield { type: 'changeSet', changeSet: { type: 'full', changes: putsOf(stored.rows) } }
}

function isVacant({ initialized, rows }: StoredData): boolean {
  return !initialized && rows.length === 0
}

function digestOf({ rows }: StoredData): string {
  const digest = new Digest()
  for (const row of rows) digest.add(markOf(row))
  return digest.toString()
}

function failure(message: string): { readonly kind: 'store_error'; readonly message: string } {
  return { kind: 'store_error', message }
}

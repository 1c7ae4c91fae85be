import { randomUUID } from 'node:crypto'
import { type ItemKind, KINDS } from '../../model/change-set.ts'
import type { StoreWrite, VersionedRow } from '../../model/persistent-store.ts'
import type { RedisClient, RedisConnection } from './connection.ts'
import { chunks, type RedisKeys, type StagingKeys, stagingKeys } from './keys.ts'
import { executeTransaction } from './reads.ts'
import { ACQUIRE, RELEASE, run, SWAP, UPSERT } from './scripts.ts'
import type { WriteResult, WriteStrategy } from './write-strategy.ts'

/** How many rows go into a staged hash at once: about 0.4 ms in which the server does nothing else. */
const STAGED_AT_ONCE = 500
/**
 * How much of a delta is compared and written at once, in a tenth of a second in which the server does nothing else. It is
 * far more than deltas have: whoever reads while one is written in portions, or after it was cut, sees a mixture.
 */
const COMPARED_AT_ONCE = { maxItems: 10_000, maxSize: 64_000_000 }
/** What a writer that died left behind is gone after this; counted from the last portion. */
const STAGED_MS = 60_000

/** All at once by scripts, which run on the connection everything else uses. */
export function scriptedWrites(connection: RedisConnection, keys: RedisKeys): WriteStrategy {
  const hashes = KINDS.map((kind) => keys.rows[kind])

  return {
    full: (write, signal) =>
      connection.withClient('write everything', signal, async (client) => {
        const staging = stagingKeys(keys, randomUUID())
        try {
          const counts = await stage(client, staging, write.rows, signal)
          const reply = await run(
            client,
            SWAP,
            [
              ...hashes,
              keys.marker,
              keys.sidecar,
              keys.fencingToken,
              ...KINDS.map((kind) => staging.filled[kind]),
              ...KINDS.map((kind) => staging.replaced[kind]),
            ],
            [...beside(write, keys), ...counts],
          )
          return { report: { refused: [], older: 0 }, notification: notificationOf(reply) }
        } catch (failure) {
          // Room is short where it was refused for want of it. What this misses expires.
          for (const kind of KINDS) void client.unlink(staging.filled[kind]).catch(() => undefined)
          throw failure
        }
      }),

    delta: (write, signal) =>
      connection.withClient('write changes', signal, async (client) => {
        const portions = [...chunks(write.rows, COMPARED_AT_ONCE)]
        let older = 0
        let notification: WriteResult['notification'] = 'published'
        let replaced: string | undefined
        for (const [index, rows] of (portions.length > 0 ? portions : [[]]).entries()) {
          signal.throwIfAborted()
          // The sidecar comes with the last, so that it never speaks of rows that are not there yet.
          const last = index >= portions.length - 1
          const [fence, ...rest] = beside(write, keys)
          const reply = await run(
            client,
            UPSERT,
            // The marker comes with the last portion too, where it is to be set.
            [
              ...hashes,
              keys.sidecar,
              keys.fencingToken,
              ...(last && write.type === 'merge' ? [keys.marker] : []),
            ],
            [fence, ...(last ? rest : ['', '', '']), ...rows.flatMap(compared)],
          )
          const [counted, done, before] = reply as readonly [number, number, string | null | undefined]
          older += Number(counted)
          notification = notificationOf(done)
          replaced = before ?? undefined
        }
        return { report: { refused: [], older, ...(replaced !== undefined && { replaced }) }, notification }
      }),

    acquire: (holder, ttlMs, signal) =>
      connection.withClient('take the lease', signal, async (client) => {
        const fence = Number(
          await run(client, ACQUIRE, [keys.lease, keys.fencingToken], [holder, Math.ceil(ttlMs)]),
        )
        return fence < 0 ? undefined : fence
      }),

    release: (holder, signal) =>
      connection.withClient('give the lease back', signal, async (client) => {
        await run(client, RELEASE, [keys.lease], [holder])
      }),
  }
}

/** Fills hashes nobody reads, and says how many rows each of them must have. */
async function stage(
  client: RedisClient,
  { filled }: StagingKeys,
  rows: readonly VersionedRow[],
  signal: AbortSignal,
): Promise<number[]> {
  const counts: number[] = []
  for (const kind of KINDS) {
    // Of two rows with one key the last counts.
    const unique = new Map(rows.filter((row) => row.kind === kind).map((row) => [row.key, row]))
    for (const chunk of chunks(unique.values(), { maxItems: STAGED_AT_ONCE })) {
      signal.throwIfAborted()
      // One after the other, so that others get their turn; together with an expiry, so that nothing is left for good.
      const fields = chunk.flatMap(({ key, text }) => [key, text])
      await executeTransaction(
        client
          .multi()
          .hset(filled[kind], ...fields)
          .pexpire(filled[kind], STAGED_MS),
      )
    }
    counts.push(unique.size)
  }
  signal.throwIfAborted()
  return counts
}

function beside(
  { fencingToken, sidecar, notice }: StoreWrite,
  { channel }: RedisKeys,
): [string, string, string, string] {
  return [fencingToken === undefined ? '' : String(fencingToken), sidecar, channel, notice]
}

function compared({ kind, key, version, text }: VersionedRow): (string | number)[] {
  return [NUMBERS[kind], key, version, text]
}

/** Which of a script's keys holds the rows of a kind. */
const NUMBERS: Readonly<Record<ItemKind, number>> = { flag: 1, segment: 2 }

function notificationOf(reply: unknown): WriteResult['notification'] {
  return Number(reply) === 1 ? 'published' : 'not permitted'
}

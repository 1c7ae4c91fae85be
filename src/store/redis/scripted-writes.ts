import { randomUUID } from 'node:crypto'
import { type ItemKind, KINDS } from '../../model/change-set.ts'
import type { StoreWrite, VersionedRow } from '../../model/persistent-store.ts'
import type { RedisClient, RedisConnection } from './connection.ts'
import { chunks, type RedisKeys, type StagingKeys, stagingKeys } from './keys.ts'
import { executeTransaction } from './reads.ts'
import { ACQUIRE, RELEASE, run, SWAP, UPSERT } from './scripts.ts'
import type { WriteResult, WriteStrategy } from './write-strategy.ts'

/** Number of rows per staging command, which occupies the server for about 0.4 ms. */
const ROWS_PER_COMMAND = 500
/**
 * Size of one script call of a delta, which occupies the server for about 0.1 s. Deltas rarely exceed it: a reader
 * during a delta of several calls, or after an interrupted one, sees a mixture of revisions.
 */
const DELTA_LIMITS = { maxItems: 10_000, maxSize: 64_000_000 }
/**
 * Expiry of staging hashes after the last command that filled them, in milliseconds. It removes those of a crashed
 * writer.
 */
const STAGED_MS = 60_000

export function scriptedWrites(connection: RedisConnection, keys: RedisKeys): WriteStrategy {
  const hashes = KINDS.map((kind) => keys.rows[kind])

  return {
    full: (write, signal) =>
      connection.withClient('write all data', signal, async (client) => {
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
            [...sidecarArguments(write, keys), ...counts],
          )
          return { report: { refused: [], older: 0 }, notification: notificationOf(reply) }
        } catch (failure) {
          // Frees memory at once, because the write may have failed for lack of it. Hashes that remain expire.
          for (const kind of KINDS) void client.unlink(staging.filled[kind]).catch(() => undefined)
          throw failure
        }
      }),

    delta: (write, signal) =>
      connection.withClient('write changes', signal, async (client) => {
        const portions = [...chunks(write.rows, DELTA_LIMITS)]
        let older = 0
        let notification: WriteResult['notification'] = 'published'
        let replaced: string | undefined
        for (const [index, rows] of (portions.length > 0 ? portions : [[]]).entries()) {
          signal.throwIfAborted()
          // The last call writes the sidecar, so that it never describes rows that are missing.
          const last = index >= portions.length - 1
          const [token, ...rest] = sidecarArguments(write, keys)
          const reply = await run(
            client,
            UPSERT,
            // A merge sets the marker in the last call too.
            [
              ...hashes,
              keys.sidecar,
              keys.fencingToken,
              ...(last && write.type === 'merge' ? [keys.marker] : []),
            ],
            [token, ...(last ? rest : ['', '', '']), ...rows.flatMap(compared)],
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
        const token = Number(
          await run(client, ACQUIRE, [keys.lease, keys.fencingToken], [holder, Math.ceil(ttlMs)]),
        )
        return token < 0 ? undefined : token
      }),

    release: (holder, signal) =>
      connection.withClient('release the lease', signal, async (client) => {
        await run(client, RELEASE, [keys.lease], [holder])
      }),
  }
}

async function stage(
  client: RedisClient,
  { filled }: StagingKeys,
  rows: readonly VersionedRow[],
  signal: AbortSignal,
): Promise<number[]> {
  const counts: number[] = []
  for (const kind of KINDS) {
    // If two rows have the same key, the last one wins.
    const unique = new Map(rows.filter((row) => row.kind === kind).map((row) => [row.key, row]))
    for (const chunk of chunks(unique.values(), { maxItems: ROWS_PER_COMMAND })) {
      signal.throwIfAborted()
      // One command at a time, so that other clients are served in between. The expiry cleans up if the writer dies.
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

function sidecarArguments(
  { fencingToken, sidecar, notice }: StoreWrite,
  { channel }: RedisKeys,
): [string, string, string, string] {
  return [fencingToken === undefined ? '' : String(fencingToken), sidecar, channel, notice]
}

function compared({ kind, key, version, text }: VersionedRow): (string | number)[] {
  return [HASH_INDEX[kind], key, version, text]
}

const HASH_INDEX: Readonly<Record<ItemKind, number>> = { flag: 1, segment: 2 }

function notificationOf(reply: unknown): WriteResult['notification'] {
  return Number(reply) === 1 ? 'published' : 'not permitted'
}

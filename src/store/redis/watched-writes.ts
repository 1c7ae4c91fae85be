import { versionIn } from '../../layout/row.ts'
import { type ItemKind, KINDS } from '../../model/change-set.ts'
import type { StoreWrite, VersionedRow } from '../../model/persistent-store.ts'
import type { RedisClient, RedisConnection } from './connection.ts'
import { chunks, type RedisKeys } from './keys.ts'
import { executeTransaction, type Transaction } from './reads.ts'
import type { WriteResult, WriteStrategy } from './write-strategy.ts'

const FIELDS_AT_ONCE = 500

/** All at once by WATCH and MULTI, for users who may not run scripts. */
export function watchedWrites(connection: RedisConnection, keys: RedisKeys): WriteStrategy {
  const attempt = <T>(
    tried: string,
    signal: AbortSignal,
    watch: readonly string[],
    decide: (client: RedisClient) => Promise<PlannedUpdate<T>>,
  ): Promise<T> => updateOptimistically(connection, { tried, watch, decide }, signal)

  /** After the write, on its own: one who may not publish may have written all the same. */
  const tell = async (notice: string, signal: AbortSignal): Promise<WriteResult['notification']> => {
    try {
      await connection.withClient('tell of changes', signal, (client) => client.publish(keys.channel, notice))
      return 'published'
    } catch {
      return 'not permitted'
    }
  }

  return {
    async full(write, signal) {
      await attempt('write everything', signal, [keys.fencingToken], async (client) => {
        await checkFence(client, keys, write)
        const hashes = KINDS.map((kind) => keys.rows[kind])
        for (const key of hashes) await client.hlen(key)
        return {
          answer: undefined,
          write(transaction) {
            transaction.del(...hashes)
            putRows(transaction, keys, write.rows)
            return putBeside(transaction.set(keys.marker, ''), keys, write)
          },
        }
      })
      return { report: { refused: [], older: 0 }, notification: await tell(write.notice, signal) }
    },

    async delta(write, signal) {
      const watch = [...KINDS.map((kind) => keys.rows[kind]), keys.fencingToken]
      const { older, replaced } = await attempt('write changes', signal, watch, async (client) => {
        await checkFence(client, keys, write)
        const newer = await newerThanHeld(client, keys, write.rows)
        const before = (await client.get(keys.sidecar)) ?? undefined
        return {
          answer: { older: write.rows.length - newer.length, replaced: before },
          write(transaction) {
            putRows(transaction, keys, newer)
            if (write.type === 'merge') transaction.set(keys.marker, '')
            return putBeside(transaction, keys, write)
          },
        }
      })
      return {
        report: { refused: [], older, ...(replaced !== undefined && { replaced }) },
        notification: await tell(write.notice, signal),
      }
    },

    acquire: (holder, ttlMs, signal) =>
      attempt('take the lease', signal, [keys.lease, keys.fencingToken], async (client) => {
        const [, heldFence, name] = /^(\d+) (.*)$/s.exec((await client.get(keys.lease)) ?? '') ?? []
        const last = Number(await client.get(keys.fencingToken)) || 0
        if (name !== undefined && name !== holder) return { answer: undefined }
        const fence = heldFence !== undefined && Number(heldFence) >= last ? Number(heldFence) : last + 1
        return {
          answer: fence,
          write: (transaction) =>
            transaction
              .set(keys.fencingToken, Math.max(fence, last))
              .set(keys.lease, `${fence} ${holder}`, 'PX', Math.ceil(ttlMs)),
        }
      }),

    release: (holder, signal) =>
      attempt('give the lease back', signal, [keys.lease], async (client) => {
        const [, name] = /^\d+ (.*)$/s.exec((await client.get(keys.lease)) ?? '') ?? []
        if (name !== holder) return { answer: undefined }
        return { answer: undefined, write: (transaction) => transaction.del(keys.lease) }
      }),
  }
}

async function checkFence(client: RedisClient, keys: RedisKeys, { fencingToken }: StoreWrite): Promise<void> {
  if (fencingToken === undefined) return
  if (fencingToken < (Number(await client.get(keys.fencingToken)) || 0))
    throw new Error('FENCED by another writer')
}

async function newerThanHeld(
  client: RedisClient,
  keys: RedisKeys,
  rows: readonly VersionedRow[],
): Promise<VersionedRow[]> {
  const newer: VersionedRow[] = []
  for (const [kind, chunk] of chunksByKind(rows)) {
    const held = await client.hmget(keys.rows[kind], ...chunk.map(({ key }) => key))
    newer.push(...chunk.filter((row, index) => row.version > versionIn(row, held[index] ?? '')))
  }
  return newer
}

function putRows(transaction: Transaction, keys: RedisKeys, rows: readonly VersionedRow[]): void {
  for (const [kind, chunk] of chunksByKind(rows)) {
    transaction.hset(keys.rows[kind], ...chunk.flatMap(({ key, text }) => [key, text]))
  }
}

/** Each kind has a hash of its own. */
function* chunksByKind(rows: readonly VersionedRow[]): Generator<[ItemKind, readonly VersionedRow[]]> {
  for (const kind of KINDS) {
    const ofKind = rows.filter((row) => row.kind === kind)
    for (const chunk of chunks(ofKind, { maxItems: FIELDS_AT_ONCE })) yield [kind, chunk]
  }
}

function putBeside(
  transaction: Transaction,
  keys: RedisKeys,
  { sidecar, fencingToken }: StoreWrite,
): Transaction {
  transaction.set(keys.sidecar, sidecar)
  return fencingToken === undefined ? transaction : transaction.set(keys.fencingToken, fencingToken)
}

/** What was read decides what is written, unless it decides that nothing is. */
interface PlannedUpdate<T> {
  readonly answer: T
  readonly write?: (transaction: Transaction) => Transaction
}

/** Something to be done all at once, if none of these keys changes meanwhile. */
export interface OptimisticUpdate<T> {
  /** Completes "cannot …". */
  readonly tried: string
  readonly watch: readonly string[]
  readonly decide: (client: RedisClient) => Promise<PlannedUpdate<T>>
}

/** Somebody else who writes all the time must not keep a writer busy for good. */
const MOST_ATTEMPTS = 20

/**
 * By WATCH and MULTI: what was read must not have changed until it is written, or it is read again. Over a connection of
 * its own, because WATCH is a matter of the connection. Rejects with a {@link StoreError}.
 */
export function updateOptimistically<T>(
  connection: RedisConnection,
  { tried, watch, decide }: OptimisticUpdate<T>,
  signal: AbortSignal,
): Promise<T> {
  return connection.withOwnClient(tried, signal, async (client) => {
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      signal.throwIfAborted()
      await client.watch(...watch)
      const { answer, write } = await decide(client)
      if (!write) return answer
      signal.throwIfAborted()
      if (await executeTransaction(write(client.multi()))) return answer
    }
    throw new Error('others write all the time')
  })
}

import { versionIn } from '../../layout/row.ts'
import { type ItemKind, KINDS } from '../../model/change-set.ts'
import type { StoreWrite, VersionedRow } from '../../model/persistent-store.ts'
import type { RedisClient, RedisConnection } from './connection.ts'
import { chunks, type RedisKeys } from './keys.ts'
import { executeTransaction, type Transaction } from './reads.ts'
import type { WriteResult, WriteStrategy } from './write-strategy.ts'

const FIELDS_PER_COMMAND = 500

/** Returns writes by WATCH and MULTI, for users who may not run scripts. */
export function watchedWrites(connection: RedisConnection, keys: RedisKeys): WriteStrategy {
  const attempt = <T>(
    operation: string,
    signal: AbortSignal,
    watch: readonly string[],
    decide: (client: RedisClient) => Promise<PlannedUpdate<T>>,
  ): Promise<T> => updateOptimistically(connection, { operation, watch, decide }, signal)

  /** Publishes after the write, in a command of its own: the user may be allowed to write but not to publish. */
  const publish = async (notice: string, signal: AbortSignal): Promise<WriteResult['notification']> => {
    try {
      await connection.withClient('publish the change', signal, (client) =>
        client.publish(keys.channel, notice),
      )
      return 'published'
    } catch {
      return 'not permitted'
    }
  }

  return {
    async full(write, signal) {
      await attempt('write all data', signal, [keys.fencingToken], async (client) => {
        await checkToken(client, keys, write)
        const hashes = KINDS.map((kind) => keys.rows[kind])
        for (const key of hashes) await client.hlen(key)
        return {
          answer: undefined,
          write(transaction) {
            transaction.del(...hashes)
            putRows(transaction, keys, write.rows)
            return putSidecar(transaction.set(keys.marker, ''), keys, write)
          },
        }
      })
      return { report: { refused: [], older: 0 }, notification: await publish(write.notice, signal) }
    },

    async delta(write, signal) {
      const watch = [...KINDS.map((kind) => keys.rows[kind]), keys.fencingToken]
      const { older, replaced } = await attempt('write changes', signal, watch, async (client) => {
        await checkToken(client, keys, write)
        const newer = await newerThanStored(client, keys, write.rows)
        const before = (await client.get(keys.sidecar)) ?? undefined
        return {
          answer: { older: write.rows.length - newer.length, replaced: before },
          write(transaction) {
            putRows(transaction, keys, newer)
            if (write.type === 'merge') transaction.set(keys.marker, '')
            return putSidecar(transaction, keys, write)
          },
        }
      })
      return {
        report: { refused: [], older, ...(replaced !== undefined && { replaced }) },
        notification: await publish(write.notice, signal),
      }
    },

    acquire: (holder, ttlMs, signal) =>
      attempt('take the lease', signal, [keys.lease, keys.fencingToken], async (client) => {
        const [, heldToken, name] = /^(\d+) (.*)$/s.exec((await client.get(keys.lease)) ?? '') ?? []
        const last = Number(await client.get(keys.fencingToken)) || 0
        if (name !== undefined && name !== holder) return { answer: undefined }
        const token = heldToken !== undefined && Number(heldToken) >= last ? Number(heldToken) : last + 1
        return {
          answer: token,
          write: (transaction) =>
            transaction
              .set(keys.fencingToken, Math.max(token, last))
              .set(keys.lease, `${token} ${holder}`, 'PX', Math.ceil(ttlMs)),
        }
      }),

    release: (holder, signal) =>
      attempt('release the lease', signal, [keys.lease], async (client) => {
        const [, name] = /^\d+ (.*)$/s.exec((await client.get(keys.lease)) ?? '') ?? []
        if (name !== holder) return { answer: undefined }
        return { answer: undefined, write: (transaction) => transaction.del(keys.lease) }
      }),
  }
}

async function checkToken(client: RedisClient, keys: RedisKeys, { fencingToken }: StoreWrite): Promise<void> {
  if (fencingToken === undefined) return
  if (fencingToken < (Number(await client.get(keys.fencingToken)) || 0))
    throw new Error('FENCED by another writer')
}

async function newerThanStored(
  client: RedisClient,
  keys: RedisKeys,
  rows: readonly VersionedRow[],
): Promise<VersionedRow[]> {
  const newer: VersionedRow[] = []
  for (const [kind, chunk] of chunksByKind(rows)) {
    const stored = await client.hmget(keys.rows[kind], ...chunk.map(({ key }) => key))
    newer.push(...chunk.filter((row, index) => row.version > versionIn(row, stored[index] ?? '')))
  }
  return newer
}

function putRows(transaction: Transaction, keys: RedisKeys, rows: readonly VersionedRow[]): void {
  for (const [kind, chunk] of chunksByKind(rows)) {
    transaction.hset(keys.rows[kind], ...chunk.flatMap(({ key, text }) => [key, text]))
  }
}

function* chunksByKind(rows: readonly VersionedRow[]): Generator<[ItemKind, readonly VersionedRow[]]> {
  for (const kind of KINDS) {
    const ofKind = rows.filter((row) => row.kind === kind)
    for (const chunk of chunks(ofKind, { maxItems: FIELDS_PER_COMMAND })) yield [kind, chunk]
  }
}

function putSidecar(
  transaction: Transaction,
  keys: RedisKeys,
  { sidecar, fencingToken }: StoreWrite,
): Transaction {
  transaction.set(keys.sidecar, sidecar)
  return fencingToken === undefined ? transaction : transaction.set(keys.fencingToken, fencingToken)
}

interface PlannedUpdate<T> {
  readonly answer: T
  readonly write?: (transaction: Transaction) => Transaction
}

interface OptimisticUpdate<T> {
  readonly operation: string
  readonly watch: readonly string[]
  readonly decide: (client: RedisClient) => Promise<PlannedUpdate<T>>
}

const MAX_ATTEMPTS = 20

/**
 * Reads and writes optimistically: if a watched key changes before the transaction runs, it reads again. Uses a
 * connection of its own, because WATCH applies to the whole connection. Rejects with a {@link StoreError}.
 */
export function updateOptimistically<T>(
  connection: RedisConnection,
  { operation, watch, decide }: OptimisticUpdate<T>,
  signal: AbortSignal,
): Promise<T> {
  return connection.withOwnClient(operation, signal, async (client) => {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      signal.throwIfAborted()
      await client.watch(...watch)
      const { answer, write } = await decide(client)
      if (!write) return answer
      signal.throwIfAborted()
      if (await executeTransaction(write(client.multi()))) return answer
    }
    throw new Error(`other writers changed the keys in each of ${MAX_ATTEMPTS} attempts`)
  })
}

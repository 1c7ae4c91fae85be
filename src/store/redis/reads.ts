import { type ItemKind, KINDS } from '../../model/change-set.ts'
import type { Row, StoredData, StoreSummary } from '../../model/persistent-store.ts'
import type { RedisClient, RedisConnection } from './connection.ts'
import { isForbidden } from './errors.ts'
import type { RedisKeys } from './keys.ts'

const MAX_READS = 3

export class RedisReads {
  readonly #connection: RedisConnection
  readonly #keys: RedisKeys

  constructor(connection: RedisConnection, keys: RedisKeys) {
    this.#connection = connection
    this.#keys = keys
  }

  initialized(signal: AbortSignal): Promise<boolean> {
    return this.#connection.withClient('read the marker', signal, async (client) => {
      return Number(await client.exists(this.#keys.marker)) > 0
    })
  }

  get(kind: ItemKind, key: string, signal: AbortSignal): Promise<Row | undefined> {
    return this.#connection.withClient(`read a ${kind}`, signal, async (client) => {
      const text = await client.hget(this.#keys.rows[kind], key)
      return text === null ? undefined : { kind, key, text }
    })
  }

  /**
   * Returns marker, sidecar and numbers of rows, in one round trip without a transaction: a write in between makes the
   * answer inconsistent, and a caller that notices it reads everything.
   */
  summary(signal: AbortSignal): Promise<StoreSummary> {
    const { rows, marker, sidecar } = this.#keys
    return this.#connection.withClient('read the sidecar', signal, async (client) => {
      const [initialized, text, flag, segment] = await Promise.all([
        client.exists(marker),
        client.get(sidecar),
        client.hlen(rows.flag),
        client.hlen(rows.segment),
      ])
      return {
        initialized: Number(initialized) > 0,
        ...(text !== null && { sidecar: text }),
        counts: { flag: Number(flag), segment: Number(segment) },
      }
    })
  }

  /** Returns all data of one moment, by a transaction. Falls back to separate reads if the user may not run MULTI. */
  async readAll(signal: AbortSignal): Promise<StoredData> {
    try {
      return await this.#connection.withClient('read all data', signal, (client) =>
        this.#readInTransaction(client),
      )
    } catch (error) {
      if (!isForbidden(error)) throw error
      return this.#connection.withClient('read all data', signal, (client) => this.#readSeparately(client))
    }
  }

  async #readInTransaction(client: RedisClient): Promise<StoredData> {
    const { rows, marker, sidecar } = this.#keys
    const transaction = client.multi().exists(marker).get(sidecar)
    for (const kind of KINDS) transaction.hgetall(rows[kind])
    const [initialized, text, ...hashes] = (await executeTransaction(transaction)) ?? []
    return storedData(initialized, text, hashes)
  }

  /**
   * Reads with separate commands. An equal sidecar before and after proves that no writer of Halyard wrote meanwhile;
   * if it differs each time, the result has no sidecar. A user without permission for the sidecar gets the rows
   * without it.
   */
  async #readSeparately(client: RedisClient): Promise<StoredData> {
    const { rows, marker, sidecar: key } = this.#keys
    const sidecar = async (): Promise<string | null> =>
      client
        .get(key)
        .catch((error: Error) => (error.message.startsWith('NOPERM') ? null : Promise.reject(error)))
    for (let reading = 1; ; reading++) {
      const before = await sidecar()
      const hashes: unknown[] = []
      for (const kind of KINDS) hashes.push(await client.hgetall(rows[kind]))
      const initialized = await client.exists(marker)
      const same = (await sidecar()) === before
      if (same || reading === MAX_READS) return storedData(initialized, same ? before : null, hashes)
    }
  }
}

function storedData(initialized: unknown, sidecar: unknown, hashes: readonly unknown[]): StoredData {
  return {
    initialized: Number(initialized) > 0,
    rows: KINDS.flatMap((kind, index) => rowsOf(kind, hashes[index] as Readonly<Record<string, string>>)),
    ...(typeof sidecar === 'string' && { sidecar }),
  }
}

/** Uses own entries, so that `__proto__` is a key like any other. */
function rowsOf(kind: ItemKind, hash: Readonly<Record<string, string>>): Row[] {
  return Object.entries(hash).map(([key, text]) => ({ kind, key, text }))
}

export type Transaction = ReturnType<RedisClient['multi']>

/**
 * Runs a transaction. Returns its replies, or `undefined` if a watched key changed. Throws the first failure: Redis
 * continues after a failed command, and EXECABORT does not name the cause.
 */
export async function executeTransaction(transaction: Transaction): Promise<readonly unknown[] | undefined> {
  const results = await transaction.exec().catch((failure: Error) => {
    const { previousErrors = [] } = failure as { readonly previousErrors?: readonly Error[] }
    throw previousErrors[0] ?? failure
  })
  for (const [failure] of results ?? []) if (failure) throw failure
  return results?.map(([, result]) => result)
}

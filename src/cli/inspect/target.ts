import type { Clock } from '../../async/clock.ts'
import { StoreError } from '../../model/errors.ts'
import type { StoreDescription } from '../../model/persistent-store.ts'
import type { StoreAddress } from './store-address.ts'

/** A store to look into. */
export interface Target {
  readonly description: StoreDescription
  /** What tells environments apart in it; a file has nothing of the kind. */
  readonly prefix?: string
  /** How long the text of a row may be there. Absent where no row of flags will ever be that long. */
  readonly maxRowBytes?: number
  /** What is wrong with the whole, where a store says no more of it than that nothing is there. */
  fault(clock: Clock, signal: AbortSignal): Promise<string | undefined>
}

/** DynamoDB counts names and keys too: a few hundred bytes less are left for the text. */
const DYNAMODB_ROW_BYTES = 400 * 1_024
const CONSUL_ROW_BYTES = 512 * 1_024

/** Loads what a kind of store needs, and no other. Throws a {@link ConfigError} when the store takes it for wrong. */
export async function targetOf(address: StoreAddress): Promise<Target> {
  switch (address.type) {
    case 'redis': {
      const { type: _, ...options } = address
      const { redisStore } = await import('../../store/redis/redis-store.ts')
      return database(redisStore(options))
    }
    case 'dynamodb': {
      const { tableName, prefix, region, endpoint } = address
      const { dynamodbStore } = await import('../../store/dynamodb/dynamodb-store.ts')
      const clientOptions = { ...(region && { region }), ...(endpoint && { endpoint }) }
      const options = { tableName, clientOptions, ...(prefix !== undefined && { prefix }) }
      return { ...database(dynamodbStore(options)), maxRowBytes: DYNAMODB_ROW_BYTES }
    }
    case 'consul': {
      const { type: _, ...options } = address
      const { consulStore } = await import('../../store/consul/consul-store.ts')
      return { ...database(consulStore(options)), maxRowBytes: CONSUL_ROW_BYTES }
    }
    case 'file':
      return file(address.path)
    default:
      return address satisfies never
  }
}

function database(description: StoreDescription): Target {
  return { description, prefix: description.prefix, fault: () => Promise.resolve(undefined) }
}

/** A client takes a damaged snapshot for none, and a missing one too; here they are told apart. */
async function file(path: string): Promise<Target> {
  const { fileStore } = await import('../../store/file/file-store.ts')
  const { attempt } = await import('../../store/file/errors.ts')
  const { openForReading } = await import('../../store/file/read-snapshot.ts')
  const { readSnapshot } = await import('../../store/file/read-snapshot.ts')
  const description = fileStore(path)
  return {
    description,
    async fault(clock, signal) {
      const finding = await attempt(`cannot read ${description.prefix}`, signal, () =>
        openForReading(description.prefix, (opened) => readSnapshot(opened, clock)),
      )
      if (finding?.type === 'fault') return finding.reason
      if (finding?.type === 'good') return undefined
      throw new StoreError('refused', `there is no file ${description.prefix}`)
    },
  }
}

import { CONSUL, type ConsulConfig } from './consul/module.ts'
import type { ConsulOptions } from './consul/relay-option-types.ts'
import { DYNAMODB, type DynamodbConfig } from './dynamodb/module.ts'
import type { DynamodbOptions } from './dynamodb/relay-option-types.ts'
import { FILE_ADDRESS } from './file/address.ts'
import type { InspectedStore } from './inspected-store.ts'
import { REDIS, type RedisConfig } from './redis/module.ts'
import type { RedisOptions } from './redis/relay-option-types.ts'
import type { StoreModule } from './store-module.ts'

/** The typed configuration of a store in a relay. */
export type StoreConfig = RedisConfig | DynamodbConfig | ConsulConfig
/** The type of database of a relay. */
export type StoreType = RelayStoreOptions['type']

/** The options of a store in the options of a relay. */
export type RelayStoreOptions = RedisOptions | DynamodbOptions | ConsulOptions

/** Every store that a relay can use. A new store is a folder with a `module.ts`, an entry here, and its types above. */
export const STORES: readonly StoreModule<StoreConfig>[] = [REDIS, DYNAMODB, CONSUL]

/** The forms of address that `halyard inspect` accepts, in the order of its help text. */
export const ADDRESSES: readonly InspectedStore[] = [...STORES.map(({ address }) => address), FILE_ADDRESS]

export function storeModuleOf({ type }: Pick<StoreConfig, 'type'>): StoreModule<StoreConfig> {
  return STORES.find((each) => each.type === type) as StoreModule<StoreConfig>
}

import { UsageError } from '../arguments.ts'
import { consul } from './stores/consul.ts'
import { dynamodb } from './stores/dynamodb.ts'
import { file } from './stores/file.ts'
import { redis } from './stores/redis.ts'
import type { AddressContext, InspectedStore, StoreAddress } from './target.ts'

/** Every kind of store that `halyard inspect` reads. A new one is an entry here. The last one takes paths without a scheme. */
export const STORES: readonly InspectedStore[] = [redis, dynamodb, consul, file]

/**
 * Parses the argument that names a store: a URL, or the path of a file. Credentials that a URL lacks come from environment
 * variables. Throws a {@link UsageError}, which repeats nothing that could be a password.
 */
export function readStoreAddress(text: string, context: AddressContext): StoreAddress {
  const [, scheme] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text) ?? []
  if (scheme === undefined) return file.parse(text, context)
  const store = STORES.find(({ schemes }) => schemes.includes(scheme.toLowerCase()))
  if (!store) throw new UsageError(`unknown store ${scheme}://; halyard inspect --help lists the known ones`)
  return store.parse(text, context)
}

/** Returns the lines of the help text that list the forms of an address. */
export function addressUsage(): string {
  return STORES.flatMap(({ usage }) => usage)
    .map(([form, remark]) => `  ${form.padEnd(42)} ${remark}`.trimEnd())
    .join('\n')
}

/** Returns the environment variables that a URL overrides, for the help text. */
export function addressVariables(): string {
  return STORES.flatMap(({ variables }) => variables).join(', ')
}

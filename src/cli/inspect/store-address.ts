import { FILE_ADDRESS } from '../../store/file/address.ts'
import { type AddressContext, type StoreAddress, StoreAddressError } from '../../store/inspected-store.ts'
import { ADDRESSES } from '../../store/registry.ts'
import { UsageError } from '../arguments.ts'

/**
 * Parses the argument that names a store: a URL, or the path of a file. Credentials that a URL lacks come from environment
 * variables. Throws a {@link UsageError}, which repeats nothing that could be a password.
 */
export function readStoreAddress(text: string, context: AddressContext): StoreAddress {
  const [, scheme] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text) ?? []
  const store =
    scheme === undefined
      ? FILE_ADDRESS
      : ADDRESSES.find(({ schemes }) => schemes.includes(scheme.toLowerCase()))
  if (!store) throw new UsageError(`unknown store ${scheme}://; halyard inspect --help lists the known ones`)
  try {
    return store.parse(text, context)
  } catch (error) {
    throw error instanceof StoreAddressError ? new UsageError(error.message, { cause: error }) : error
  }
}

/** Returns the lines of the help text that list the forms of an address. */
export function addressUsage(): string {
  return ADDRESSES.flatMap(({ usage }) => usage)
    .map(([form, note]) => `  ${form.padEnd(42)} ${note}`.trimEnd())
    .join('\n')
}

/** Returns the environment variables that a URL overrides, for the help text. */
export function addressVariables(): string {
  return ADDRESSES.flatMap(({ variables }) => variables).join(', ')
}

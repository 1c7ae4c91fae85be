import { FILE_ADDRESS } from '../../store/file/address.ts'
import { type AddressContext, type StoreAddress, StoreAddressError } from '../../store/inspected-store.ts'
import { ADDRESSES } from '../../store/registry.ts'
import { UsageError } from '../arguments.ts'
import type { HelpRow } from '../help.ts'

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

/** The forms of an address, for help texts. */
export const ADDRESS_ROWS: readonly HelpRow[] = ADDRESSES.flatMap(({ usage }) => usage)

/** The environment variables that a URL overrides, for help texts. */
export const VARIABLE_ROWS: readonly HelpRow[] = ADDRESSES.filter(
  ({ variables }) => variables.length > 0,
).map(({ schemes, variables }) => [`${schemes[0]}://`, variables.join(', ')])

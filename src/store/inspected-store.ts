import type { Clock } from '../async/clock.ts'
import type { BigSegmentStoreDescription } from '../model/big-segment-store.ts'
import type { StoreDescription } from '../model/persistent-store.ts'

/** An address of a store on a command line is wrong. The message repeats nothing that could be a password. */
export class StoreAddressError extends Error {
  override readonly name = 'StoreAddressError'
}

/** A kind of store that `halyard inspect` reads. */
export interface InspectedStore {
  readonly schemes: readonly string[]
  /** The forms of its addresses, each with a remark for the help text. */
  readonly usage: readonly (readonly [form: string, remark: string])[]
  readonly variables: readonly string[]
  /** Parses an address. Throws a {@link StoreAddressError}. */
  parse(text: string, context: AddressContext): StoreAddress
}

export interface AddressContext {
  readonly prefix?: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
}

export interface StoreAddress {
  /** The options of the store. They may contain credentials and must not be printed. */
  readonly options: object
  /** Loads the module of the store. Rejects with a `ConfigError` if the store refuses the options. */
  open(): Promise<InspectionTarget>
}

export interface InspectionTarget {
  readonly description: StoreDescription
  /** The members of big segments with the same prefix. Absent if this kind of store has none. */
  readonly bigSegments?: BigSegmentStoreDescription
  /** The prefix of the rows. A file has none. */
  readonly prefix?: string
  /** Maximum size of the text of a row, in bytes. Default: no limit that a flag could reach. */
  readonly maxRowBytes?: number
  /** Resolves with a description of damage to the whole store; `undefined` if there is none. */
  fault(clock: Clock, signal: AbortSignal): Promise<string | undefined>
}

/** Returns the target for a database, whose damage shows in its rows only. */
export function databaseTarget(
  description: StoreDescription,
  bigSegments?: BigSegmentStoreDescription,
): InspectionTarget {
  return {
    description,
    ...(bigSegments && { bigSegments }),
    prefix: description.prefix,
    fault: () => Promise.resolve(undefined),
  }
}

/** Parses a URL of this form. Throws a {@link StoreAddressError} if it has another form, a fragment or an unknown parameter. */
export function parseUrl(text: string, form: string, parameters: readonly string[]): URL {
  const url = URL.parse(text)
  if (!url?.hostname || !isDecodable(url)) throw new StoreAddressError(`cannot parse STORE; expected ${form}`)
  if (url.hash !== '') {
    throw new StoreAddressError(
      `cannot parse STORE; expected ${form}, without a fragment (the part from "#" on)`,
    )
  }
  const unknown = [...url.searchParams.keys()].find((name) => !parameters.includes(name))
  if (unknown !== undefined) {
    throw new StoreAddressError(
      `${url.protocol}// has no parameter ${unknown}; it has ${parameters.join(', ')}`,
    )
  }
  return url
}

function isDecodable({ hostname, username, password }: URL): boolean {
  try {
    for (const part of [hostname, username, password]) decodeURIComponent(part)
    return true
  } catch {
    // A percent sign encodes no character.
    return false
  }
}

/** Returns the prefix of the option or of the URL. Throws a {@link StoreAddressError} if both have one. */
export function prefixOf(
  { searchParams }: URL,
  { prefix: option }: AddressContext,
): { readonly prefix?: string } {
  const own = searchParams.get('prefix') ?? undefined
  if (own !== undefined && option !== undefined)
    throw new StoreAddressError('STORE and --prefix both have a prefix')
  const prefix = option ?? own
  return prefix === undefined ? {} : { prefix }
}

/** Returns a variable without line breaks at its end, which mounted secrets often have; `undefined` if it is empty. */
export function secretOf(value: string | undefined): string | undefined {
  return value?.replace(/[\r\n]+$/, '') || undefined
}

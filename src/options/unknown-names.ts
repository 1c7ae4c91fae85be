import { ConfigError, type ConfigIssue } from '../model/errors.ts'
import { didYouMean, nearMiss } from '../model/near-miss.ts'
import { describeReceived, type IssueCollector, printPath } from './issues.ts'
import { readingOptions } from './readable.ts'
import type { UnknownNames } from './value-schema.ts'

export interface NamePolicy {
  /**
   * `refuse`: an error if only Halyard has the object, or if the name resembles a known one; otherwise a warning. `warn`: always
   * a warning, for objects whose official type may grow.
   */
  readonly unknown: 'refuse' | 'warn'
  /** Further names at the top level, which the caller reads itself. */
  readonly besides?: readonly string[]
  /** Option names that are refused under either policy if misspelled. */
  readonly addresses?: AddressNames
}

/** Options that hold addresses: if one of them is misspelled, the SDK key must not go to the default address instead. */
interface AddressNames {
  readonly names: readonly string[]
  /** The right place of an address. Follows "a known option" in the error. */
  readonly hint: string
}

const ADDRESS_LIKE = /(?:ur[il]|endpoint)s?$/i

export function collectUnknownNames(
  root: string,
  found: readonly UnknownNames[],
  { policy, collector }: { readonly policy: NamePolicy; readonly collector: IssueCollector },
): void {
  for (const { path: parent, names, known: own, kind } of found) {
    const known = [...own, ...((parent.length === 0 && policy.besides) || [])]
    const isInAddresses = policy.addresses?.names.includes(String(parent.at(-1))) ?? false
    for (const name of names) {
      const path = printPath(root, [...parent, name])
      if (isInAddresses || isRefused(name, known, { ...policy, kind })) {
        const { expected, received } = issueOf(path, name, { known, addresses: policy.addresses })
        collector.refuse(path, expected, received)
      } else {
        collector.warn(`${path} is not an option; ignored`)
      }
    }
  }
}

function isRefused(
  name: string,
  known: readonly string[],
  { unknown, addresses, kind }: NamePolicy & Pick<UnknownNames, 'kind'>,
): boolean {
  if (addresses && nearMiss(name, addresses.names) !== undefined) return true
  if (unknown === 'warn') return false
  return kind === 'own' || (addresses && ADDRESS_LIKE.test(name)) || nearMiss(name, known) !== undefined
}

function issueOf(
  path: string,
  name: string,
  { known, addresses }: { readonly known: readonly string[]; readonly addresses: AddressNames | undefined },
): ConfigIssue {
  const issue = unknownName(path, name, known)
  const isAddress = addresses && ADDRESS_LIKE.test(name) && nearMiss(name, known) === undefined
  return isAddress ? { ...issue, expected: `a known option (${addresses.hint})` } : issue
}

const MAX_LISTED = 8

/** Returns the issue of an unknown option name. It suggests the nearest known name, or lists the known names if they are few. */
export function unknownName(path: string, name: string, known: readonly string[]): ConfigIssue {
  const list = known.length <= MAX_LISTED ? `known are ${known.join(', ')}` : undefined
  const hint = didYouMean(name, known) ?? list
  return { path, expected: `a known option${hint ? ` (${hint})` : ''}`, received: 'an unknown name' }
}

/**
 * Checks the names of options that only Halyard has.
 *
 * @param root - the first part of each path in an error.
 * @throws {@link ConfigError} if the options are not an object, if a name is unknown, or if a member cannot be read.
 */
export function refuseUnknownNames(root: string, options: unknown, known: readonly string[]): void {
  readingOptions({ [root]: options }, () => {
    if (options === undefined) return
    if (typeof options !== 'object' || options === null || Array.isArray(options)) {
      throw new ConfigError([{ path: root, expected: 'an object', received: describeReceived(options) }])
    }
    const issues = Object.keys(options)
      .filter((name) => !known.includes(name))
      .map((name) => unknownName(`${root}.${name}`, name, known))
    if (issues.length > 0) throw new ConfigError(issues)
    // Reads every member once, so that the error names the path of one that throws.
    for (const name of known) void (options as Readonly<Record<string, unknown>>)[name]
  })
}

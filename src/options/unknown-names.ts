import type { z } from 'zod'
import type { ConfigIssue } from '../model/errors.ts'
import { nearMiss, unknownName } from '../model/near-miss.ts'
import { knownNames } from '../model/object-schemas.ts'
import { printPath } from './issues.ts'

/** What becomes of option names that are unknown. */
export interface NamePolicy {
  /**
   * `refuse`: an error where an object is ours alone, or the name resembles a known one; a warning otherwise. `warn`: always a
   * warning, for objects whose official type may grow. Names of addresses are refused either way.
   */
  readonly unknown: 'refuse' | 'warn'
  /** Further names at the top level, which the caller reads itself. */
  readonly besides?: readonly string[]
}

/** Options that say where requests go. If one of them is misspelt, the SDK key must not go to the default address instead. */
const ADDRESSES = ['endpoints', 'baseUri', 'streamUri']
const ADDRESS_LIKE = /(?:ur[il]|endpoint)s?$/i

/** Returns what the errors of a {@link STRICT} schema say about unknown names, as errors or warnings. */
export function unknownNames(
  root: string,
  error: z.ZodError | undefined,
  policy: NamePolicy,
): { readonly issues: readonly ConfigIssue[]; readonly warnings: readonly string[] } {
  const issues: ConfigIssue[] = []
  const warnings: string[] = []
  for (const issue of error?.issues ?? []) {
    if (issue.code !== 'unrecognized_keys') continue
    const isTop = issue.path.length === 0
    const { names, isOwn } = knownNames(issue)
    const known = [...names, ...((isTop && policy.besides) || [])]
    for (const name of issue.keys) {
      const path = printPath(root, [...issue.path, name])
      const isInEndpoints = issue.path.at(-1) === 'endpoints'
      if (isInEndpoints || isRefused(name, { known, isOwn, policy })) {
        issues.push(issueOf(path, name, known))
      } else {
        warnings.push(`${path} is not an option; ignored`)
      }
    }
  }
  return { issues, warnings }
}

function issueOf(path: string, name: string, known: readonly string[]): ConfigIssue {
  if (nearMiss(name, known) !== undefined || !ADDRESS_LIKE.test(name)) return unknownName(path, name, known)
  const expected = 'a known option (the addresses of services are options.endpoints)'
  return { path, expected, received: 'an unknown name' }
}

interface Place {
  readonly known: readonly string[]
  readonly isOwn: boolean
  readonly policy: NamePolicy
}

function isRefused(name: string, { known, isOwn, policy }: Place): boolean {
  if (nearMiss(name, ADDRESSES) !== undefined) return true
  if (policy.unknown === 'warn') return false
  return isOwn || ADDRESS_LIKE.test(name) || nearMiss(name, known) !== undefined
}

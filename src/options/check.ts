import type { ConfigIssue } from '../model/errors.ts'
import { configIssues, describeReceived, IssueCollector, valueAt } from './issues.ts'
import { readingOptions } from './readable.ts'
import { type Limits, limitWarning } from './schemas.ts'
import { collectUnknownNames, type NamePolicy } from './unknown-names.ts'
import { Findings, type Path, type Schema } from './value-schema.ts'

/** The rules for the options of one function. Paths inside of options are written with dots, for example `tls.ca`. */
export interface OptionRules<T> {
  /** The first part of each path in an error: the function that takes the options, or the name of the parameter. */
  readonly root: string
  readonly schema: Schema
  readonly names?: NamePolicy
  /** `ignore`: a value of the wrong form is left out with a warning. Default `refuse`. */
  readonly wrongValues?: 'refuse' | 'ignore'
  readonly alternatives?: readonly (readonly string[])[]
  /** Minimums and maximums. A value beyond them causes a warning; the reader of the options applies them. */
  readonly limits?: Readonly<Record<string, Limits>>
  /** Returns the errors of the options as a whole. Runs if each option by itself is right. */
  readonly relations?: (options: T) => Iterable<ConfigIssue>
}

/**
 * Checks options that the caller then reads itself. Returns the warnings, because there is no logger yet.
 *
 * @throws {@link ConfigError} that lists everything that is wrong, and repeats no value that may be a secret.
 */
export function checkOptions<T>(options: T, rules: OptionRules<T>): readonly string[] {
  return readingOptions({ [rules.root]: options }, () => {
    const collector = new IssueCollector()
    parseOptions(options, rules, collector)
    collector.raise()
    return collector.warnings
  })
}

/**
 * Parses options of the application. Returns them without unknown names; `undefined` if there are errors, which go to
 * the collector, as warnings do. `T` is the type that the schema describes.
 */
export function parseOptions<T>(
  input: unknown,
  rules: OptionRules<T>,
  collector: IssueCollector,
): T | undefined {
  const { root, schema, names = { unknown: 'refuse' }, limits = {}, relations = () => [] } = rules
  const earlier = collector.issues.length
  const found = new Findings()
  let parsed = schema(input, found, [])
  let { faults } = found
  if (faults.length > 0 && rules.wrongValues === 'ignore') {
    for (const { path, expected, received } of configIssues(root, input, faults)) {
      collector.warn(`${path}: expected ${expected}, received ${received}; ignored`)
    }
    const rest = new Findings()
    const wrong = faults.map(({ path }) => path)
    parsed = schema(wrong.reduce(omit, input), rest, [])
    faults = rest.faults
  }
  collector.issues.push(...configIssues(root, input, faults))
  collectUnknownNames(root, found.unknown, { policy: names, collector })
  collector.issues.push(...alternativeIssues(input, rules))
  if (collector.issues.length > earlier) return undefined
  collector.issues.push(...relations(parsed as T))
  for (const [name, each] of Object.entries(limits)) {
    for (const warning of limitWarning(`${root}.${name}`, optionAt(input, name), each))
      collector.warn(warning)
  }
  return collector.issues.length > earlier ? undefined : (parsed as T)
}

/**
 * Returns the options without the member at the path. Copies the objects along the path, with their prototypes and getters. An
 * empty path omits everything.
 */
function omit(input: unknown, [key, ...inner]: Path): unknown {
  if (key === undefined) return {}
  if (typeof input !== 'object' || input === null) return input
  if (Array.isArray(input)) return input.with(Number(key), omit(input[Number(key)], inner))
  const members = Object.getOwnPropertyDescriptors(input) as Record<PropertyKey, PropertyDescriptor>
  const value = inner.length > 0 ? omit((input as Record<PropertyKey, unknown>)[key], inner) : undefined
  delete members[key]
  const copy: unknown = Object.create(Object.getPrototypeOf(input), members)
  if (inner.length > 0) Object.defineProperty(copy, key, { value, enumerable: true })
  return copy
}

function alternativeIssues<T>(
  input: unknown,
  { root, alternatives = [] }: OptionRules<T>,
): readonly ConfigIssue[] {
  const besides = new Map<string, string>()
  for (const names of alternatives) {
    const [first, ...others] = names.filter((name) => optionAt(input, name) !== undefined)
    if (first !== undefined) for (const other of others) besides.set(other, first)
  }
  return [...besides].map(([other, first]) => ({
    path: `${root}.${other}`,
    expected: `nothing beside ${first}`,
    received: describeReceived(optionAt(input, other)),
  }))
}

function optionAt(options: unknown, name: string): unknown {
  return valueAt(options, name.split('.'))
}

import type { z } from 'zod'
import { ConfigError, type ConfigIssue } from '../model/errors.ts'
import { nearMiss, unknownName } from '../model/near-miss.ts'
import { knownNames } from '../model/object-schemas.ts'
import { readingOptions } from '../model/readable.ts'
import { type Limits, limitWarning } from './forms.ts'
import { configIssues } from './issues.ts'
import { type NamePolicy, unknownNames } from './unknown-names.ts'

/** What options of a store must be like. Options within options are named by their path, as `tls.ca`. */
export interface OptionRules<T> {
  /** The function that takes the options; paths begin with it. */
  readonly root: string
  /** A strict object whose messages say what is expected. */
  readonly form: z.ZodType
  /** Of each of these lists only one may be given: the others say the same, or something else, in its place. */
  readonly rivals?: readonly (readonly string[])[]
  /** Numbers that are kept within limits, with a warning. */
  readonly limits?: Readonly<Record<string, Limits>>
  /** What is wrong though everything by itself is right. */
  readonly relations?: (options: T) => Iterable<ConfigIssue>
}

/**
 * Says what to warn of once there is a logger. Throws a {@link ConfigError} with everything that is wrong, which repeats no
 * value that may be a secret.
 */
export function checkOptions<T>(options: T, rules: OptionRules<T>): readonly string[] {
  return readingOptions({ [rules.root]: options }, () => checkReadable(options, rules))
}

function checkReadable<T>(options: T, rules: OptionRules<T>): readonly string[] {
  const { root, form, rivals = [], limits = {}, relations = () => [] } = rules
  const pathOf = (path: readonly PropertyKey[]): string => path.reduce(joined, root)
  const issue = (path: readonly PropertyKey[], expected: string): ConfigIssue => ({
    path: pathOf(path),
    expected,
    received: describe(valueAt(options, path)),
  })
  const found = form.safeParse(options, { jitless: true }).error?.issues ?? []
  const { refused, ignored } = unknownOptions(found, pathOf)
  const issues = [
    ...refused,
    ...found
      .filter(({ code }) => code !== 'unrecognized_keys')
      .map(({ path, message }) => issue(path, message)),
    ...contradictions(options, rivals).map(([other, name]) =>
      issue(other.split('.'), `nothing beside ${name}`),
    ),
  ]
  if (issues.length === 0) issues.push(...relations(options))
  if (issues.length > 0) throw new ConfigError(issues)
  return [
    ...ignored,
    ...Object.entries(limits).flatMap(([name, each]) =>
      limitWarning(`${root}.${name}`, optionOf(options, name), each),
    ),
  ]
}

/** Sorts unknown names: an error where the object is ours alone or the name resembles a known one, otherwise a warning. */
function unknownOptions(
  found: readonly z.core.$ZodIssue[],
  pathOf: (path: readonly PropertyKey[]) => string,
): { readonly refused: readonly ConfigIssue[]; readonly ignored: readonly string[] } {
  const refused: ConfigIssue[] = []
  const ignored: string[] = []
  for (const issue of found) {
    if (issue.code !== 'unrecognized_keys') continue
    const { names, isOwn } = knownNames(issue)
    for (const key of issue.keys) {
      const path = pathOf([...issue.path, key])
      if (isOwn || nearMiss(key, names) !== undefined) refused.push(unknownName(path, key, names))
      else ignored.push(`${path} is not an option; ignored`)
    }
  }
  return { refused, ignored }
}

/** Each option that is one too many, and beside which. */
function contradictions(
  options: unknown,
  rivals: readonly (readonly string[])[],
): readonly (readonly [other: string, name: string])[] {
  const besides = new Map<string, string>()
  for (const names of rivals) {
    const [first, ...others] = names.filter((name) => optionOf(options, name) !== undefined)
    if (first !== undefined) for (const other of others) besides.set(other, first)
  }
  return [...besides]
}

function optionOf(options: unknown, name: string): unknown {
  return valueAt(options, name.split('.'))
}

function valueAt(options: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Readonly<Record<PropertyKey, unknown>> | null | undefined)?.[key],
    options,
  )
}

function joined(path: string, key: PropertyKey): string {
  return path + (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)
}

/** A type, and the value only where it cannot hold a secret. */
function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'array'
  return typeof value === 'number' || typeof value === 'boolean' ? `${typeof value} ${value}` : typeof value
}

/** What is parsed once is not worth compiling for, which zod does by default. */
export const ONCE = { jitless: true } as const

/** One shape, in two severities. */
export interface Shape {
  /** Reports unknown names. */
  readonly strict: z.ZodType
  /** Leaves unknown names out. */
  readonly lenient: z.ZodType
}

/** A value of the right shape, and warnings of names that are ignored; or everything that is wrong with it. */
export type Checked<T> =
  | { readonly value: T; readonly warnings: readonly string[] }
  | { readonly issues: readonly ConfigIssue[] }

export interface CheckOptions extends Shape {
  /** The first part of each path in an error, for example `options`. */
  readonly root: string
  readonly names: NamePolicy
}

/** Checks what a caller handed in against a shape. `T` is the type that the shape describes. */
export function check<T>(input: unknown, { root, names, strict, lenient }: CheckOptions): Checked<T> {
  const exact = strict.safeParse(input, ONCE)
  const parsed = exact.success ? exact : lenient.safeParse(input, ONCE)
  const unknown = unknownNames(root, exact.error, names)
  const issues = [...(parsed.success ? [] : configIssues(root, input, parsed.error)), ...unknown.issues]
  if (!parsed.success || issues.length > 0) return { issues }
  return { value: parsed.data as T, warnings: unknown.warnings }
}

import { isJsonObject } from '../model/json.ts'

// Schemas are functions of a few lines instead of objects of a library, because every program creates them at its start (decision 56).

export type Path = readonly PropertyKey[]

/** A wrong value. `expected` completes the sentence "expected …" and repeats nothing of the value. */
export interface Fault {
  readonly path: Path
  readonly expected: string
}

/** Members of one object that its schema does not have. */
export interface UnknownNames {
  readonly path: Path
  readonly names: readonly string[]
  readonly known: readonly string[]
  /** `own`: only Halyard has the object, so an unknown name is an error. */
  readonly kind: 'own' | 'shared'
}

/** The faults and unknown names of a value, in the order of the schema. */
export class Findings {
  readonly faults: Fault[] = []
  readonly unknown: UnknownNames[] = []
}

/**
 * Checks a value and adds to the findings. Returns the value without unknown names, as a copy. The result has the type `T` if
 * there are no faults.
 */
export type Schema<T = unknown> = (value: unknown, findings: Findings, path: Path) => T

export type Members = Readonly<Record<string, Schema>>

type Valid<M extends Members> = { readonly [Name in keyof M]: ReturnType<M[Name]> }

type Expected = string | ((value: unknown) => string)

export const anything: Schema = (value) => value
export const trueOrFalse: Schema<boolean> = valueThat((value) => typeof value === 'boolean', 'a boolean')
export const string: Schema<string> = valueThat((value) => typeof value === 'string', 'a string')
export const filledText: Schema<string> = restricted(
  string,
  (value) => value !== '',
  'a string that is not empty',
)
export const number: Schema<number> = valueThat(Number.isFinite, (value) =>
  typeof value === 'number' ? 'a finite number' : 'a number',
)
const wholeNumber: Schema<number> = restricted(number, Number.isSafeInteger, 'a whole number')

/** Returns the schema of the values that fit. */
export function valueThat<T>(fits: (value: unknown) => boolean, expected: Expected): Schema<T> {
  return (value, { faults }, path) => {
    if (!fits(value))
      faults.push({ path, expected: typeof expected === 'string' ? expected : expected(value) })
    return value as T
  }
}

/** Returns a schema with a further condition, which is checked only if the value is right otherwise. */
export function restricted<T>(schema: Schema<T>, fits: (value: T) => boolean, expected: Expected): Schema<T> {
  const check = valueThat<T>((value) => fits(value as T), expected)
  return (value, findings, path) => {
    const earlier = findings.faults.length
    const read = schema(value, findings, path)
    return findings.faults.length > earlier ? read : check(read, findings, path)
  }
}

export const positiveWhole: Schema<number> = restricted(wholeNumber, (value) => value > 0, 'more than 0')

export function numberAbove(limit: number): Schema<number> {
  return restricted(number, (value) => value > limit, `more than ${limit}`)
}

export function numberFrom(least: number): Schema<number> {
  return restricted(number, (value) => value >= least, `at least ${least}`)
}

export function oneOf<T extends string>(...words: readonly T[]): Schema<T> {
  return valueThat(
    (value) => words.includes(value as T),
    words.map((word) => JSON.stringify(word)).join(' or '),
  )
}

export function optional<T>(schema: Schema<T>): Schema<T | undefined> {
  return (value, findings, path) => (value === undefined ? undefined : schema(value, findings, path))
}

export function nullish<T>(schema: Schema<T>): Schema<T | null | undefined> {
  return (value, findings, path) =>
    value === undefined || value === null ? value : schema(value, findings, path)
}

export function listThat<T>(entry: Schema<T>, expected = 'an array'): Schema<readonly T[]> {
  return (value, findings, path) => {
    if (Array.isArray(value)) return value.map((each, index) => entry(each, findings, [...path, index]))
    findings.faults.push({ path, expected })
    return []
  }
}

export function filledList<T>(entry: Schema<T>): Schema<readonly T[]> {
  return restricted(listThat(entry), ({ length }) => length > 0, 'an array that is not empty')
}

/** Returns the schema of an object whose further members are left out without a finding. */
export function openObject<M extends Members>(members: M, expected = 'an object'): Schema<Valid<M>> {
  const entries = Object.entries(members)
  return (value, findings, path) => {
    const valid: Record<string, unknown> = {}
    if (isJsonObject(value)) {
      for (const [name, schema] of entries) {
        const member = schema(value[name], findings, [...path, name])
        if (member !== undefined || name in value) valid[name] = member
      }
    } else findings.faults.push({ path, expected })
    return valid as Valid<M>
  }
}

/** Returns the schema of an object that only Halyard has: an unknown name is an error. */
export function ownObject<M extends Members>(members: M): Schema<Valid<M>> {
  return strictObject(members, 'own')
}

/** Returns the schema of an object that LaunchDarkly's SDKs also have: an unknown name is a warning, because the object may grow. */
export function sharedObject<M extends Members>(members: M): Schema<Valid<M>> {
  return strictObject(members, 'shared')
}

function strictObject<M extends Members>(members: M, kind: UnknownNames['kind']): Schema<Valid<M>> {
  const known = Object.keys(members)
  const read = openObject(members)
  return (value, findings, path) => {
    const valid = read(value, findings, path)
    if (!isJsonObject(value)) return valid
    const names: string[] = []
    for (const name in value) if (!known.includes(name)) names.push(name)
    if (names.length > 0) findings.unknown.push({ path, names, known, kind })
    return valid
  }
}

/** Returns the schema of an object whose member `tag` decides which further members it has. */
export function variants(
  tag: string,
  objectOf: (members: Members) => Schema,
  members: Readonly<Record<string, Members>>,
): Schema {
  const words = Object.keys(members)
  const schemas = new Map<unknown, Schema>(
    words.map((word) => [word, objectOf({ [tag]: anything, ...members[word] })]),
  )
  const unknown = openObject({ [tag]: oneOf(...words) })
  return (value, findings, path) => {
    const schema = isJsonObject(value) ? schemas.get(value[tag]) : undefined
    return (schema ?? unknown)(value, findings, path)
  }
}

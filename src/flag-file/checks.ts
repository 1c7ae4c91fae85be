import { isJsonObject, type JsonObject } from '../model/json.ts'
import type { FilePath, Problems } from './problems.ts'

/** Checks one value of a flag file and adds its problems. */
export type Check = (value: unknown, path: FilePath, problems: Problems) => void

/** Returns a check that also accepts null and undefined, because evaluation treats both as absent. */
export function optional(check: Check): Check {
  return (value, path, problems) => {
    if (value !== undefined && value !== null) check(value, path, problems)
  }
}

export function valueThat(fits: (value: unknown) => boolean, expected: string): Check {
  return (value, path, problems) => {
    if (!fits(value)) problems.expected(path, expected, value)
  }
}

export const text: Check = valueThat((value) => typeof value === 'string', 'a string')
export const yesOrNo: Check = valueThat((value) => typeof value === 'boolean', 'true or false')
export const anything: Check = () => {}

export function oneOf(...words: readonly string[]): Check {
  return valueThat((value) => words.includes(value as string), words.map((word) => `"${word}"`).join(' or '))
}

export function wholeNumber(least: number, most: number, expected: string): Check {
  return valueThat(
    (value) => Number.isInteger(value) && Number(value) >= least && Number(value) <= most,
    expected,
  )
}

export function listOf(check: Check): Check {
  return (value, path, problems) => {
    if (!Array.isArray(value)) problems.expected(path, 'a list', value)
    else for (const [index, item] of value.entries()) check(item, [...path, index], problems)
  }
}

/** Returns the check of an object and its members. `whole` runs last and checks how several members fit together. */
export function objectOf(members: Readonly<Record<string, Check>>, whole?: ObjectCheck): Check {
  const known = Object.keys(members)
  return (value, path, problems) => {
    if (!isJsonObject(value)) {
      problems.expected(path, 'an object', value)
      return
    }
    for (const name of Object.keys(value)) {
      if (!known.includes(name)) problems.unknown([...path, name], known)
    }
    for (const [name, check] of Object.entries(members)) {
      check(Object.hasOwn(value, name) ? value[name] : undefined, [...path, name], problems)
    }
    whole?.(value, path, problems)
  }
}

export type ObjectCheck = (value: JsonObject, path: FilePath, problems: Problems) => void

import { isDeepStrictEqual } from 'node:util'

/** An object as JSON knows it, without any claim about its members. */
export type JsonObject = { readonly [name: string]: unknown }

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether two values are the same; what is nested deeper than the platform compares is not, for all anyone can tell. */
export function isEqual(a: unknown, b: unknown): boolean {
  try {
    return isDeepStrictEqual(a, b)
  } catch {
    return false
  }
}

/** The value of a JSON text; `undefined` where it is none. For texts of which nobody promised anything. */
export function tryParse(text: string | undefined): unknown {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

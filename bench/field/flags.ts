import type { Flag } from '../../src/model/flag.ts'
import { flag } from '../evaluation/special-environment.ts'

/** Returns the keys of the boolean flags that all packages of the field get. */
export function keysOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `boolean-${index}`)
}

/** Returns boolean flags that are on for everyone. */
export function booleanFlags(count: number): readonly Flag[] {
  return keysOf(count).map((key) => flag(key, { salt: key }))
}

/** Returns the same flags as a file of flagd. */
export function flagdFile(count: number): string {
  const definition = { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'on' }
  return JSON.stringify({ flags: Object.fromEntries(keysOf(count).map((key) => [key, definition])) })
}

import { createHash } from 'node:crypto'
import type { EnvironmentConfig } from './config/relay-config.ts'

/** A key of an environment, in a form that says nothing of how much of another one was right. */
export interface KeyOf {
  readonly digest: string
  /** When it stops being good, milliseconds since the Unix epoch. */
  readonly until: number
}

/** All keys an SDK may show of an environment. */
export function keysOf({ sdkKey, moreKeys = [] }: EnvironmentConfig): readonly KeyOf[] {
  const keys = [{ value: sdkKey, until: Infinity }, ...moreKeys]
  return keys.map(({ value, until = Infinity }) => ({ digest: digestOf(value), until }))
}

/** Keys are compared by it, so that none can be guessed by the time a comparison takes. */
export function digestOf(key: string): string {
  return createHash('sha256').update(key).digest('base64')
}

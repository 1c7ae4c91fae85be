import type { z } from 'zod'
import type { ConfigIssue } from '../model/errors.ts'
import { configIssues, unknownKeys } from './issues.ts'
import { ONCE } from './schema.ts'

/** One shape, in two severities. */
export interface Shape {
  /** Refuses unknown keys; asked in order to warn of them. */
  readonly strict: z.ZodType
  /** Leaves unknown keys out. */
  readonly lenient: z.ZodType
}

/** A value of the right shape, and warnings of keys nobody reads; or everything that is wrong with it. */
export type Checked<T> =
  | { readonly value: T; readonly warnings: readonly string[] }
  | { readonly issues: readonly ConfigIssue[] }

/** Holds what a caller handed in to a shape. `T` is the type the shape describes. */
export function check<T>(root: string, input: unknown, { strict, lenient }: Shape): Checked<T> {
  const exact = strict.safeParse(input, ONCE)
  const parsed = exact.success ? exact : lenient.safeParse(input, ONCE)
  if (!parsed.success) return { issues: configIssues(root, input, parsed.error) }
  const warnings = unknownKeys(root, exact.error).map((path) => `${path} is not an option; ignored`)
  return { value: parsed.data as T, warnings }
}

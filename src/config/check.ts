import type { z } from 'zod'
import type { ConfigIssue } from '../model/errors.ts'
import { configIssues } from './issues.ts'
import { type NamePolicy, unknownNames } from './unknown-names.ts'

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

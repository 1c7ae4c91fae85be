import type { Context } from '../../src/evaluation/context.ts'
import type { Evaluation } from '../../src/evaluation/detail.ts'
import { evaluate } from '../../src/evaluation/evaluate.ts'
import { loadPatternEngine } from '../../src/evaluation/pattern-engine.ts'
import type { FlagReader } from '../../src/evaluation/run.ts'
import type { Flag, Segment } from '../../src/model/flag.ts'

await loadPatternEngine()

/** Members of a flag or a segment, valid or malformed. */
export interface Members {
  readonly [name: string]: unknown
}

export const USER: Context = { kind: 'user', key: 'a' }

/** Returns a flag that is on and serves `x`; its off variation is `z`. */
export function flag(key: string, members: Members = {}): Members {
  const usual = { version: 1, on: true, salt: 'salt', variations: ['x', 'y', 'z'], offVariation: 2 }
  return { key, ...usual, fallthrough: { variation: 0 }, ...members }
}

/** Returns a flag `f` with one rule, which serves `y`. */
export function asking(...clauses: readonly unknown[]): Members {
  return flag('f', { rules: [{ id: 'r', variation: 1, clauses }] })
}

export function segment(key: string, members: Members = {}): Members {
  return { key, version: 1, salt: 'salt', ...members }
}

/** Returns a reader of these flags and segments, parsed from JSON as in a store. */
export function readerOf(flags: readonly Members[], segments: readonly Members[] = []): FlagReader {
  const held = <T>(items: readonly Members[]): ReadonlyMap<string, T> =>
    new Map(items.map((item) => [item.key as string, JSON.parse(JSON.stringify(item)) as T]))
  const flagsByKey = held<Flag>(flags)
  const segmentsByKey = held<Segment>(segments)
  return { flag: (key) => flagsByKey.get(key), segment: (key) => segmentsByKey.get(key) }
}

/** Evaluates the first flag. */
export function ask(
  flags: Members | readonly Members[],
  context: unknown = USER,
  segments: readonly Members[] = [],
): Evaluation {
  const all: readonly Members[] = Array.isArray(flags) ? flags : [flags]
  const { flag: _, ...result } = evaluate(readerOf(all, segments), all[0]?.key as string, context as Context)
  return result
}

/** Returns the value and the reason as one string. */
export function answerOf({ value, reason }: Evaluation): string {
  const why = reason.kind === 'ERROR' ? reason.errorKind : reason.kind
  return value === undefined ? why : `${value as string} ${why}`
}

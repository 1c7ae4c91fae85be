import type { ChangeSet } from '../model/change-set.ts'
import { isJsonObject } from '../model/json.ts'
import { listOf } from './lists.ts'
import type { Compiled } from './pattern.ts'

type Compile = (pattern: string) => Compiled

/** The engine. Loaded on demand, because it is large and most flags have no patterns. */
let compile: Compile | undefined

/** Thrown by {@link compilePattern} if the engine is not loaded. */
export class PatternEngineMissingError extends Error {}

/** @throws {@link PatternEngineMissingError} if the engine is not loaded. */
export function compilePattern(pattern: string): Compiled {
  if (compile === undefined) throw new PatternEngineMissingError()
  return compile(pattern)
}

/** Loads the engine, once in a process. Rejects if it cannot be loaded; the next call tries again. */
export async function loadPatternEngine(): Promise<void> {
  compile ??= (await import('./pattern.ts')).compilePattern
}

/** Returns whether the engine must be loaded before these changes take effect. */
export function needsPatternEngine(changeSet: ChangeSet): boolean {
  if (compile !== undefined || changeSet.type === 'none') return false
  return changeSet.changes.some((change) => change.op === 'put' && hasPattern(change.object))
}

/** Returns whether a flag or a segment uses the operator `matches`. The object may be malformed. */
function hasPattern({ rules }: { readonly rules?: unknown }): boolean {
  return listOf(rules).some(
    (rule) =>
      isJsonObject(rule) &&
      listOf(rule.clauses).some((clause) => isJsonObject(clause) && clause.op === 'matches'),
  )
}

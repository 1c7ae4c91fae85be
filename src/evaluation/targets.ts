import type { Flag, Target } from '../model/flag.ts'
import { isJsonObject } from '../model/json.ts'
import type { Evaluation } from './detail.ts'
import { KeyList } from './key-list.ts'
import { listOf } from './list-of.ts'
import { TARGET_MATCH, variation } from './results.ts'

/** Keys that are given a variation by name. */
export interface CompiledTarget {
  readonly contextKind: string
  readonly keys: KeyList
  readonly result: Evaluation
}

/** In the order in which they are asked. `undefined` stands where a target should be. */
export function compileTargets(
  flag: Flag,
  prerequisites: readonly string[],
): readonly (CompiledTarget | undefined)[] {
  return inOrder(flag).map((target) => compileTarget(target, flag, prerequisites))
}

/** Where there are targets of all kinds, one of kind `user` only says when the user target of its variation is asked. */
function inOrder(flag: Flag): readonly unknown[] {
  const targets = listOf(flag.targets)
  const contextTargets = listOf(flag.contextTargets)
  if (contextTargets.length === 0) return targets
  return contextTargets.flatMap((target) => {
    if (!isJsonObject(target)) return [undefined]
    if (target.contextKind && target.contextKind !== 'user') return [target]
    const { variation: wanted } = target
    return targets
      .filter((candidate) => isJsonObject(candidate) && candidate.variation === wanted)
      .slice(0, 1)
  })
}

function compileTarget(
  target: unknown,
  flag: Flag,
  prerequisites: readonly string[],
): CompiledTarget | undefined {
  if (!isJsonObject(target)) return undefined
  const { contextKind, variation: index, values } = target as Partial<Target>
  const keys = values ?? []
  if (!Array.isArray(keys)) return undefined
  return {
    contextKind: contextKind ?? 'user',
    keys: new KeyList(keys),
    result: variation(flag, index, TARGET_MATCH, prerequisites),
  }
}

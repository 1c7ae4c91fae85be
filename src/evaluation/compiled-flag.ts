import type { Flag, FlagRule, FlagTarget, Prerequisite } from '../model/flag.ts'
import { isJsonObject } from '../model/json.ts'
import { type CompiledClause, compileClauses } from './clause.ts'
import {
  type Evaluation,
  FALLTHROUGH,
  malformed,
  NO_KEYS,
  OFF,
  offVariation,
  type Reason,
  TARGET_MATCH,
  variation,
} from './detail.ts'
import { KeyList, listOf } from './lists.ts'
import { compileOutcome, constantOf, type Outcome } from './rollout.ts'

/** A prerequisite: the variation that another flag must have. */
export interface CompiledPrerequisite {
  readonly key: string
  readonly variation: unknown
  readonly failed: Reason
}

/**
 * A flag in the form that evaluation reads. Each part is compiled at its first use. In lists, `undefined` takes the place of
 * a malformed element, so that evaluation fails only if it reaches it.
 */
export class CompiledFlag {
  readonly flag: Flag
  readonly on: boolean
  readonly prerequisites: readonly (CompiledPrerequisite | undefined)[]
  readonly prerequisiteKeys: readonly string[]
  #targets: readonly (CompiledTarget | undefined)[] | undefined
  #rules: readonly (CompiledRule | undefined)[] | undefined
  #fallthrough: Outcome | undefined
  #off: Evaluation | undefined
  /** Two for each prerequisite: it was not evaluated, because its flag does not exist, or it was. */
  readonly #prerequisiteFailed: Evaluation[] = []
  #malformed: Evaluation | undefined

  constructor(flag: Flag) {
    this.flag = flag
    this.on = Boolean(flag.on)
    this.prerequisites = compilePrerequisites(flag.prerequisites)
    this.prerequisiteKeys = this.keysBefore(this.prerequisites.length)
  }

  /** The only result, if no part of the flag depends on the context. */
  get constant(): Evaluation | undefined {
    if (!this.on) return this.off
    const isPlain = this.prerequisites.length + this.targets.length + this.rules.length === 0
    return isPlain ? constantOf(this.fallthrough) : undefined
  }

  get off(): Evaluation {
    this.#off ??= offVariation(this.flag, OFF, NO_KEYS)
    return this.#off
  }

  get targets(): readonly (CompiledTarget | undefined)[] {
    this.#targets ??= compileTargets(this.flag, this.prerequisiteKeys)
    return this.#targets
  }

  get fallthrough(): Outcome {
    this.#fallthrough ??= compileOutcome(this.flag, this.flag.fallthrough, FALLTHROUGH, this.prerequisiteKeys)
    return this.#fallthrough
  }

  get malformed(): Evaluation {
    this.#malformed ??= malformed(this.flag, this.prerequisiteKeys)
    return this.#malformed
  }

  get rules(): readonly (CompiledRule | undefined)[] {
    this.#rules ??= listOf(this.flag.rules).map((rule, index) =>
      isJsonObject(rule) ? new CompiledRule(this.flag, rule, index) : undefined,
    )
    return this.#rules
  }

  /**
   * Returns the result if a prerequisite is not met, which is the same object each time.
   *
   * @param evaluated the number of prerequisites that were evaluated.
   */
  prerequisiteFailed(index: number, evaluated: number): Evaluation {
    const slot = index + evaluated
    const known = this.#prerequisiteFailed[slot]
    if (known !== undefined) return known
    const prerequisite = this.prerequisites[index] as CompiledPrerequisite
    const result = offVariation(this.flag, prerequisite.failed, this.keysBefore(evaluated))
    this.#prerequisiteFailed[slot] = result
    return result
  }

  keysBefore(index: number): readonly string[] {
    if (index === 0) return NO_KEYS
    return Object.freeze(this.prerequisites.slice(0, index).map((prerequisite) => prerequisite?.key ?? ''))
  }
}

function compilePrerequisites(
  prerequisites: readonly unknown[] | null | undefined,
): readonly (CompiledPrerequisite | undefined)[] {
  return listOf(prerequisites).map((prerequisite) => {
    if (!isJsonObject(prerequisite) || typeof prerequisite.key !== 'string') return undefined
    const { key, variation } = prerequisite as Partial<Prerequisite> & { readonly key: string }
    const failed: Reason = Object.freeze({ kind: 'PREREQUISITE_FAILED', prerequisiteKey: key })
    return { key, variation: variation ?? undefined, failed }
  })
}

export class CompiledRule {
  readonly clauses: readonly (CompiledClause | undefined)[] | undefined
  readonly #flag: Flag
  readonly #index: number
  #outcome: Outcome | undefined

  constructor(flag: Flag, rule: FlagRule, index: number) {
    this.clauses = compileClauses(rule.clauses)
    this.#flag = flag
    this.#index = index
  }

  outcome(prerequisites: readonly string[]): Outcome {
    this.#outcome ??= this.#compile(prerequisites)
    return this.#outcome
  }

  #compile(prerequisites: readonly string[]): Outcome {
    const rule = this.#flag.rules?.[this.#index] as FlagRule
    const ruleId = typeof rule.id === 'string' ? { ruleId: rule.id } : undefined
    const reason: Reason = Object.freeze({ kind: 'RULE_MATCH', ruleIndex: this.#index, ...ruleId })
    return compileOutcome(this.#flag, rule, reason, prerequisites)
  }
}

export interface CompiledTarget {
  readonly contextKind: string
  readonly keys: KeyList
  readonly result: Evaluation
}

function compileTargets(
  flag: Flag,
  prerequisites: readonly string[],
): readonly (CompiledTarget | undefined)[] {
  return targetsInOrder(flag).map((target) => compileTarget(target, flag, prerequisites))
}

/**
 * Returns the targets in the order of evaluation. If there are context targets, they define the order: one of kind `user` has
 * no keys and stands for the user target with the same variation.
 */
export function targetsInOrder(flag: Flag): readonly unknown[] {
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
  const { contextKind, variation: index, values } = target as Partial<FlagTarget>
  const keys = values ?? []
  if (!Array.isArray(keys)) return undefined
  return {
    contextKind: contextKind ?? 'user',
    keys: new KeyList(keys),
    result: variation(flag, index, TARGET_MATCH, prerequisites),
  }
}

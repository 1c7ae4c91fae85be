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
 * A flag in the form that evaluation reads. Each rule, target and result is compiled when an evaluation first reaches it,
 * because most are never reached. `undefined` takes the place of a malformed element, so that evaluation fails only if it
 * reaches it.
 */
export class CompiledFlag {
  readonly flag: Flag
  readonly on: boolean
  readonly prerequisites: readonly (CompiledPrerequisite | undefined)[]
  readonly prerequisiteKeys: readonly string[]
  /** The targets in the order of evaluation; {@link target} compiles one. */
  readonly targets: readonly unknown[]
  /** The rules; {@link rule} compiles one. */
  readonly rules: readonly unknown[]
  #targets: (CompiledTarget | undefined)[] | undefined
  #rules: (CompiledRule | undefined)[] | undefined
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
    this.targets = targetsInOrder(flag)
    this.rules = listOf(flag.rules)
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

  get fallthrough(): Outcome {
    this.#fallthrough ??= compileOutcome(this.flag, this.flag.fallthrough, FALLTHROUGH, this.prerequisiteKeys)
    return this.#fallthrough
  }

  get malformed(): Evaluation {
    this.#malformed ??= malformed(this.flag, this.prerequisiteKeys)
    return this.#malformed
  }

  /** Returns a target, or `undefined` if it is malformed. */
  target(index: number): CompiledTarget | undefined {
    this.#targets ??= this.targets.map(nothing)
    this.#targets[index] ??= compileTarget(this, this.targets[index])
    return this.#targets[index]
  }

  /** Returns a rule, or `undefined` if it is malformed. */
  rule(index: number): CompiledRule | undefined {
    this.#rules ??= this.rules.map(nothing)
    this.#rules[index] ??= compileRule(this, index)
    return this.#rules[index]
  }

  /**
   * Returns the result if a prerequisite is not met, which is the same object each time.
   *
   * @param evaluated - the number of prerequisites that were evaluated.
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

/** The place of an element that is not compiled yet. */
function nothing(): undefined {
  return undefined
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

function compileRule(flag: CompiledFlag, index: number): CompiledRule | undefined {
  const rule = flag.rules[index]
  return isJsonObject(rule) ? new CompiledRule(flag, rule, index) : undefined
}

export class CompiledRule {
  readonly clauses: readonly (CompiledClause | undefined)[] | undefined
  readonly #flag: CompiledFlag
  readonly #rule: FlagRule
  readonly #index: number
  #outcome: Outcome | undefined

  constructor(flag: CompiledFlag, rule: FlagRule, index: number) {
    this.clauses = compileClauses(rule.clauses)
    this.#flag = flag
    this.#rule = rule
    this.#index = index
  }

  get outcome(): Outcome {
    this.#outcome ??= this.#compile()
    return this.#outcome
  }

  #compile(): Outcome {
    const { flag, prerequisiteKeys } = this.#flag
    const ruleIndex = this.#index
    const { id } = this.#rule
    const reason: Reason =
      typeof id === 'string'
        ? { kind: 'RULE_MATCH', ruleIndex, ruleId: id }
        : { kind: 'RULE_MATCH', ruleIndex }
    return compileOutcome(flag, this.#rule, Object.freeze(reason), prerequisiteKeys)
  }
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

export class CompiledTarget {
  readonly contextKind: string
  readonly keys: KeyList
  readonly #flag: CompiledFlag
  readonly #variation: unknown
  #result: Evaluation | undefined

  constructor(flag: CompiledFlag, { contextKind, variation: index }: Partial<FlagTarget>, keys: KeyList) {
    this.contextKind = contextKind ?? 'user'
    this.keys = keys
    this.#flag = flag
    this.#variation = index
  }

  get result(): Evaluation {
    const { flag, prerequisiteKeys } = this.#flag
    this.#result ??= variation(flag, this.#variation, TARGET_MATCH, prerequisiteKeys)
    return this.#result
  }
}

function compileTarget(flag: CompiledFlag, target: unknown): CompiledTarget | undefined {
  if (!isJsonObject(target)) return undefined
  const keys: unknown = target.values ?? []
  return Array.isArray(keys) ? new CompiledTarget(flag, target, new KeyList(keys)) : undefined
}

import type { Flag, Prerequisite } from '../model/flag.ts'
import { isJsonObject } from '../model/json.ts'
import { CompiledRule } from './compiled-rule.ts'
import type { Evaluation, Reason } from './detail.ts'
import { listOf } from './list-of.ts'
import { compileOutcome, type Outcome } from './outcome.ts'
import { FALLTHROUGH, malformed, NO_KEYS, OFF, offVariation } from './results.ts'
import { type CompiledTarget, compileTargets } from './targets.ts'

/** What another flag must be. */
export interface CompiledPrerequisite {
  readonly key: string
  readonly variation: unknown
  /** Why the flag is off when it is not. */
  readonly failed: Reason
}

/** A flag as evaluation reads it: each part is made when it is first reached. */
export class CompiledFlag {
  readonly flag: Flag
  readonly on: boolean
  /** `undefined` stands where a prerequisite should be. */
  readonly prerequisites: readonly (CompiledPrerequisite | undefined)[]
  /** What a result says of prerequisites when all were met. */
  readonly prerequisiteKeys: readonly string[]
  #targets: readonly (CompiledTarget | undefined)[] | undefined
  #rules: readonly (CompiledRule | undefined)[] | undefined
  #fallthrough: Outcome | undefined
  #off: Evaluation | undefined
  #malformed: Evaluation | undefined

  constructor(flag: Flag) {
    this.flag = flag
    this.on = Boolean(flag.on)
    this.prerequisites = compilePrerequisites(flag.prerequisites)
    this.prerequisiteKeys = this.keysBefore(this.prerequisites.length)
  }

  get off(): Evaluation {
    this.#off ??= offVariation(this.flag, OFF, NO_KEYS)
    return this.#off
  }

  /** `undefined` stands where a target should be. */
  get targets(): readonly (CompiledTarget | undefined)[] {
    this.#targets ??= compileTargets(this.flag, this.prerequisiteKeys)
    return this.#targets
  }

  get fallthrough(): Outcome {
    this.#fallthrough ??= compileOutcome(this.flag, this.flag.fallthrough, FALLTHROUGH, this.prerequisiteKeys)
    return this.#fallthrough
  }

  get malformed(): Evaluation {
    this.#malformed ??= malformed(this.prerequisiteKeys)
    return this.#malformed
  }

  /** `undefined` stands where a rule should be. */
  get rules(): readonly (CompiledRule | undefined)[] {
    this.#rules ??= listOf(this.flag.rules).map((rule, index) =>
      isJsonObject(rule) ? new CompiledRule(this.flag, rule, index) : undefined,
    )
    return this.#rules
  }

  /** The keys of the first prerequisites. */
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

import { callSafely } from '../async/call-safely.ts'
import type { Context } from '../evaluation/context.ts'
import type { Detail } from '../evaluation/detail.ts'
import { errorText } from '../model/error-text.ts'
import type { Logger } from '../model/logger.ts'

type Stage = 'beforeEvaluation' | 'afterEvaluation'

const NOTHING: EvaluationSeriesData = {}

/** The hooks of a client, around its evaluations. */
export class Hooks {
  readonly #logger: Logger
  readonly #environmentId: () => string | undefined
  #hooks: readonly Hook[]

  /** @param environmentId what the service calls the environment, as far as it is known by now. */
  constructor(hooks: readonly Hook[], logger: Logger, environmentId: () => string | undefined) {
    this.#hooks = [...hooks]
    this.#logger = logger
    this.#environmentId = environmentId
  }

  /** Whether anybody watches; asked before anything is done for them. */
  get any(): boolean {
    return this.#hooks.length > 0
  }

  /** What is no hook is left out, with a warning. */
  add(hook: Hook): void {
    if (isHook(hook)) this.#hooks = [...this.#hooks, hook]
    else this.#logger.warn('addHook was given something that is not a hook (no method getMetadata); ignored')
  }

  /** Evaluates between the two stages of every hook: first in order, then in reverse. */
  around(evaluated: Omit<EvaluationSeriesContext, 'environmentId'>, evaluate: () => Detail): Detail {
    const hooks = this.#hooks
    const environmentId = this.#environmentId()
    const series = { ...evaluated, ...(environmentId !== undefined && { environmentId }) }
    const data = hooks.map((hook) =>
      this.#try(hook, 'beforeEvaluation', () => hook.beforeEvaluation?.(series, {})),
    )
    const detail = evaluate()
    // Of its own, because hooks see an evaluation and cannot change it.
    const seen = { ...detail, reason: { ...detail.reason } }
    for (const [index, hook] of [...hooks.entries()].reverse()) {
      this.#try(hook, 'afterEvaluation', () => hook.afterEvaluation?.(series, data[index] ?? NOTHING, seen))
    }
    return detail
  }

  #try(hook: Hook, stage: Stage, run: () => EvaluationSeriesData | undefined): EvaluationSeriesData {
    const onError = (error: unknown): void =>
      this.#logger.error(
        `An error was encountered in "${stage}" of the "${nameOf(hook)}" hook: ${errorText(error)}`,
      )
    return callSafely(run, onError) ?? {}
  }
}

/** A hook is known by what every hook has. */
export function isHook(value: unknown): value is Hook {
  try {
    return (
      typeof value === 'object' &&
      value !== null &&
      typeof (value as Record<string, unknown>).getMetadata === 'function'
    )
  } catch {
    // A getter threw.
    return false
  }
}

function nameOf(hook: Hook): string {
  const metadata = callSafely(
    () => hook.getMetadata(),
    () => {},
  )
  return errorText(metadata?.name ?? 'unknown hook')
}

/** Which evaluation a hook is told of. */
export interface EvaluationSeriesContext {
  readonly flagKey: string
  readonly context: Context
  readonly defaultValue: unknown
  /** The method that was called, as `LDClient.boolVariation` in the official SDK. */
  readonly method: string
  readonly environmentId?: string
}

/** What a hook hands from one of its stages to the next. */
export interface EvaluationSeriesData {
  readonly [name: string]: unknown
}

/**
 * Sees evaluations begin and end; cannot change them. The shape is the official SDK's, so its hooks fit. What a
 * hook throws is logged, and its data of that stage is lost.
 */
export interface Hook {
  getMetadata(): { readonly name: string }
  beforeEvaluation?(context: EvaluationSeriesContext, data: EvaluationSeriesData): EvaluationSeriesData
  afterEvaluation?(
    context: EvaluationSeriesContext,
    data: EvaluationSeriesData,
    detail: Detail,
  ): EvaluationSeriesData
}

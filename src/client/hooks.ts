import type { Detail } from '../evaluation/detail.ts'
import type { Logger } from '../model/logger.ts'
import type { EvaluationSeriesContext, EvaluationSeriesData, Hook } from './hook.ts'

type Stage = 'beforeEvaluation' | 'afterEvaluation'

const NOTHING: EvaluationSeriesData = {}

/** The hooks of a client, around its evaluations. */
export class Hooks {
  readonly #logger: Logger
  #hooks: readonly Hook[]

  constructor(hooks: readonly Hook[], logger: Logger) {
    this.#hooks = [...hooks]
    this.#logger = logger
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
  around(series: EvaluationSeriesContext, evaluate: () => Detail): Detail {
    const hooks = this.#hooks
    const data = hooks.map((hook) =>
      this.#try(hook, 'beforeEvaluation', () => hook.beforeEvaluation?.(series, {})),
    )
    const detail = evaluate()
    for (const [index, hook] of [...hooks.entries()].reverse()) {
      this.#try(hook, 'afterEvaluation', () => hook.afterEvaluation?.(series, data[index] ?? NOTHING, detail))
    }
    return detail
  }

  #try(hook: Hook, stage: Stage, run: () => EvaluationSeriesData | undefined): EvaluationSeriesData {
    try {
      return run() ?? {}
    } catch (error) {
      this.#logger.error(
        `An error was encountered in "${stage}" of the "${nameOf(hook)}" hook: ${String(error)}`,
      )
      return {}
    }
  }
}

/** A hook is known by what every hook has. */
export function isHook(value: unknown): value is Hook {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Record<string, unknown>).getMetadata === 'function'
  )
}

function nameOf(hook: Hook): string {
  try {
    return hook.getMetadata().name
  } catch {
    return 'unknown hook'
  }
}

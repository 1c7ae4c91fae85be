import { callSafely } from '../async/call-safely.ts'
import type { Context } from '../evaluation/context.ts'
import type { Detail } from '../evaluation/detail.ts'
import { errorText } from '../model/error-text.ts'
import type { Logger } from '../model/logger.ts'

type Stage = 'beforeEvaluation' | 'afterEvaluation' | 'afterTrack'

const NO_DATA: EvaluationSeriesData = {}

/** Calls the hooks of a client before and after each evaluation, and after each tracked event. */
export class Hooks {
  readonly #logger: Logger
  readonly #environmentId: () => string | undefined
  #hooks: readonly Hook[]

  /** @param environmentId - returns the service's ID of the environment, once it is known. */
  constructor(hooks: readonly Hook[], logger: Logger, environmentId: () => string | undefined) {
    this.#hooks = [...hooks]
    this.#logger = logger
    this.#environmentId = environmentId
  }

  get any(): boolean {
    return this.#hooks.length > 0
  }

  /** Adds a hook. Ignores any other value, with a warning. */
  add(hook: Hook): void {
    if (isHook(hook)) this.#hooks = [...this.#hooks, hook]
    else this.#logger.warn('addHook: the argument is not a hook (it has no method getMetadata); ignored')
  }

  /** Calls `beforeEvaluation` of each hook in order, evaluates, and calls `afterEvaluation` in reverse order. */
  around(evaluated: Omit<EvaluationSeriesContext, 'environmentId'>, evaluate: () => Detail): Detail {
    const hooks = this.#hooks
    const environmentId = this.#environmentId()
    const series = { ...evaluated, ...(environmentId !== undefined && { environmentId }) }
    const data = hooks.map((hook) =>
      this.#try(hook, 'beforeEvaluation', () => hook.beforeEvaluation?.(series, {})),
    )
    const detail = evaluate()
    // A copy, because hooks must not change the result.
    const copy = { ...detail, reason: { ...detail.reason } }
    for (const [index, hook] of [...hooks.entries()].reverse()) {
      this.#try(hook, 'afterEvaluation', () => hook.afterEvaluation?.(series, data[index] ?? NO_DATA, copy))
    }
    return detail
  }

  /** Calls `afterTrack` of each hook in order. */
  afterTrack(tracked: Omit<TrackSeriesContext, 'environmentId'>): void {
    const environmentId = this.#environmentId()
    const series = { ...tracked, ...(environmentId !== undefined && { environmentId }) }
    for (const hook of this.#hooks) this.#try(hook, 'afterTrack', () => hook.afterTrack?.(series))
  }

  #try<T>(hook: Hook, stage: Stage, run: () => T): T | undefined {
    const onError = (error: unknown): void =>
      this.#logger.error(
        `An error was encountered in "${stage}" of the "${nameOf(hook)}" hook: ${errorText(error)}`,
      )
    return callSafely(run, onError)
  }
}

/** Returns whether a value is a hook: an object with the method `getMetadata`. */
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

/** Returns the name of a hook or a plugin. */
export function nameOf(observer: Pick<Hook, 'getMetadata'>): string {
  const metadata = callSafely(
    () => observer.getMetadata(),
    () => {},
  )
  return errorText(metadata?.name ?? 'unknown')
}

/** The evaluation for which a hook is called. */
export interface EvaluationSeriesContext {
  /** The key of the flag. */
  readonly flagKey: string
  /** The context of the evaluation, as the application passed it. */
  readonly context: Context
  /** The fallback value, as the application passed it. */
  readonly defaultValue: unknown
  /** The method that was called, as the official SDK names it, for example `LDClient.boolVariation`. */
  readonly method: string
  /** The service's ID of the environment, if it is known. */
  readonly environmentId?: string
}

/** Data that a hook returns from `beforeEvaluation` and receives in `afterEvaluation`. */
export interface EvaluationSeriesData {
  /** A value of the hook, under a name that the hook chooses. */
  readonly [name: string]: unknown
}

/** The event for which a hook is called. */
export interface TrackSeriesContext {
  /** The key of the event. */
  readonly key: string
  /** The context of the event, as the application passed it. */
  readonly context: Context
  /** The data of the event. Absent if there is none. */
  readonly data?: unknown
  /** The numeric value of the event. Absent if there is none. */
  readonly metricValue?: number
  /** The service's ID of the environment, if it is known. */
  readonly environmentId?: string
}

/**
 * An observer of evaluations and tracked events, with the interface of the official SDK. A hook cannot change a result. If it throws, the
 * error is logged, and the data of that stage is empty.
 *
 * @example
 * ```ts
 * client.addHook({
 *   getMetadata: () => ({ name: 'timing' }),
 *   beforeEvaluation: (_, data) => ({ ...data, startedAt: performance.now() }),
 *   afterEvaluation: ({ flagKey }, data) => {
 *     console.log(flagKey, performance.now() - (data.startedAt as number))
 *     return data
 *   },
 * })
 * ```
 */
export interface Hook {
  /** Returns the name of the hook, for log lines. */
  getMetadata(): { readonly name: string }
  /** Called before each evaluation. Returns the data for `afterEvaluation`. */
  beforeEvaluation?(context: EvaluationSeriesContext, data: EvaluationSeriesData): EvaluationSeriesData
  /** Called after each evaluation, with the result. */
  afterEvaluation?(
    context: EvaluationSeriesContext,
    data: EvaluationSeriesData,
    detail: Detail,
  ): EvaluationSeriesData
  /** Called after `track` has handed over an event. */
  afterTrack?(context: TrackSeriesContext): void
}

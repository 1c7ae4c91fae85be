import type { Context } from '../evaluation/context.ts'
import type { Detail, Evaluation, Reason } from '../evaluation/detail.ts'
import type { EventRecorder } from '../events/event-recorder.ts'
import type { EvaluationWarnings } from './evaluation-warnings.ts'
import type { Evaluator } from './evaluator.ts'
import type { Hooks } from './hooks.ts'

/** The return form of the methods: `promise` (which never rejects) or `sync` (the result itself). */
export type VariationForm = 'promise' | 'sync'

/** The result of a variation method: a promise of it in the form `promise`, the value itself in the form `sync`. */
export type VariationResult<F extends VariationForm, T> = F extends 'promise' ? Promise<T> : T

/**
 * The methods that evaluate a flag for a context. They return `defaultValue`, the fallback value, if the flag cannot be
 * evaluated or, for a typed method, if its value has another type (reason `WRONG_TYPE`). A fallback value that is left
 * out counts as `null`.
 *
 * @example
 * ```ts
 * const enabled = await client.boolVariation('new-checkout', { kind: 'user', key: 'u-1' }, false)
 * const { value, reason } = await client.numberVariationDetail('max-items', context, 10)
 * ```
 */
export interface Variations<F extends VariationForm> {
  /** Returns the value of a flag, whatever its type. */
  variation(key: string, context: Context, defaultValue: unknown): VariationResult<F, any>
  /** Returns the value of a flag, whatever its type, with the reason. */
  variationDetail(key: string, context: Context, defaultValue: unknown): VariationResult<F, Detail<any>>
  /** Returns the value of a boolean flag. */
  boolVariation(key: string, context: Context, defaultValue: boolean): VariationResult<F, boolean>
  /** Returns the value of a boolean flag with the reason. */
  boolVariationDetail(
    key: string,
    context: Context,
    defaultValue: boolean,
  ): VariationResult<F, Detail<boolean>>
  /** Returns the value of a number flag. */
  numberVariation(key: string, context: Context, defaultValue: number): VariationResult<F, number>
  /** Returns the value of a number flag with the reason. */
  numberVariationDetail(
    key: string,
    context: Context,
    defaultValue: number,
  ): VariationResult<F, Detail<number>>
  /** Returns the value of a string flag. */
  stringVariation(key: string, context: Context, defaultValue: string): VariationResult<F, string>
  /** Returns the value of a string flag with the reason. */
  stringVariationDetail(
    key: string,
    context: Context,
    defaultValue: string,
  ): VariationResult<F, Detail<string>>
  /** Returns the value of a flag; any JSON type is accepted. */
  jsonVariation(key: string, context: Context, defaultValue: unknown): VariationResult<F, any>
  /** Returns the value of a flag with the reason; any JSON type is accepted. */
  jsonVariationDetail(key: string, context: Context, defaultValue: unknown): VariationResult<F, Detail<any>>
}

type VariationName = keyof Variations<VariationForm>

interface VariationRow {
  readonly returns: 'value' | 'detail'
  /** The type that the value must have. Default: any. */
  readonly type?: 'boolean' | 'number' | 'string'
}

/** The variation methods. Hooks see their names as `LDClient.NAME`, as in the official SDK. */
const VARIATIONS: Readonly<Record<VariationName, VariationRow>> = {
  variation: { returns: 'value' },
  variationDetail: { returns: 'detail' },
  boolVariation: { returns: 'value', type: 'boolean' },
  boolVariationDetail: { returns: 'detail', type: 'boolean' },
  numberVariation: { returns: 'value', type: 'number' },
  numberVariationDetail: { returns: 'detail', type: 'number' },
  stringVariation: { returns: 'value', type: 'string' },
  stringVariationDetail: { returns: 'detail', type: 'string' },
  jsonVariation: { returns: 'value' },
  jsonVariationDetail: { returns: 'detail' },
}

export interface VariationOptions {
  readonly evaluator: Evaluator
  readonly hooks: Hooks
  readonly warnings: EvaluationWarnings
  /** Receives each evaluation for analytics events; `undefined` if events are off. */
  readonly recorder: EventRecorder | undefined
}

/** Returns the methods that evaluate at once, in the turn of the caller. */
export function syncVariations(options: VariationOptions): Variations<'sync'> {
  return methods((name) => new VariationMethod(name, options).now) as Variations<'sync'>
}

/** Returns the methods that return a promise, and can therefore read a database. */
export function promiseVariations(options: VariationOptions): Variations<'promise'> {
  return methods((name) => new VariationMethod(name, options).later) as Variations<'promise'>
}

function methods(methodOf: (name: VariationName) => unknown): unknown {
  const names = Object.keys(VARIATIONS) as VariationName[]
  return Object.fromEntries(names.map((name) => [name, methodOf(name)]))
}

/** One variation method of one client, in both forms. */
export class VariationMethod {
  readonly #name: VariationName
  readonly #type: VariationRow['type']
  readonly #returns: VariationRow['returns']
  readonly #evaluator: Evaluator
  readonly #hooks: Hooks
  readonly #warnings: EvaluationWarnings
  readonly #recorder: EventRecorder | undefined

  constructor(name: VariationName, { evaluator, hooks, warnings, recorder }: VariationOptions) {
    const { type, returns } = VARIATIONS[name]
    this.#name = name
    this.#type = type
    this.#returns = returns
    this.#evaluator = evaluator
    this.#hooks = hooks
    this.#warnings = warnings
    this.#recorder = recorder
  }

  /** Evaluates with the data in memory. Allocates nothing without hooks, events, and a detail to return. */
  readonly now = (key: string, context: Context, defaultValue: unknown): unknown => {
    // No closure here: it would make every call allocate a scope for the parameters.
    if (this.#hooks.any) return this.#observedNow(key, context, defaultValue)
    const evaluation = this.#checked(key, this.#evaluator.now(key, context))
    if (this.#recorder !== undefined && !evaluation.reason.overridden) {
      // Not by #record, whose parameter would be another allocation.
      const withReason = this.#returns === 'detail'
      this.#recorder.evaluated({ key, context, evaluation, defaultValue, withReason })
    }
    return this.#result(evaluation, defaultValue)
  }

  /** Evaluates with the data in memory or in a database. */
  readonly later = async (key: string, context: Context, defaultValue: unknown): Promise<unknown> => {
    if (!this.#evaluator.mayRead) return this.now(key, context, defaultValue)
    const found = this.#evaluator.later(key, context)
    // Checked here, because an await takes time even if there is nothing to wait for.
    const read = found instanceof Promise ? await found : found
    const call = { flagKey: key, context, defaultValue }
    if (this.#hooks.any) return this.#observed(call, () => read)
    const evaluation = this.#checked(key, read)
    this.#record(call, evaluation)
    return this.#result(evaluation, defaultValue)
  }

  #observedNow(flagKey: string, context: Context, defaultValue: unknown): unknown {
    return this.#observed({ flagKey, context, defaultValue }, () => this.#evaluator.now(flagKey, context))
  }

  #observed(call: VariationCall, evaluate: () => Evaluation): unknown {
    const detail = this.#hooks.around({ ...call, method: `LDClient.${this.#name}` }, () => {
      const evaluation = this.#checked(call.flagKey, evaluate())
      this.#record(call, evaluation)
      return detailOf(evaluation, call.defaultValue)
    })
    return this.#returns === 'detail' ? detail : detail.value
  }

  #record({ flagKey: key, context, defaultValue }: VariationCall, evaluation: Evaluation): void {
    // Values for local development must not reach the service (OV4.2).
    if (evaluation.reason.overridden) return
    const withReason = this.#returns === 'detail'
    this.#recorder?.evaluated({ key, context, evaluation, defaultValue, withReason })
  }

  #result(evaluation: Evaluation, defaultValue: unknown): unknown {
    if (this.#returns === 'detail') return detailOf(evaluation, defaultValue)
    return evaluation.variationIndex === null ? orNull(defaultValue) : evaluation.value
  }

  /** Returns the evaluation, or one without a value if the value does not have the type of the method. */
  #checked(key: string, evaluation: Evaluation): Evaluation {
    const type = this.#type
    if (type === undefined || evaluation.variationIndex === null || typeof evaluation.value === type)
      return evaluation
    this.#warnings.wrongType(key, type)
    return {
      ...evaluation,
      value: undefined,
      variationIndex: null,
      reason: evaluation.reason.overridden ? OVERRIDDEN_WRONG_TYPE : WRONG_TYPE,
    }
  }
}

const WRONG_TYPE: Reason = Object.freeze({ kind: 'ERROR', errorKind: 'WRONG_TYPE' })
const OVERRIDDEN_WRONG_TYPE: Reason = Object.freeze({ ...WRONG_TYPE, overridden: true })

/** Returns a new object for each call, which the caller may change. */
function detailOf({ value, variationIndex, reason }: Evaluation, defaultValue: unknown): Detail {
  return {
    value: variationIndex === null ? orNull(defaultValue) : value,
    variationIndex,
    reason: { ...reason },
  }
}

interface VariationCall {
  readonly flagKey: string
  readonly context: Context
  readonly defaultValue: unknown
}

/** Programs without types may leave out the fallback value. The official SDK then returns `null`. */
function orNull(defaultValue: unknown): unknown {
  return defaultValue === undefined ? null : defaultValue
}

import type { Context } from '../evaluation/context.ts'
import type { Detail, Evaluation } from '../evaluation/detail.ts'
import type { EvaluationWarnings } from './evaluation-warnings.ts'
import type { Evaluator } from './evaluator.ts'
import type { Hooks } from './hooks.ts'

/** The return form of the methods: `promise` (which never rejects) or `sync` (the result itself). */
export type Form = 'promise' | 'sync'

export type Returned<F extends Form, T> = F extends 'promise' ? Promise<T> : T

/**
 * The methods that evaluate a flag for a context. They return `defaultValue`, the fallback value, if the flag cannot be
 * evaluated or, for a typed method, if its value has another type (reason `WRONG_TYPE`). A fallback value that is left
 * out counts as `null`.
 *
 * @example
 * const enabled = await client.boolVariation('new-checkout', { kind: 'user', key: 'u-1' }, false)
 * const { value, reason } = await client.numberVariationDetail('max-items', context, 10)
 */
export interface Variations<F extends Form> {
  /** Returns the value of a flag, whatever its type. */
  variation(key: string, context: Context, defaultValue: unknown): Returned<F, any>
  /** Returns the value of a flag, whatever its type, with the reason. */
  variationDetail(key: string, context: Context, defaultValue: unknown): Returned<F, Detail<any>>
  /** Returns the value of a boolean flag. */
  boolVariation(key: string, context: Context, defaultValue: boolean): Returned<F, boolean>
  /** Returns the value of a boolean flag with the reason. */
  boolVariationDetail(key: string, context: Context, defaultValue: boolean): Returned<F, Detail<boolean>>
  /** Returns the value of a number flag. */
  numberVariation(key: string, context: Context, defaultValue: number): Returned<F, number>
  /** Returns the value of a number flag with the reason. */
  numberVariationDetail(key: string, context: Context, defaultValue: number): Returned<F, Detail<number>>
  /** Returns the value of a string flag. */
  stringVariation(key: string, context: Context, defaultValue: string): Returned<F, string>
  /** Returns the value of a string flag with the reason. */
  stringVariationDetail(key: string, context: Context, defaultValue: string): Returned<F, Detail<string>>
  /** Returns the value of a flag; any JSON type is accepted. */
  jsonVariation(key: string, context: Context, defaultValue: unknown): Returned<F, any>
  /** Returns the value of a flag with the reason; any JSON type is accepted. */
  jsonVariationDetail(key: string, context: Context, defaultValue: unknown): Returned<F, Detail<any>>
}

type VariationName = keyof Variations<Form>

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

  constructor(name: VariationName, { evaluator, hooks, warnings }: VariationOptions) {
    const { type, returns } = VARIATIONS[name]
    this.#name = name
    this.#type = type
    this.#returns = returns
    this.#evaluator = evaluator
    this.#hooks = hooks
    this.#warnings = warnings
  }

  /** Evaluates with the data in memory. Allocates nothing if there is no hook and no detail to return. */
  readonly now = (key: string, context: Context, defaultValue: unknown): unknown => {
    // No closure here: it would make every call allocate a scope for the parameters.
    if (this.#hooks.any) return this.#observedNow(key, context, defaultValue)
    return this.#result(this.#evaluator.now(key, context), key, defaultValue)
  }

  /** Evaluates with the data in memory or in a database. */
  readonly later = async (key: string, context: Context, defaultValue: unknown): Promise<unknown> => {
    // Checked here, because an await takes time even if there is nothing to wait for.
    return this.#evaluator.isLazy
      ? this.#read(key, context, defaultValue)
      : this.now(key, context, defaultValue)
  }

  async #read(key: string, context: Context, defaultValue: unknown): Promise<unknown> {
    const evaluation = await this.#evaluator.later(key, context)
    if (this.#hooks.any) return this.#observed({ flagKey: key, context, defaultValue }, () => evaluation)
    return this.#result(evaluation, key, defaultValue)
  }

  #observedNow(flagKey: string, context: Context, defaultValue: unknown): unknown {
    return this.#observed({ flagKey, context, defaultValue }, () => this.#evaluator.now(flagKey, context))
  }

  #observed(call: VariationCall, evaluate: () => Evaluation): unknown {
    const detail = this.#hooks.around({ ...call, method: `LDClient.${this.#name}` }, () =>
      this.#detail(evaluate(), call.flagKey, call.defaultValue),
    )
    return this.#returns === 'detail' ? detail : detail.value
  }

  #result(evaluation: Evaluation, key: string, defaultValue: unknown): unknown {
    if (this.#returns === 'detail') return this.#detail(evaluation, key, defaultValue)
    return this.#hasValue(evaluation, key) ? evaluation.value : orNull(defaultValue)
  }

  /** Returns a new object for each call, which the caller may change. */
  #detail(evaluation: Evaluation, key: string, defaultValue: unknown): Detail {
    const { value, variationIndex, reason } = evaluation
    if (this.#hasValue(evaluation, key)) return { value, variationIndex, reason: { ...reason } }
    return {
      value: orNull(defaultValue),
      variationIndex: null,
      reason: variationIndex === null ? { ...reason } : { kind: 'ERROR', errorKind: 'WRONG_TYPE' },
    }
  }

  /** Returns whether there is a value of the required type, and warns if its type is another. */
  #hasValue({ value, variationIndex }: Evaluation, key: string): boolean {
    if (variationIndex === null) return false
    const type = this.#type
    if (type === undefined || typeof value === type) return true
    this.#warnings.wrongType(key, type)
    return false
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

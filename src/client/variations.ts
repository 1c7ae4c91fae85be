import type { Context } from '../evaluation/context.ts'
import { type Detail, type Evaluation, NO_PATTERN_ENGINE } from '../evaluation/detail.ts'
import { NOT_READY, UNREADABLE } from './evaluator.ts'
import type { Hooks } from './hooks.ts'
import type { WarnOnce } from './warn-once.ts'

/** How an answer comes: as it is, or in a promise that never rejects. */
export type Form = 'promise' | 'sync'

export type Answer<F extends Form, T> = F extends 'promise' ? Promise<T> : T

/**
 * Evaluation of one flag. The typed ones answer the fallback, with `WRONG_TYPE`, where the flag has another type.
 * The fallback is also the answer to everything that goes wrong.
 */
export interface Variations<F extends Form> {
  variation(key: string, context: Context, defaultValue: unknown): Answer<F, any>
  variationDetail(key: string, context: Context, defaultValue: unknown): Answer<F, Detail<any>>
  boolVariation(key: string, context: Context, defaultValue: boolean): Answer<F, boolean>
  boolVariationDetail(key: string, context: Context, defaultValue: boolean): Answer<F, Detail<boolean>>
  numberVariation(key: string, context: Context, defaultValue: number): Answer<F, number>
  numberVariationDetail(key: string, context: Context, defaultValue: number): Answer<F, Detail<number>>
  stringVariation(key: string, context: Context, defaultValue: string): Answer<F, string>
  stringVariationDetail(key: string, context: Context, defaultValue: string): Answer<F, Detail<string>>
  /** Any type fits. */
  jsonVariation(key: string, context: Context, defaultValue: unknown): Answer<F, any>
  jsonVariationDetail(key: string, context: Context, defaultValue: unknown): Answer<F, Detail<any>>
}

export interface SyncVariationsOptions {
  readonly evaluate: Evaluate
  readonly hooks: Hooks
  readonly remarks: WarnOnce
}

/** What a flag comes to for a context, or why it comes to nothing. */
export type Evaluate = (key: string, context: Context) => Evaluation

/** One of the methods: what hooks know it by, and the type its answer must have, if any. */
interface Method {
  readonly name: string
  readonly type?: 'boolean' | 'number' | 'string'
}

const VARIATION: Method = { name: 'LDClient.variation' }
const VARIATION_DETAIL: Method = { name: 'LDClient.variationDetail' }
const BOOL: Method = { name: 'LDClient.boolVariation', type: 'boolean' }
const BOOL_DETAIL: Method = { name: 'LDClient.boolVariationDetail', type: 'boolean' }
const NUMBER: Method = { name: 'LDClient.numberVariation', type: 'number' }
const NUMBER_DETAIL: Method = { name: 'LDClient.numberVariationDetail', type: 'number' }
const STRING: Method = { name: 'LDClient.stringVariation', type: 'string' }
const STRING_DETAIL: Method = { name: 'LDClient.stringVariationDetail', type: 'string' }
const JSON_VALUE: Method = { name: 'LDClient.jsonVariation' }
const JSON_DETAIL: Method = { name: 'LDClient.jsonVariationDetail' }

/**
 * Evaluates at once, in the caller's turn. Where no hook watches and no detail was asked for, nothing is allocated here.
 */
export class SyncVariations implements Variations<'sync'> {
  readonly #evaluateFlag: Evaluate
  readonly #hooks: Hooks
  readonly #remarks: WarnOnce

  constructor({ evaluate, hooks, remarks }: SyncVariationsOptions) {
    this.#evaluateFlag = evaluate
    this.#hooks = hooks
    this.#remarks = remarks
  }

  variation(key: string, context: Context, defaultValue: unknown): unknown {
    return this.#value(VARIATION, key, context, defaultValue)
  }

  variationDetail(key: string, context: Context, defaultValue: unknown): Detail {
    return this.#detail(VARIATION_DETAIL, key, context, defaultValue)
  }

  boolVariation(key: string, context: Context, defaultValue: boolean): boolean {
    return this.#value(BOOL, key, context, defaultValue)
  }

  boolVariationDetail(key: string, context: Context, defaultValue: boolean): Detail<boolean> {
    return this.#detail(BOOL_DETAIL, key, context, defaultValue)
  }

  numberVariation(key: string, context: Context, defaultValue: number): number {
    return this.#value(NUMBER, key, context, defaultValue)
  }

  numberVariationDetail(key: string, context: Context, defaultValue: number): Detail<number> {
    return this.#detail(NUMBER_DETAIL, key, context, defaultValue)
  }

  stringVariation(key: string, context: Context, defaultValue: string): string {
    return this.#value(STRING, key, context, defaultValue)
  }

  stringVariationDetail(key: string, context: Context, defaultValue: string): Detail<string> {
    return this.#detail(STRING_DETAIL, key, context, defaultValue)
  }

  jsonVariation(key: string, context: Context, defaultValue: unknown): unknown {
    return this.#value(JSON_VALUE, key, context, defaultValue)
  }

  jsonVariationDetail(key: string, context: Context, defaultValue: unknown): Detail {
    return this.#detail(JSON_DETAIL, key, context, defaultValue)
  }

  #value<T>(method: Method, key: string, context: Context, fallback: T): T {
    if (this.#hooks.any) return this.#detail(method, key, context, fallback).value
    const evaluation = this.#evaluate(key, context)
    return this.#fits(method, key, evaluation) ? (evaluation.value as T) : orNull(fallback)
  }

  #detail<T>(method: Method, key: string, context: Context, fallback: T): Detail<T> {
    if (!this.#hooks.any) return this.#unobserved(method, key, context, fallback)
    const series = { flagKey: key, context, defaultValue: fallback, method: method.name }
    return this.#hooks.around(series, () => this.#unobserved(method, key, context, fallback)) as Detail<T>
  }

  /** A fresh object at each call: the caller may do with it as they like. */
  #unobserved<T>(method: Method, key: string, context: Context, fallback: T): Detail<T> {
    const evaluation = this.#evaluate(key, context)
    const { value, variationIndex, reason } = evaluation
    if (this.#fits(method, key, evaluation))
      return { value: value as T, variationIndex, reason: { ...reason } }
    return {
      value: orNull(fallback),
      variationIndex: null,
      reason: variationIndex === null ? { ...reason } : { kind: 'ERROR', errorKind: 'WRONG_TYPE' },
    }
  }

  #evaluate(key: string, context: Context): Evaluation {
    const evaluation = this.#evaluateFlag(key, context)
    const { reason, refusal } = evaluation
    if (refusal !== undefined) this.#remarks.refused(key, refusal)
    if (reason.kind === 'ERROR' && !LOGGED.has(evaluation))
      this.#remarks.failed(reason.errorKind, key, context)
    return evaluation
  }

  /** Whether there is a value, and one of the type that was asked for. */
  #fits({ type }: Method, key: string, { value, variationIndex }: Evaluation): boolean {
    if (variationIndex === null) return false
    if (type === undefined || typeof value === type) return true
    this.#remarks.wrongType(key, type)
    return false
  }
}

/** Results whose reason holds for every flag, and is logged once where it is noticed. */
const LOGGED: ReadonlySet<Evaluation> = new Set([NOT_READY, UNREADABLE, NO_PATTERN_ENGINE])

/** A caller without types may leave the fallback out; the official SDK answers null then. */
function orNull<T>(fallback: T): T {
  return fallback === undefined ? (null as T) : fallback
}

import type { Evaluation } from '../../evaluation/detail.ts'
import { constantEvaluation } from '../../evaluation/evaluate.ts'
import { metadataOf } from '../../evaluation/flag-metadata.ts'
import type { Item } from '../../model/change-set.ts'
import type { Flag } from '../../model/flag.ts'
import { toOfrep } from '../ofrep/to-ofrep.ts'

/** The protocol of the client, and whether it requested the reasons of evaluations, which OFREP always has. */
export interface FlagForm {
  readonly protocol: 'fdv1' | 'fdv2' | 'ofrep'
  readonly withReasons: boolean
}

/** The most results of a flag whose JSON is kept. Further ones are encoded each time. */
const MAX_RESULTS = 32

/**
 * A flag, with the JSON of its evaluations: a member of the body for FDv1, all that follows the version in a `put-object` for
 * FDv2, an object for OFREP.
 */
export class FlagEncoder {
  readonly flag: Flag
  /** The JSON of the only evaluation of a flag that has the same result for all contexts. */
  readonly constant: string | undefined
  readonly #item: Item
  readonly #form: FlagForm
  /** Evaluations with the same result and reason are the same object. A search of a short list is faster than a map. */
  readonly #known: { readonly evaluation: Evaluation; readonly json: string }[] = []

  constructor(item: Item, form: FlagForm) {
    this.flag = item.object
    this.#item = item
    this.#form = form
    const constant = constantEvaluation(this.flag)
    this.constant = constant && this.#encode(constant)
  }

  encode(evaluation: Evaluation): string {
    for (const known of this.#known) if (known.evaluation === evaluation) return known.json
    const json = this.#encode(evaluation)
    // An evaluation that is not frozen, for example with the status of big segments, is not shared.
    if (Object.isFrozen(evaluation) && this.#known.length < MAX_RESULTS)
      this.#known.push({ evaluation, json })
    return json
  }

  #encode(evaluation: Evaluation): string {
    const { flag } = this
    const { protocol, withReasons } = this.#form
    if (protocol === 'ofrep') return JSON.stringify(toOfrep(this.#item, evaluation))
    const key = JSON.stringify(this.#item.key)
    const source = { flag, version: this.#item.version }
    const { version, debugEventsUntilDate, ...others } = metadataOf(source, evaluation, { withReasons })
    // LaunchDarkly's Relay Proxy treats 0 as absent.
    const metadata = debugEventsUntilDate ? { ...others, debugEventsUntilDate } : others
    const value = evaluation.value ?? null
    const variation = evaluation.variationIndex
    switch (protocol) {
      case 'fdv1':
        return `${key}:${JSON.stringify({ value, variation, version, ...metadata })}`
      case 'fdv2': {
        const { samplingRatio } = flag
        const sampling = typeof samplingRatio === 'number' ? { samplingRatio } : undefined
        const object = { value, variation, flagVersion: version, ...metadata, ...sampling }
        return `"kind":"flag-eval","key":${key},"object":${JSON.stringify(object)}}}`
      }
      default:
        return protocol satisfies never
    }
  }
}

/** The encoders of all flags for one form. An encoder is kept as long as its flag does not change. */
export class FlagEncoders {
  readonly form: FlagForm
  readonly #encoders = new WeakMap<Item, FlagEncoder>()

  constructor(form: FlagForm) {
    this.form = form
  }

  of(item: Item): FlagEncoder {
    let encoder = this.#encoders.get(item)
    if (encoder === undefined) {
      encoder = new FlagEncoder(item, this.form)
      this.#encoders.set(item, encoder)
    }
    return encoder
  }
}

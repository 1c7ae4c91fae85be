import type { Evaluation } from '../../evaluation/detail.ts'
import { metadataOf } from '../../evaluation/flag-metadata.ts'
import type { Flag } from '../../model/flag.ts'

/** The protocol of the client, and whether it requested the reasons of evaluations. */
export interface FlagForm {
  readonly protocol: 'fdv1' | 'fdv2'
  readonly withReasons: boolean
}

/** A flag as clients of one kind see it. */
export interface VisibleFlag {
  readonly key: string
  readonly version: number
  readonly flag: Flag
}

interface CachedJson {
  readonly version: number
  readonly json: string
}

/**
 * Encodes evaluated flags as JSON. Evaluations of a flag with the same result and reason are the same object, so each of them
 * is encoded once.
 */
export class FlagJson {
  readonly #form: FlagForm
  readonly #cached = new WeakMap<Evaluation, CachedJson>()

  constructor(form: FlagForm) {
    this.#form = form
  }

  /** Returns a member of the body for FDv1, or the end of a `put-object` event for FDv2: all that follows the version. */
  of(visible: VisibleFlag, evaluation: Evaluation): string {
    const cached = this.#cached.get(evaluation)
    // The version may have changed without the flag if it is a member of the envelope only.
    if (cached !== undefined && cached.version === visible.version) return cached.json
    const json = encode(visible, evaluation, this.#form)
    this.#cached.set(evaluation, { version: visible.version, json })
    return json
  }
}

function encode(visible: VisibleFlag, evaluation: Evaluation, { protocol, withReasons }: FlagForm): string {
  const key = JSON.stringify(visible.key)
  const { version, debugEventsUntilDate, ...others } = metadataOf(visible, evaluation, { withReasons })
  // LaunchDarkly's Relay Proxy treats 0 as absent.
  const metadata = debugEventsUntilDate ? { ...others, debugEventsUntilDate } : others
  const value = evaluation.value ?? null
  const variation = evaluation.variationIndex
  switch (protocol) {
    case 'fdv1':
      return `${key}:${JSON.stringify({ value, variation, version, ...metadata })}`
    case 'fdv2': {
      const { samplingRatio } = visible.flag
      const sampling = typeof samplingRatio === 'number' ? { samplingRatio } : undefined
      const object = { value, variation, flagVersion: version, ...metadata, ...sampling }
      return `"kind":"flag-eval","key":${key},"object":${JSON.stringify(object)}}}`
    }
    default:
      return protocol satisfies never
  }
}

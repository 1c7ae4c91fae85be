import type { ReceivedEvent } from '../../events/receive-payload.ts'
import type { Flag } from '../../model/flag.ts'
import { isJsonObject } from '../../model/json.ts'
import type { Audience } from '../addresses.ts'
import type { EvaluationCount, FlagUsage } from './flag-usage.ts'
import { evaluationOf } from './former-events.ts'

/** The parts that events are counted with. */
export interface CountTarget {
  readonly usage: Pick<FlagUsage, 'record'>
  readonly audience: Audience
  /** `current`: the SDK counts evaluations itself, and its `feature` events are copies. `former`: each `feature` event is counted. */
  readonly schema: 'current' | 'former'
  readonly flagOf: (key: string) => Flag | undefined
}

/** The largest count of a summary that is accepted. A billion evaluations between two payloads are a mistake or an attack. */
const MAX_COUNT = 1_000_000_000

/**
 * Counts the evaluations that an event reports, and keeps nothing else of it. Returns false if a part of the event is invalid; its
 * valid parts are counted.
 */
export function countEvent(event: ReceivedEvent, target: CountTarget): boolean {
  switch (event.kind) {
    case 'summary':
      return countSummary(event, target)
    case 'feature':
      return target.schema === 'current' || countFeature(event, target)
    default:
      return true
  }
}

function countSummary({ features }: ReceivedEvent, { usage, audience }: CountTarget): boolean {
  if (!isJsonObject(features)) return false
  let isValid = true
  for (const [key, feature] of Object.entries(features)) {
    const counters = isJsonObject(feature) ? feature.counters : undefined
    for (const counter of Array.isArray(counters) ? counters : [undefined]) {
      const counted = countedOf(counter)
      if (counted) usage.record({ key, audience, ...counted })
      else isValid = false
    }
  }
  return isValid
}

function countedOf(counter: unknown): Pick<EvaluationCount, 'variation' | 'count'> | undefined {
  if (!isJsonObject(counter)) return undefined
  const { count, variation = null, unknown } = counter
  if (!isIndex(count) || count < 1 || count > MAX_COUNT) return undefined
  if (unknown === true) return { variation: 'unknown', count }
  if (variation === null) return { variation: 'default', count }
  return isIndex(variation) ? { variation, count } : undefined
}

function countFeature(event: ReceivedEvent, { usage, audience, flagOf }: CountTarget): boolean {
  const { key } = event
  if (typeof key !== 'string') return false
  const { flag, variationIndex } = evaluationOf(event, flagOf(key))
  if (flag?.excludeFromSummaries === true) return true
  const variation = flag === undefined ? 'unknown' : (variationIndex ?? 'default')
  if (typeof variation === 'number' && variation < 0) return false
  usage.record({ key, audience, variation, count: 1 })
  return true
}

function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

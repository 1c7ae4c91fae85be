import type { ReceivedEvent } from '../events/receive-payload.ts'
import { isJsonObject, type JsonObject } from '../model/json.ts'
import { printable } from '../model/text.ts'

const MAX_LENGTH = 1_000
const MAX_COUNTS = 20

/**
 * Returns an event as one line, safe to print on a terminal. It has no SDK key, not even the end of one that diagnostics contain.
 *
 * @example `custom order-paid, user ada, value 59.9, data {"currency":"EUR"}`
 * @example `summary: banner 0 3, greeting default 1` (flag, variation, number of evaluations)
 */
export function eventLine(event: ReceivedEvent): string {
  const line = printable(`${quoted(event.kind)}${detailsOf(event)}`)
  return line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH)}…` : line
}

function detailsOf(event: ReceivedEvent): string {
  switch (event.kind) {
    case 'summary':
      return `: ${countsOf(event.features).join(', ') || 'no evaluations'}`
    case 'feature':
    case 'debug':
      return ` ${quoted(event.key)} ${variationOf(event)}, value ${json(event.value)}, ${contextOf(event)}`
    case 'custom':
      return [
        ` ${quoted(event.key)}`,
        contextOf(event),
        ...(event.metricValue === undefined ? [] : [`value ${json(event.metricValue)}`]),
        ...(event.data === undefined ? [] : [`data ${json(event.data)}`]),
      ].join(', ')
    case 'index':
    case 'identify':
      return `, ${json(event.context ?? event.user)}`
    case 'migration_op': {
      const { key, value } = isJsonObject(event.evaluation) ? event.evaluation : {}
      return ` ${quoted(key)} ${quoted(event.operation)}, stage ${json(value)}, ${contextOf(event)}`
    }
    case 'diagnostic-init': {
      const { name, version } = isJsonObject(event.sdk) ? event.sdk : {}
      return ` ${quoted(name)} ${quoted(version)}`
    }
    case 'diagnostic':
      return ` ${counts(event, ['eventsInLastBatch', 'droppedEvents', 'deduplicatedUsers'])}`
    default: {
      const { kind: _, creationDate: __, ...members } = event
      return ` ${json(members)}`
    }
  }
}

/** Returns `flag variation count` for each counter of a summary. */
function countsOf(features: unknown): readonly string[] {
  const counts = Object.entries(isJsonObject(features) ? features : {}).flatMap(([key, feature]) => {
    const counters = isJsonObject(feature) && Array.isArray(feature.counters) ? feature.counters : []
    return counters
      .filter(isJsonObject)
      .map((counter) => `${quoted(key)} ${variationOf(counter)} ${json(counter.count)}`)
  })
  const more = counts.length - MAX_COUNTS
  return more > 0 ? [...counts.slice(0, MAX_COUNTS), `and ${more} more`] : counts
}

function counts(event: JsonObject, names: readonly string[]): string {
  return names.map((name) => `${name} ${json(event[name])}`).join(', ')
}

function variationOf({ variation }: JsonObject): string {
  return variation === undefined || variation === null ? 'default' : json(variation)
}

/** Returns kinds and keys of the context of an event, for example `user ada` or `user ada and org acme`. */
function contextOf(event: ReceivedEvent): string {
  const { contextKeys, context } = event
  if (isJsonObject(contextKeys)) return named(Object.entries(contextKeys))
  if (!isJsonObject(context)) return 'no context'
  const { kind, key, ...parts } = context
  if (kind !== 'multi') return named([[String(kind), key]])
  return named(Object.entries(parts).map(([name, part]) => [name, isJsonObject(part) ? part.key : undefined]))
}

function named(keys: readonly (readonly [kind: string, key: unknown])[]): string {
  return keys.map(([kind, key]) => `${quoted(kind)} ${quoted(key)}`).join(' and ')
}

/** Returns a text as it is if it is one word, otherwise as JSON. */
function quoted(value: unknown): string {
  return typeof value === 'string' && /^[\w.:@/-]+$/.test(value) ? value : json(value)
}

function json(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'unknown'
  } catch {
    // Only nesting can be the reason, because the value was parsed from JSON.
    return '(nested too deep)'
  }
}

import type { WireEvent } from '../../src/protocol/events.ts'
import type { Random } from '../support/random.ts'
import type { Faults } from './faults.ts'
import type { Answer } from './model-server.ts'

/** The effect that an event must have on the status of its source: it has data, or it failed. */
export type Effect = 'data' | 'bad'

/** One event as sent by the server. `data` is its text, which may be invalid JSON. */
export interface Line {
  readonly event: string
  readonly data: string
  readonly effect?: Effect
}

const MALFORMED: readonly Line[] = [
  { event: 'put-object', data: '{"kind":"flag","key":"banner","version":1,"obj' },
  { event: 'put-object', data: '{"kind":"flag","version":1,"object":{}}' },
  { event: 'put-object', data: '{"kind":"flag","key":"banner","version":"1","object":{}}' },
  { event: 'put-object', data: '{"kind":"flag","key":"banner","version":1,"object":"x"}' },
  { event: 'delete-object', data: '{"kind":"flag","key":"banner"}' },
  { event: 'server-intent', data: '{"payloads":[]}' },
  { event: 'server-intent', data: '{"payloads":[{"id":"p","target":1,"intentCode":"xfer-more"}]}' },
  { event: 'payload-transferred', data: '{"version":3}' },
  { event: 'payload-transferred', data: 'null' },
]

/** Events without an effect. */
const NOISE: readonly Line[] = [
  { event: 'heart-beat', data: '{}' },
  { event: 'unknown-event', data: 'rain, and no JSON' },
]

/** Changes that a client leaves out of a payload. No other object has the key `ghost`. */
const LEFT_OUT: readonly Line[] = [
  { event: 'put-object', data: '{"kind":"flag","key":"ghost","version":1,"object":null}' },
  { event: 'put-object', data: '{"kind":"banana","key":"b","version":1,"object":{"a":1}}' },
  { event: 'delete-object', data: '{"kind":"banana","key":"b","version":1}' },
]

const ERROR: Line = { event: 'error', data: '{"reason":"backend timeout"}', effect: 'bad' }
const TO_FDV1: readonly number[] = [5, 30, 120, 120, 3_600, 3_601, 0, -5]
const GOODBYE: Line = { event: 'goodbye', data: '{"reason":"rebalancing"}', effect: 'bad' }

/**
 * Injects faults into the events of one connection or body. Only faults that a client can detect: well-formed false data
 * cannot be detected.
 */
export class FaultInjector {
  readonly #random: Random
  readonly #faults: Faults
  #begun = false
  /** True if a sent event ends the connection, so that later events must have no effect. */
  #ended = false

  constructor(random: Random, faults: Faults) {
    this.#random = random
    this.#faults = faults
  }

  /** Returns the events of an answer with faults. */
  linesOf(answer: Answer): Line[] {
    let lines = answer.events.map((event) => this.#lineOf(event))
    const bare = this.#begun && answer.events.length > 1 && this.#random.chance(0.5)
    // After a transfer a delta needs no intent; a full payload always does.
    if (bare && !this.#isFull(answer)) lines = lines.slice(1)
    lines = this.#scrambled(lines).flatMap((line, index) =>
      index > 0 ? this.#padded([line], LEFT_OUT) : [line],
    )
    if (this.#faults.occurs('error event')) lines = this.#broken(lines, answer)
    lines = lines.flatMap((line) => this.#padded(this.#doubled(line), NOISE))
    if (this.#faults.occurs('malformed event')) this.#insert(lines, this.#random.pick(MALFORMED))
    if (this.#faults.occurs('goodbye')) this.#insert(lines, GOODBYE)
    if (this.#faults.occurs('goodbye to FDv1')) {
      const protocolFallbackTTL = this.#random.pick(TO_FDV1)
      this.#insert(lines, { ...GOODBYE, data: JSON.stringify({ reason: 'use FDv1', protocolFallbackTTL }) })
    }
    this.#begun = true
    return lines.map((line) => this.#counted(line))
  }

  #insert(lines: Line[], line: Line): void {
    lines.splice(this.#random.int(0, lines.length), 0, line.effect ? line : { ...line, effect: 'bad' })
  }

  /** Removes the effect of an event that follows a fatal one. An `error` event is not fatal. */
  #counted(line: Line): Line {
    const { effect, ...silent } = line
    const counted = this.#ended || !effect ? silent : line
    if (effect === 'bad' && line !== ERROR) this.#ended = true
    return counted
  }

  #isFull({ events }: Answer): boolean {
    return JSON.stringify(events[0]).includes('xfer-full')
  }

  #lineOf({ event, data }: WireEvent): Line {
    const isData = event === 'payload-transferred' || JSON.stringify(data).includes('"none"')
    const unnamed = event === 'payload-transferred' && this.#faults.occurs('unnamed state')
    const text = JSON.stringify(unnamed ? { ...(data as object), state: '' } : data)
    return { event, data: text, ...(isData && { effect: 'data' }) }
  }

  /** Changes the order of events. The order of changes of different keys has no effect; an event before the intent is invalid. */
  #scrambled(lines: Line[]): Line[] {
    if (!this.#faults.occurs('reordered events')) return lines
    const [first, last] = [lines[0], lines.at(-1)]
    if (!this.#begun && first && last && lines.length > 1 && this.#random.chance(0.3)) {
      return [{ ...last, effect: 'bad' }, first, ...lines.slice(1, -1)]
    }
    const changes = lines.filter(({ event }) => event.endsWith('-object'))
    if (new Set(changes.map(keyOf)).size < changes.length) return lines
    const reversed = changes.toReversed()
    return lines.map((line) => (line.event.endsWith('-object') ? (reversed.shift() ?? line) : line))
  }

  /** Inserts an `error` event, after which the server repeats the payload, or continues wrongly. */
  #broken(lines: Line[], answer: Answer): Line[] {
    const at = this.#random.int(0, lines.length)
    const rest = lines.slice(at)
    const head = [...lines.slice(0, at), ERROR]
    const [next] = rest
    // Within a full payload only a new intent is valid after an error.
    if (this.#isFull(answer) && at > 0 && next && this.#random.chance(0.3)) {
      return [...head, { ...next, effect: 'bad' }, ...rest.slice(1)]
    }
    if (at < lines.length) return [...head, ...lines]
    // Repeated puts have no effect, but repeated patches do.
    const isRepeatable = lines.every(({ event }) => event !== 'patch-object')
    return this.#random.chance(0.3) || !isRepeatable ? head : [...head, ...lines]
  }

  /** Repeats an event, but no patch, because a repeated patch would be false data. */
  #doubled(line: Line): Line[] {
    return this.#faults.occurs('duplicate event') && line.event !== 'patch-object' ? [line, line] : [line]
  }

  #padded(lines: readonly Line[], padding: readonly Line[]): Line[] {
    return this.#faults.occurs('noise') ? [this.#random.pick(padding), ...lines] : [...lines]
  }
}

function keyOf({ data }: Line): string {
  const { kind, key } = JSON.parse(data) as { readonly kind: string; readonly key: string }
  return `${kind}/${key}`
}

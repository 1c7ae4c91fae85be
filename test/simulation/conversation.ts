import type { WireEvent } from '../../src/protocol/events.ts'
import type { Random } from '../support/random.ts'
import type { Answer } from './model-server.ts'
import type { Weather } from './weather.ts'

/** What a client that hears it must conclude about the source: it gave data, or it failed. */
export type Word = 'data' | 'bad'

/** One event as it leaves the server; `data` is what stands on the wire, JSON or not. */
export interface Line {
  readonly event: string
  readonly data: string
  readonly word?: Word
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

/** Of no consequence anywhere. */
const NOISE: readonly Line[] = [
  { event: 'heart-beat', data: '{}' },
  { event: 'weather-report', data: 'rain, and no JSON' },
]

/** Of no consequence within a payload. `ghost` is a key nothing else ever has. */
const LEFT_OUT: readonly Line[] = [
  { event: 'put-object', data: '{"kind":"flag","key":"ghost","version":1,"object":null}' },
  { event: 'put-object', data: '{"kind":"banana","key":"b","version":1,"object":{"a":1}}' },
  { event: 'delete-object', data: '{"kind":"banana","key":"b","version":1}' },
]

const ERROR: Line = { event: 'error', data: '{"reason":"backend timeout"}', word: 'bad' }
const TO_FDV1: readonly number[] = [5, 30, 120, 120, 3_600, 3_601, 0, -5]
const GOODBYE: Line = { event: 'goodbye', data: '{"reason":"rebalancing"}', word: 'bad' }

/**
 * What one connection, or one body, is told. Lies only in ways a client can notice: no protocol helps against a
 * server that says well-formed falsehoods.
 */
export class Conversation {
  readonly #random: Random
  readonly #weather: Weather
  #begun = false
  /** Something was said that ends it: whatever follows must have no effect. */
  #over = false

  constructor(random: Random, weather: Weather) {
    this.#random = random
    this.#weather = weather
  }

  /** An answer as it is really told. */
  tell(answer: Answer): Line[] {
    let lines = answer.events.map((event) => this.#lineOf(event))
    const bare = this.#begun && answer.events.length > 1 && this.#random.chance(0.5)
    // After a transfer a delta needs no intent; a full payload always does.
    if (bare && !this.#isFull(answer)) lines = lines.slice(1)
    lines = this.#scrambled(lines).flatMap((line, index) =>
      index > 0 ? this.#padded([line], LEFT_OUT) : [line],
    )
    if (this.#weather.strikes('error event')) lines = this.#broken(lines, answer)
    lines = lines.flatMap((line) => this.#padded(this.#doubled(line), NOISE))
    if (this.#weather.strikes('malformed event')) this.#insert(lines, this.#random.pick(MALFORMED))
    if (this.#weather.strikes('goodbye')) this.#insert(lines, GOODBYE)
    if (this.#weather.strikes('goodbye to FDv1')) {
      const protocolFallbackTTL = this.#random.pick(TO_FDV1)
      this.#insert(lines, { ...GOODBYE, data: JSON.stringify({ reason: 'use FDv1', protocolFallbackTTL }) })
    }
    this.#begun = true
    return lines.map((line) => this.#counted(line))
  }

  #insert(lines: Line[], line: Line): void {
    lines.splice(this.#random.int(0, lines.length), 0, line.word ? line : { ...line, word: 'bad' })
  }

  /** An error ends the conversation only where the client must say so; nothing after a fatal word counts. */
  #counted(line: Line): Line {
    const { word, ...silent } = line
    const counted = this.#over || !word ? silent : line
    if (word === 'bad' && line !== ERROR) this.#over = true
    return counted
  }

  #isFull({ events }: Answer): boolean {
    return JSON.stringify(events[0]).includes('xfer-full')
  }

  #lineOf({ event, data }: WireEvent): Line {
    const isData = event === 'payload-transferred' || JSON.stringify(data).includes('"none"')
    const unnamed = event === 'payload-transferred' && this.#weather.strikes('unnamed state')
    const text = JSON.stringify(unnamed ? { ...(data as object), state: '' } : data)
    return { event, data: text, ...(isData && { word: 'data' }) }
  }

  /** The order of changes of different keys means nothing; what comes before the intent is an offence. */
  #scrambled(lines: Line[]): Line[] {
    if (!this.#weather.strikes('reordered events')) return lines
    const [first, last] = [lines[0], lines.at(-1)]
    if (!this.#begun && first && last && lines.length > 1 && this.#random.chance(0.3)) {
      return [{ ...last, word: 'bad' }, first, ...lines.slice(1, -1)]
    }
    const changes = lines.filter(({ event }) => event.endsWith('-object'))
    if (new Set(changes.map(keyOf)).size < changes.length) return lines
    const reversed = changes.toReversed()
    return lines.map((line) => (line.event.endsWith('-object') ? (reversed.shift() ?? line) : line))
  }

  /** The server gives up half-way, and then begins again, properly or not. */
  #broken(lines: Line[], answer: Answer): Line[] {
    const at = this.#random.int(0, lines.length)
    const rest = lines.slice(at)
    const head = [...lines.slice(0, at), ERROR]
    const [next] = rest
    // Inside a full payload nothing but a new intent is acceptable.
    if (this.#isFull(answer) && at > 0 && next && this.#random.chance(0.3)) {
      return [...head, { ...next, word: 'bad' }, ...rest.slice(1)]
    }
    if (at < lines.length) return [...head, ...lines]
    // Said once more, puts change nothing; patches would.
    const isRepeatable = lines.every(({ event }) => event !== 'patch-object')
    return this.#random.chance(0.3) || !isRepeatable ? head : [...head, ...lines]
  }

  /** But a patch: that would be a falsehood. */
  #doubled(line: Line): Line[] {
    return this.#weather.strikes('duplicate event') && line.event !== 'patch-object' ? [line, line] : [line]
  }

  #padded(lines: readonly Line[], padding: readonly Line[]): Line[] {
    return this.#weather.strikes('noise') ? [this.#random.pick(padding), ...lines] : [...lines]
  }
}

function keyOf({ data }: Line): string {
  const { kind, key } = JSON.parse(data) as { readonly kind: string; readonly key: string }
  return `${kind}/${key}`
}

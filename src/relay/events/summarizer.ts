import type { Clock, Undo } from '../../async/clock.ts'
import { type EventContentOptions, EventProcessor } from '../../events/event-processor.ts'
import { type EventOutput, EventWriter } from '../../events/event-writer.ts'
import type { Flag } from '../../model/flag.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Logger } from '../../model/logger.ts'
import type { HttpHeaders } from '../../transport/transport.ts'
import { gzipped } from './encode-payload.ts'
import type { EventMemory } from './event-memory.ts'
import { recordFormerEvent } from './former-events.ts'
import { payloadOf } from './payload.ts'
import type { Publisher } from './publisher.ts'

export interface SummarizerOptions {
  readonly publisher: Publisher
  readonly memory: EventMemory
  /** Time from the first event to the payload, in milliseconds. */
  readonly flushIntervalMs: number
  /** The most events of one payload beside its summary. */
  readonly capacity: number
  readonly flagOf: (key: string) => Flag | undefined
  /** Returns the greatest time that the service has sent, in milliseconds since the Unix epoch; 0 before the first answer. */
  readonly serverTime: () => number
  readonly clock: Clock
  readonly logger: Logger
  /** Starts work that ends before the relay does. */
  readonly run: (work: () => Promise<void>) => void
}

/** Private attributes are left out by the SDK already. The contexts are forgotten with the summarizer. */
const CONTENT: EventContentOptions = {
  privateAttributes: [],
  allAttributesPrivate: false,
  omitAnonymousContexts: false,
  contextKeysCapacity: 1_000,
  contextKeysFlushIntervalMs: Infinity,
}

/** Makes events of the current schema from those of former schemas: it counts evaluations, and reports contexts once. */
export class Summarizer {
  readonly #options: SummarizerOptions
  readonly #headers: HttpHeaders
  readonly #processor: EventProcessor
  #events: string[] = []
  /** Memory of the received events that {@link #events} and the summary were made of. */
  #reserved = 0
  #eventTime = 0
  #disarm: Undo | undefined

  /** @param headers - the headers of the payloads, beside their id. */
  constructor(options: SummarizerOptions, headers: HttpHeaders) {
    const { logger, serverTime } = options
    this.#options = options
    this.#headers = { ...headers, 'x-launchdarkly-event-schema': '4' }
    this.#processor = new EventProcessor({
      content: CONTENT,
      writer: new EventWriter(this.#output(), logger),
      clock: { now: () => this.#eventTime },
      // The SDK has drawn already.
      random: () => 0,
      serverTime,
    })
  }

  /**
   * Records an event. Returns false if it is no event.
   *
   * @param bytes - the memory of the event, which the caller has reserved. It is released with the next payload.
   */
  record(event: unknown, bytes: number): boolean {
    const { clock, flagOf } = this.#options
    const { creationDate } = (event ?? {}) as JsonObject
    this.#reserved += bytes
    this.#schedule()
    this.#eventTime = isTime(creationDate) ? creationDate : clock.now()
    const addRaw = (raw: JsonObject): boolean => this.#addRaw(raw)
    return recordFormerEvent(event, { recorder: this.#processor, flagOf, addRaw })
  }

  /** Publishes the events so far. */
  async flush(): Promise<void> {
    this.#disarm?.()
    this.#disarm = undefined
    const summary = this.#processor.takeSummary()
    const events = summary === undefined ? this.#events : [...this.#events, summary]
    const reserved = this.#reserved
    this.#events = []
    this.#reserved = 0
    const body = events.length > 0 ? await gzipped(`[${events.join(',')}]`) : undefined
    // Before the publisher reserves the memory of the payload, for which there may be no room otherwise.
    this.#options.memory.give(reserved)
    if (body) this.#options.publisher.add(payloadOf({ events: events.length, gzipped: body }, this.#headers))
  }

  #output(): EventOutput {
    return {
      isOpen: true,
      schedule: () => this.#schedule(),
      hasRoom: () => this.#hasRoom(),
      add: (event) => this.#add(event),
      drop: () => this.#options.publisher.overflowed(1, 'capacity'),
    }
  }

  #hasRoom(): boolean {
    const { capacity, publisher } = this.#options
    if (this.#events.length < capacity) return true
    publisher.overflowed(1, 'capacity')
    return false
  }

  #add(event: string): void {
    if (this.#hasRoom()) this.#events.push(event)
  }

  #addRaw(event: JsonObject): boolean {
    let text: string
    try {
      text = JSON.stringify(event)
    } catch {
      // It is nested too deeply.
      return false
    }
    this.#add(text)
    return true
  }

  #schedule(): void {
    const { clock, flushIntervalMs, run } = this.#options
    this.#disarm ??= clock.after(flushIntervalMs, () => run(() => this.flush()))
  }
}

/** The greatest time that a date can have, in milliseconds since the Unix epoch. */
const MAX_TIME = 8.64e15

function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= MAX_TIME
}

import { randomUUID } from 'node:crypto'
import type { Clock, Undo } from '../async/clock.ts'
import type { Logger } from '../model/logger.ts'
import { WarnOnce } from '../model/warn-once.ts'
import type { HttpHeaders } from '../transport/transport.ts'
import { EventQueue, type QueueLimits } from './event-queue.ts'
import type { EventSender } from './event-sender.ts'
import type { EventsStatus } from './events-status.ts'
import type { SendResult } from './post-sender.ts'

export interface DeliveryOptions extends QueueLimits {
  /** Time from the first event to its delivery, in milliseconds. */
  readonly flushIntervalMs: number
  /** Longest duration of the delivery in {@link Outbox.close}, in milliseconds. */
  readonly closeTimeoutMs: number
}

export interface OutboxOptions {
  readonly delivery: DeliveryOptions
  readonly sender: EventSender
  readonly clock: Clock
  readonly logger: Logger
}

/** The counts that end each payload. */
export interface SummarySource {
  readonly hasSummary: boolean
  /** Returns the summary event as JSON and resets the counts. */
  takeSummary(): string | undefined
}

interface Payload {
  readonly events: number
  readonly bytes: number
}

/** The most payloads that are sent at the same time. While that many are under way, events stay in the queue. */
const MAX_IN_FLIGHT = 3

const ADVICE: Readonly<Record<'failed' | 'tooLarge', string>> = {
  failed: 'later events are sent, and further failures are not logged until a delivery succeeds',
  tooLarge: 'reduce the size of contexts, the capacity or the flush interval',
}

/** The delivery of events: at intervals, on request, and at the end. Never blocks its callers, and its memory is bounded. */
export class Outbox {
  readonly #delivery: DeliveryOptions
  readonly #sender: EventSender
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #failures = new WarnOnce()
  readonly #queue: EventQueue
  readonly #closing = new AbortController()
  readonly #inFlight = new Map<Payload, Promise<void>>()
  #waiting: (() => void)[] = []
  #summary: SummarySource | undefined
  #disarm: Undo | undefined
  #state: EventsStatus['state'] = 'sending'
  #dropped = 0
  #droppedBefore = 0
  #lastDelivery: EventsStatus['lastDelivery']
  #lastError: EventsStatus['lastError']
  #lastBatch = 0
  #closed: Promise<void> | undefined

  constructor({ delivery, sender, clock, logger }: OutboxOptions) {
    this.#delivery = delivery
    this.#sender = sender
    this.#clock = clock
    this.#logger = logger
    this.#queue = new EventQueue(delivery, logger)
  }

  /** Sets the source of the summary, which needs the outbox itself. */
  setSummary(summary: SummarySource): void {
    this.#summary = summary
  }

  /** True while events are accepted. */
  get isOpen(): boolean {
    return this.#state === 'sending'
  }

  get status(): EventsStatus {
    const sent = this.#totalInFlight()
    return {
      state: this.#state,
      queued: this.#queue.length + sent.events,
      queuedBytes: this.#queue.bytes + sent.bytes,
      dropped: this.#dropped,
      ...(this.#lastDelivery && { lastDelivery: this.#lastDelivery }),
      ...(this.#lastError && { lastError: this.#lastError }),
    }
  }

  /** Returns whether another event can be queued. If not, counts it as dropped and warns. */
  hasRoom(): boolean {
    if (this.#queue.hasRoom()) return true
    this.#dropped += 1
    return false
  }

  /** Adds an event, or drops it if there is no room. */
  add(event: string): void {
    if (!this.isOpen) return
    if (this.#queue.add(event, this.#totalInFlight().bytes)) this.schedule()
    else this.#dropped += 1
  }

  /** Counts an event that could not be written. */
  drop(): void {
    this.#dropped += 1
  }

  /** Arms the timer of the next delivery, unless it is armed. */
  schedule(): void {
    this.#disarm ??= this.#clock.after(this.#delivery.flushIntervalMs, () => {
      this.#disarm = undefined
      if (this.#inFlight.size < MAX_IN_FLIGHT) this.#deliver()
      else this.schedule()
    })
  }

  /**
   * Delivers all events. Resolves with nothing when they are delivered, or with the reason for which some were lost: after the
   * service has refused the events of this client, always that one. Keeps the process alive meanwhile.
   */
  async flush(): Promise<Error | undefined> {
    const release = this.#clock.hold()
    const before = this.#lastError
    while (this.#inFlight.size >= MAX_IN_FLIGHT && this.#hasEvents) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    this.#deliver()
    await Promise.all(this.#inFlight.values())
    release()
    const after = this.#lastError
    const hasFailed = after !== before || this.#state === 'stopped'
    return hasFailed && after ? new Error(`events: ${after.message}`) : undefined
  }

  /** Delivers all events within the time limit. What is not delivered then is lost. Safe to call twice. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  /** Returns the counts of dropped events and of events in the last payload, since the last call. */
  takeCounts(): { readonly droppedEvents: number; readonly eventsInLastBatch: number } {
    const counts = { droppedEvents: this.#dropped - this.#droppedBefore, eventsInLastBatch: this.#lastBatch }
    this.#droppedBefore = this.#dropped
    this.#lastBatch = 0
    return counts
  }

  async #close(): Promise<void> {
    if (this.isOpen) {
      const { closeTimeoutMs } = this.#delivery
      const limit = `${closeTimeoutMs / 1_000} s after the client was closed (closeTimeoutMs)`
      const giveUp = (): void => this.#closing.abort(new Error(`not delivered within ${limit}`))
      const disarm = this.#clock.after(closeTimeoutMs, giveUp)
      const before = this.#dropped
      this.#state = 'closed'
      await this.flush()
      disarm()
      const lost = this.#dropped - before
      const error = this.#lastError
      if (error && lost > 0) this.#logger.warn(`events: ${areLost(lost)} at close: ${error.message}`)
    }
    this.#state = 'closed'
    this.#disarm?.()
    this.#disarm = undefined
  }

  get #hasEvents(): boolean {
    return this.#queue.length > 0 || this.#summary?.hasSummary === true
  }

  #totalInFlight(): Payload {
    let events = 0
    let bytes = 0
    for (const payload of this.#inFlight.keys()) {
      events += payload.events
      bytes += payload.bytes
    }
    return { events, bytes }
  }

  #deliver(): void {
    const { length, bytes } = this.#queue
    const events = this.#queue.take()
    const summary = this.#summary?.takeSummary()
    const all = summary === undefined ? events : [...events, summary]
    if (all.length === 0) return
    this.#lastBatch = all.length
    const payload = { events: length, bytes }
    this.#inFlight.set(payload, this.#send(payload, all))
  }

  async #send(payload: Payload, events: readonly string[]): Promise<void> {
    const post = { path: '/bulk', body: `[${events.join(',')}]`, headers: headersOfPayload() } as const
    const result = await this.#sender.send(post, this.#closing.signal)
    this.#inFlight.delete(payload)
    this.#settle(result, events.length)
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
  }

  #settle(result: SendResult, events: number): void {
    const at = this.#clock.now()
    if (result.type === 'delivered') {
      this.#lastDelivery = { at, events }
      if (this.#failures.hasWarned) this.#logger.info('events: delivery works again')
      this.#failures.reset()
      return
    }
    const { type, ...error } = result
    this.#lastError = { at, ...error }
    this.#dropped += events
    if (type === 'refused') this.#stop(error.message)
    else if (this.isOpen && this.#failures.isFirst(type))
      this.#logger.warn(`events: ${areLost(events)}: ${error.message}; ${ADVICE[type]}`)
  }

  /** Stops the delivery for good, because the service refuses every event of this client. */
  #stop(message: string): void {
    if (!this.isOpen) return
    this.#state = 'stopped'
    this.#disarm?.()
    this.#disarm = undefined
    this.#dropped += this.#queue.take().length
    this.#summary?.takeSummary()
    this.#logger.error(`events: no more events are sent, because the service refuses them: ${message}`)
  }
}

function areLost(events: number): string {
  return events === 1 ? '1 event is lost' : `${events} events are lost`
}

function headersOfPayload(): HttpHeaders {
  return { 'x-launchdarkly-event-schema': '4', 'x-launchdarkly-payload-id': randomUUID() }
}

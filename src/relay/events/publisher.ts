import type { Clock } from '../../async/clock.ts'
import type { EncodedPost, PostSender, SendResult } from '../../events/post-sender.ts'
import { type Audience, CREDENTIAL_NAMES } from '../addresses.ts'
import type { Destination, PostType } from './destination.ts'
import type { EventCounter } from './event-counts.ts'
import type { EventLog } from './event-log.ts'
import type { EventMemory } from './event-memory.ts'
import { type EventPayload, sizeOf } from './payload.ts'

export interface PublisherOptions {
  readonly audience: Audience
  /** Base URL of the service. */
  readonly url: string
  /** The most events that wait. */
  readonly capacity: number
  /** Returns the destination with the credential that the environment has now. */
  readonly destination: (type: PostType) => Destination | undefined
  readonly posts: PostSender
  readonly memory: EventMemory
  readonly counter: EventCounter
  readonly clock: Clock
  readonly log: EventLog
}

/** The most payloads under way at a time. At 100 ms for an answer, they are 160 per second. */
const MAX_IN_FLIGHT = 16

/** Time for which nothing is sent after the service refused the credential, in milliseconds: the first time, and at most. */
const FIRST_PAUSE_MS = 600_000
const MAX_PAUSE_MS = 3_600_000

const NO_CREDENTIAL: SendResult = {
  type: 'failed',
  message: 'the environment has no such credential any more',
}

/** Forwards the payloads of one kind of credential: at once, in order, a few at a time, each at most twice. */
export class Publisher {
  readonly #options: PublisherOptions
  readonly #giveUp = new AbortController()
  #queue: EventPayload[] = []
  #queuedEvents = 0
  #payloadsInFlight = 0
  #diagnosticsInFlight = 0
  #refusal: { readonly credential: string; readonly until: number } | undefined
  #pauseMs = FIRST_PAUSE_MS
  #whenIdle: (() => void)[] = []

  constructor(options: PublisherOptions) {
    this.#options = options
  }

  /** The number of events that wait or are being sent. */
  get queuedEvents(): number {
    return this.#queuedEvents
  }

  /** True while nothing is sent because the service refused the credential. Another credential ends the pause. */
  get isPaused(): boolean {
    const { clock } = this.#options
    if (this.#refusal === undefined || clock.monotonic() >= this.#refusal.until) return false
    return this.#isPresent(this.#refusal.credential)
  }

  /** Queues a payload, or drops it if there is no room. */
  add(payload: EventPayload): void {
    const { capacity, memory, counter } = this.#options
    const { events } = payload
    // A payload that exceeds the capacity alone is accepted if nothing else waits.
    const isFull = this.#queuedEvents > 0 && this.#queuedEvents + events > capacity
    if (this.isPaused) counter.add('dropped', events)
    else if (isFull) this.overflowed(events, 'capacity')
    else if (!memory.take(sizeOf(payload))) this.overflowed(events, 'maxQueuedBytes')
    else {
      this.#queuedEvents += events
      this.#queue.push(payload)
      this.#pump()
    }
  }

  /** Counts events that were dropped because a limit is reached. */
  overflowed(events: number, option: 'capacity' | 'maxQueuedBytes'): void {
    this.#options.counter.add('dropped', events)
    this.#options.log.overflowed(events, option)
  }

  /** Sends a diagnostic at once and once. Drops it if too many are under way. */
  sendDiagnostic(payload: EventPayload): void {
    const { destination, posts, memory, counter, log } = this.#options
    const to = destination('diagnostic')
    const size = sizeOf(payload)
    if (to === undefined || this.#diagnosticsInFlight >= MAX_IN_FLIGHT || !memory.take(size)) return
    this.#diagnosticsInFlight += 1
    posts.sendOnce(this.#encode(payload, to), this.#giveUp.signal).then(
      ({ type }) => {
        this.#diagnosticsInFlight -= 1
        memory.give(size)
        if (type === 'delivered') counter.add('diagnostics', 1)
        this.#noteIdle()
      },
      (error: unknown) => log.defect(error),
    )
  }

  /** Resolves when nothing waits and nothing is being sent. */
  async idle(): Promise<void> {
    if (!this.#isIdle) await new Promise<void>((resolve) => this.#whenIdle.push(resolve))
  }

  /** Ends all requests. What waits is lost. */
  abort(reason: Error): void {
    this.#giveUp.abort(reason)
  }

  get #isIdle(): boolean {
    return this.#payloadsInFlight === 0 && this.#queue.length === 0 && this.#diagnosticsInFlight === 0
  }

  #noteIdle(): void {
    if (!this.#isIdle) return
    for (const resolve of this.#whenIdle.splice(0)) resolve()
  }

  #pump(): void {
    while (this.#payloadsInFlight < MAX_IN_FLIGHT && this.#queue.length > 0) {
      const payload = this.#queue.shift() as EventPayload
      this.#payloadsInFlight += 1
      this.#deliver(payload).then(
        () => {
          this.#payloadsInFlight -= 1
          this.#pump()
          this.#noteIdle()
        },
        (error: unknown) => this.#options.log.defect(error),
      )
    }
  }

  async #deliver(payload: EventPayload): Promise<void> {
    const { posts, memory, destination } = this.#options
    let to = destination('events')
    // Each attempt has the credential of its time.
    const encode = (): EncodedPost => {
      to = destination('events') ?? to
      return this.#encode(payload, to as Destination)
    }
    const endSpan = payload.span?.begin('relay.events.dispatch')
    let result = to ? await posts.send(encode, this.#giveUp.signal) : NO_CREDENTIAL
    // The key was replaced while the payload was under way.
    if (result.type === 'refused' && !this.#isPresent(to?.credential) && destination('events'))
      result = await posts.send(encode, this.#giveUp.signal)
    endSpan?.()
    memory.give(sizeOf(payload))
    this.#queuedEvents -= payload.events
    this.#settle(result, payload.events, to?.credential)
  }

  #encode({ body, headers }: EventPayload, to: Destination): EncodedPost {
    return {
      method: 'POST',
      url: this.#options.url + to.path,
      headers: { ...headers, ...to.headers },
      body,
      credential: CREDENTIAL_NAMES[this.#options.audience],
    }
  }

  #settle(result: SendResult, events: number, credential: string | undefined): void {
    const { counter, log } = this.#options
    switch (result.type) {
      case 'delivered':
        counter.add('forwarded', events)
        this.#pauseMs = FIRST_PAUSE_MS
        break
      case 'failed':
      case 'tooLarge':
        counter.add('failed', events)
        log.failed(events, result)
        break
      case 'refused':
        counter.add('failed', events)
        if (credential !== undefined && this.#isPresent(credential)) this.#pause(credential, result)
        else log.failed(events, result)
        break
      default:
        result satisfies never
    }
  }

  #isPresent(credential: string | undefined): boolean {
    return this.#options.destination('events')?.credential === credential
  }

  /** Throws the queue away and sends nothing for a while, because the service would refuse it, too. */
  #pause(credential: string, refusal: Exclude<SendResult, { readonly type: 'delivered' }>): void {
    if (this.isPaused) return
    const { audience, clock, memory, counter, log } = this.#options
    log.refused(audience, refusal, this.#pauseMs)
    this.#refusal = { credential, until: clock.monotonic() + this.#pauseMs }
    this.#pauseMs = Math.min(this.#pauseMs * 2, MAX_PAUSE_MS)
    for (const payload of this.#queue.splice(0)) {
      memory.give(sizeOf(payload))
      this.#queuedEvents -= payload.events
      counter.add('dropped', payload.events)
    }
  }
}

import type { Clock } from '../../async/clock.ts'
import { PostSender } from '../../events/post-sender.ts'
import type { Logger } from '../../model/logger.ts'
import { Admission } from '../../server/admission.ts'
import type { HttpHeaders, Transport } from '../../transport/transport.ts'
import type { Audience } from '../addresses.ts'
import type { EventForwardingConfig } from '../config/option-groups.ts'
import type { EnvironmentConfig } from '../config/relay-config.ts'
import type { SdkRequest } from '../sdk-request.ts'
import { answerEvents, answerImage } from './answers.ts'
import { destinationOf } from './destination.ts'
import { encodePayload, gzipped } from './encode-payload.ts'
import { EventCounter } from './event-counts.ts'
import { imageBody, imageHeaders } from './event-image.ts'
import { EventLog } from './event-log.ts'
import { EventMemory } from './event-memory.ts'
import type { EventService, EventsView } from './event-service.ts'
import { forwardedHeaders, payloadOf } from './payload.ts'
import { Publisher } from './publisher.ts'
import { type ReceivedBody, readBody } from './read-body.ts'

export interface EventRelayOptions {
  readonly settings: EventForwardingConfig
  /** Returns the credentials that the environment has now. */
  readonly environment: () => EnvironmentConfig
  readonly transport: Transport
  readonly clock: Clock
  readonly logger: Logger
}

const AUDIENCES: readonly Audience[] = ['server', 'mobile', 'browser']

/** Longest duration of a request to the service, in milliseconds. */
const REQUEST_MS = 10_000

/** Longest duration of the last deliveries in {@link EventRelay.close}, in milliseconds. */
const CLOSE_MS = 5_000

/** Payloads that are inflated or compressed at a time. */
const MAX_ENCODING = 2

/** Encoding takes milliseconds, so it is not aborted. */
const NEVER = new AbortController().signal

/** A request whose body is complete. */
interface Received {
  readonly headers: HttpHeaders
  readonly encoding: string | undefined
  readonly publisher: Publisher
}

/** Receives the events of the SDKs of one environment and forwards them to the events service. */
export class EventRelay implements EventService {
  readonly #options: EventRelayOptions
  readonly #memory: EventMemory
  readonly #counter = new EventCounter()
  readonly #log: EventLog
  readonly #publishers: ReadonlyMap<Audience, Publisher>
  readonly #encoding = new Admission({ maxConcurrent: MAX_ENCODING, maxQueued: Infinity })
  readonly #processing = new Set<Promise<void>>()
  #isClosing = false

  constructor(options: EventRelayOptions) {
    const { settings, environment, transport, clock, logger } = options
    this.#options = options
    this.#memory = new EventMemory(settings.maxQueuedBytes)
    this.#log = new EventLog(clock, logger)
    const shared = {
      url: settings.url.replace(/\/+$/, ''),
      capacity: settings.capacity,
      posts: new PostSender({ transport, clock, requestTimeoutMs: REQUEST_MS }),
      memory: this.#memory,
      counter: this.#counter,
      clock,
      log: this.#log,
    }
    const publisherOf = (audience: Audience): Publisher =>
      new Publisher({
        ...shared,
        audience,
        destination: (type) => destinationOf(audience, type, environment()),
      })
    this.#publishers = new Map(AUDIENCES.map((audience) => [audience, publisherOf(audience)]))
  }

  get view(): EventsView {
    const publishers = [...this.#publishers.values()]
    const { lastError } = this.#log
    return {
      state: publishers.some(({ isPaused }) => isPaused) ? 'refused' : 'forwarding',
      ...this.#counter.current,
      queued: publishers.reduce((sum, { queuedEvents }) => sum + queuedEvents, 0),
      queuedBytes: this.#memory.bytes,
      ...(lastError && { lastError }),
    }
  }

  async answer({ request, response, address, audience, target }: SdkRequest): Promise<void> {
    if (this.#isClosing) return answerEvents(response, 'stopping')
    const publisher = this.#publishers.get(audience) as Publisher
    const { 'content-encoding': encoding } = request.headers
    const headers = forwardedHeaders(request.headers)
    if (address.service === 'event image') {
      answerImage(response)
      const received = { headers: imageHeaders(headers), encoding: undefined, publisher }
      return this.#receive(imageBody(target.query, this.#memory), received)
    }
    const { maxPayloadBytes: maxBytes } = this.#options.settings
    const body = await readBody(request, { maxBytes, memory: this.#memory })
    answerEvents(response, body.type)
    const received = { headers, encoding, publisher }
    if (address.service === 'events') this.#receive(body, received)
    else if (body.type === 'complete') this.#process(body, () => this.#diagnostic(body.bytes, received))
  }

  /** Delivers what was received within the time limit. What is not delivered then is lost. */
  async close(): Promise<void> {
    const { clock } = this.#options
    this.#isClosing = true
    const release = clock.hold()
    const reason = new Error(`not delivered within ${CLOSE_MS / 1_000} s after the environment was closed`)
    const disarm = clock.after(CLOSE_MS, () => {
      for (const publisher of this.#publishers.values()) publisher.abort(reason)
    })
    await Promise.all(this.#processing)
    await Promise.all(Array.from(this.#publishers.values(), (publisher) => publisher.idle()))
    disarm()
    release()
  }

  #receive(body: ReceivedBody, received: Received): void {
    switch (body.type) {
      case 'complete':
        this.#process(body, () => this.#payload(body.bytes, received))
        break
      case 'noRoom':
        // Its events cannot be counted any more.
        this.#counter.add('received', 1)
        received.publisher.overflowed(1, 'maxQueuedBytes')
        break
      case 'empty':
      case 'tooLong':
      case 'broken':
        break
      default:
        body satisfies never
    }
  }

  /** Works on a complete body after the answer, and releases its memory. A few bodies at a time. */
  #process({ reserved }: { readonly reserved: number }, work: () => Promise<() => void>): void {
    const process = async (): Promise<void> => {
      const leave = await this.#encoding.acquire(NEVER)
      try {
        const publish = await work().finally(() => this.#memory.give(reserved))
        publish()
      } catch (error) {
        this.#log.defect(error)
      } finally {
        leave?.()
      }
    }
    const processing = process().finally(() => this.#processing.delete(processing))
    this.#processing.add(processing)
  }

  /** Resolves with a function that publishes the payload. */
  async #payload(bytes: Uint8Array, { headers, encoding, publisher }: Received): Promise<() => void> {
    const { settings, clock } = this.#options
    const encoded = await encodePayload({ bytes, encoding }, settings.maxPayloadBytes, clock)
    this.#counter.add('received', encoded?.events ?? 1)
    if (encoded === undefined) {
      return () => {
        this.#counter.add('invalid', 1)
        this.#log.invalid()
      }
    }
    return () => {
      if (encoded.events > 0) publisher.add(payloadOf(encoded, headers))
    }
  }

  async #diagnostic(bytes: Uint8Array, { headers, encoding, publisher }: Received): Promise<() => void> {
    const body = encoding === undefined ? await gzipped(bytes) : bytes
    const sent = { events: 0, body, headers: { ...headers, 'content-encoding': encoding ?? 'gzip' } }
    return () => publisher.sendDiagnostic(sent)
  }
}

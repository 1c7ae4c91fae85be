import type { Clock } from '../../async/clock.ts'
import { PostSender } from '../../events/post-sender.ts'
import type { Snapshot } from '../../model/change-set.ts'
import type { Flag } from '../../model/flag.ts'
import type { Logger } from '../../model/logger.ts'
import type { Transport } from '../../transport/transport.ts'
import type { Audience } from '../addresses.ts'
import type { EventForwardingConfig } from '../config/option-groups.ts'
import type { EnvironmentConfig } from '../config/relay-config.ts'
import type { SdkRequest } from '../sdk-request.ts'
import { answerEvents, answerImage } from './answers.ts'
import { type Destination, destinationOf, type PostType } from './destination.ts'
import { EventCounter } from './event-counts.ts'
import { imageBody, imageHeaders } from './event-image.ts'
import { EventLog } from './event-log.ts'
import { EventMemory } from './event-memory.ts'
import type { EventService, EventsView } from './event-service.ts'
import { Intake, type Received } from './intake.ts'
import { forwardedHeaders, isCurrent } from './payload.ts'
import { Publisher } from './publisher.ts'
import { type ReceivedBody, readBody } from './read-body.ts'
import { Summarizers } from './summarizers.ts'

export interface EventRelayOptions {
  readonly settings: EventForwardingConfig
  /** Returns the credentials that the environment has now. */
  readonly environment: () => EnvironmentConfig
  /** Returns the data of the environment, with which events of former schemas are completed. */
  readonly snapshot: () => Snapshot | undefined
  readonly transport: Transport
  readonly clock: Clock
  readonly logger: Logger
}

/** The parts for one kind of credential. */
type Outlet = Pick<Received, 'publisher' | 'summarizers'>

const AUDIENCES: readonly Audience[] = ['server', 'mobile', 'browser']

/** Longest duration of a request to the service, in milliseconds. */
const REQUEST_MS = 10_000

/** Longest duration of the last deliveries in {@link EventRelay.close}, in milliseconds. */
const CLOSE_MS = 5_000

/** Receives the events of the SDKs of one environment and forwards them to the events service. */
export class EventRelay implements EventService {
  readonly #options: EventRelayOptions
  readonly #memory: EventMemory
  readonly #counter = new EventCounter()
  readonly #log: EventLog
  readonly #intake: Intake
  readonly #outlets: ReadonlyMap<Audience, Outlet>
  readonly #running = new Set<Promise<void>>()
  #isClosing = false

  constructor(options: EventRelayOptions) {
    const { settings, environment, snapshot, transport, clock, logger } = options
    this.#options = options
    this.#memory = new EventMemory(settings.maxQueuedBytes)
    this.#log = new EventLog(clock, logger)
    const posts = new PostSender({ transport, clock, requestTimeoutMs: REQUEST_MS })
    const shared = {
      ...settings,
      url: settings.url.replace(/\/+$/, ''),
      posts,
      memory: this.#memory,
      counter: this.#counter,
      clock,
      logger,
      log: this.#log,
      flagOf: (key: string): Flag | undefined => snapshot()?.flags.get(key)?.object,
      serverTime: () => posts.serverTime,
      run: (work: () => Promise<void>) => this.#run(work),
    }
    this.#intake = new Intake(shared)
    const outletOf = (audience: Audience): Outlet => {
      const destination = (type: PostType): Destination | undefined =>
        destinationOf(audience, type, environment())
      const publisher = new Publisher({ ...shared, audience, destination })
      return { publisher, summarizers: new Summarizers({ ...shared, publisher }) }
    }
    this.#outlets = new Map(AUDIENCES.map((audience) => [audience, outletOf(audience)]))
  }

  get view(): EventsView {
    const publishers = Array.from(this.#outlets.values(), ({ publisher }) => publisher)
    const { lastError } = this.#log
    return {
      state: publishers.some(({ isPaused }) => isPaused) ? 'refused' : 'forwarding',
      ...this.#counter.current,
      queued: publishers.reduce((sum, { queuedEvents }) => sum + queuedEvents, 0),
      queuedBytes: this.#memory.bytes,
      ...(lastError && { lastError }),
    }
  }

  async answer({ request, response, address, audience, target, span }: SdkRequest): Promise<void> {
    if (this.#isClosing) return answerEvents(response, 'stopping')
    const outlet = { ...(this.#outlets.get(audience) as Outlet), span }
    const { 'content-encoding': encoding } = request.headers
    const headers = forwardedHeaders(request.headers)
    if (address.service === 'event image') {
      answerImage(response)
      const image = { headers: imageHeaders(headers), encoding: undefined, type: 'current' } as const
      return this.#receive(imageBody(target.query, this.#memory), { ...outlet, ...image })
    }
    const { maxPayloadBytes: maxBytes } = this.#options.settings
    const body = await readBody(request, { maxBytes, memory: this.#memory })
    if (this.#isClosing) {
      if (body.type === 'complete') this.#memory.give(body.reserved)
      return answerEvents(response, 'stopping')
    }
    answerEvents(response, body.type)
    const schema = isCurrent(request.headers) ? 'current' : 'former'
    const type = address.service === 'diagnostic' ? 'diagnostic' : schema
    this.#receive(body, { ...outlet, headers, encoding, type })
  }

  /** Delivers what was received within the time limit. What is not delivered then is lost. */
  async close(): Promise<void> {
    const { clock } = this.#options
    const outlets = [...this.#outlets.values()]
    this.#isClosing = true
    const release = clock.hold()
    const reason = new Error(`not delivered within ${CLOSE_MS / 1_000} s after the environment was closed`)
    const disarm = clock.after(CLOSE_MS, () => {
      this.#log.undelivered(this.view.queued, reason.message)
      for (const { publisher } of outlets) publisher.abort(reason)
    })
    await Promise.all(this.#running)
    for (const { summarizers } of outlets) summarizers.close()
    await Promise.all(this.#running)
    await Promise.all(outlets.map(({ publisher }) => publisher.idle()))
    disarm()
    release()
  }

  #receive(body: ReceivedBody, received: Received): void {
    switch (body.type) {
      case 'complete':
        this.#run(() => this.#intake.process(body, received))
        break
      case 'noRoom':
        if (received.type === 'diagnostic') break
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

  #run(work: () => Promise<void>): void {
    const running = work()
      .catch((error: unknown) => this.#log.defect(error))
      .finally(() => this.#running.delete(running))
    this.#running.add(running)
  }
}

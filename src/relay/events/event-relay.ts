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
import { type Destination, destinationOf, type PostType } from './destination.ts'
import { EventCounter } from './event-counts.ts'
import { EventLog } from './event-log.ts'
import { SharedMemory } from './event-memory.ts'
import { EventReceiver, type ReceivedPost } from './event-receiver.ts'
import type { EventService, EventsView } from './event-service.ts'
import { Intake, type Received } from './intake.ts'
import { Publisher } from './publisher.ts'
import type { ReceivedBody } from './read-body.ts'
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
  readonly #memory: SharedMemory
  readonly #counter = new EventCounter()
  readonly #log: EventLog
  readonly #intake: Intake
  readonly #outlets: ReadonlyMap<Audience, Outlet>
  readonly #receiver: EventReceiver

  constructor(options: EventRelayOptions) {
    const { settings, environment, snapshot, transport, clock, logger } = options
    this.#options = options
    this.#memory = new SharedMemory(settings.maxQueuedBytes)
    this.#log = new EventLog(clock, logger)
    const posts = new PostSender({ transport, clock, requestTimeoutMs: REQUEST_MS })
    const shared = {
      ...settings,
      url: settings.url.replace(/\/+$/, ''),
      posts,
      counter: this.#counter,
      clock,
      logger,
      log: this.#log,
      flagOf: (key: string): Flag | undefined => snapshot()?.flags.get(key)?.object,
      serverTime: () => posts.serverTime,
      run: (work: () => Promise<void>) => this.#receiver.run(work),
    }
    const receive = (body: ReceivedBody, post: ReceivedPost): void => this.#receive(body, post)
    this.#receiver = new EventReceiver({ ...shared, memory: this.#memory, receive })
    this.#intake = new Intake(shared)
    const outletOf = (audience: Audience): Outlet => {
      const destination = (type: PostType): Destination | undefined =>
        destinationOf(audience, type, environment())
      const memory = this.#memory.of(audience)
      const publisher = new Publisher({ ...shared, memory, audience, destination })
      return { publisher, summarizers: new Summarizers({ ...shared, memory, publisher }) }
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

  answer(request: SdkRequest): Promise<void> {
    return this.#receiver.answer(request)
  }

  evaluated(): void {}

  /** Delivers what was received within the time limit. What is not delivered then is lost. */
  async close(): Promise<void> {
    const { clock } = this.#options
    const outlets = [...this.#outlets.values()]
    this.#receiver.close()
    const release = clock.hold()
    const reason = new Error(`not delivered within ${CLOSE_MS / 1_000} s after the environment was closed`)
    const disarm = clock.after(CLOSE_MS, () => {
      this.#log.undelivered(this.view.queued, reason.message)
      for (const { publisher } of outlets) publisher.abort(reason)
    })
    await this.#receiver.idle()
    for (const { summarizers } of outlets) summarizers.close()
    await this.#receiver.idle()
    await Promise.all(outlets.map(({ publisher }) => publisher.idle()))
    disarm()
    release()
  }

  #receive(body: ReceivedBody, post: ReceivedPost): void {
    const outlet = this.#outlets.get(post.audience) as Outlet
    switch (body.type) {
      case 'complete':
        this.#receiver.run(() => this.#intake.process(body, { ...post, ...outlet }))
        break
      case 'noRoom':
        if (post.type === 'diagnostic') break
        // Its events cannot be counted any more.
        this.#counter.add('received', 1)
        outlet.publisher.overflowed(1, 'maxQueuedBytes')
        break
      case 'empty':
      case 'tooLong':
      case 'broken':
        break
      default:
        body satisfies never
    }
  }
}

import { PostSender } from '../../../src/events/post-sender.ts'
import type { Audience } from '../../../src/relay/addresses.ts'
import { destinationOf } from '../../../src/relay/events/destination.ts'
import { EventCounter } from '../../../src/relay/events/event-counts.ts'
import { EventLog } from '../../../src/relay/events/event-log.ts'
import { EventMemory } from '../../../src/relay/events/event-memory.ts'
import { type EventPayload, payloadOf } from '../../../src/relay/events/payload.ts'
import { Publisher } from '../../../src/relay/events/publisher.ts'
import { VirtualClock } from '../../../src/testing/virtual-clock.ts'
import type { HttpRequest, HttpResponse } from '../../../src/transport/transport.ts'
import { notes } from '../../client/starting.ts'
import { ENV_ID, MOBILE_KEY } from './forwarding-relay.ts'

/** An answer of the service: a status, an error, or none at all. */
export type Answer = number | Error | 'none'

export interface Publishing {
  readonly publisher: Publisher
  readonly clock: VirtualClock
  readonly memory: EventMemory
  readonly counter: EventCounter
  readonly log: readonly string[]
  readonly requests: readonly HttpRequest[]
  /** Answers of the next requests; later ones are answered with {@link otherwise}. */
  readonly answers: Answer[]
  otherwise: Answer
  /** The credentials of the environment. */
  readonly credentials: { sdkKey: string; mobileKey?: string; envId: string }
}

export interface PublishingOptions {
  readonly audience?: Audience
  readonly capacity?: number
  readonly maxBytes?: number
}

/** Returns a publisher of a service in memory, in virtual time. */
export function publishing(options: PublishingOptions = {}): Publishing {
  const { audience = 'server', capacity = 1_000, maxBytes = 1_000_000 } = options
  const clock = new VirtualClock(1_796_008_183_000)
  const { log, logger } = notes()
  const requests: HttpRequest[] = []
  const memory = new EventMemory(maxBytes)
  const counter = new EventCounter()
  const credentials = { sdkKey: 'sdk-1', mobileKey: MOBILE_KEY, envId: ENV_ID }
  const transport = {
    request(request: HttpRequest): Promise<HttpResponse> {
      requests.push(request)
      return answer(started.answers.shift() ?? started.otherwise, request.signal)
    },
    close: () => Promise.resolve(),
  }
  const publisher = new Publisher({
    audience,
    url: 'http://events.test',
    capacity,
    destination: (type) => destinationOf(audience, type, credentials),
    posts: new PostSender({ transport, clock, requestTimeoutMs: 10_000 }),
    memory,
    counter,
    clock,
    log: new EventLog(clock, logger),
  })
  const started: Publishing = {
    publisher,
    clock,
    memory,
    counter,
    log,
    requests,
    answers: [],
    otherwise: 202,
    credentials,
  }
  return started
}

export function payload(events: number, bytes = 10, id = 'id'): EventPayload {
  return payloadOf({ events, gzipped: new Uint8Array(bytes) }, { 'x-launchdarkly-payload-id': id })
}

function answer(given: Answer, signal: AbortSignal): Promise<HttpResponse> {
  if (given instanceof Error) return Promise.reject(given)
  if (given === 'none')
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
  return Promise.resolve({ status: given, headers: {}, body: empty() })
}

async function* empty(): AsyncGenerator<Uint8Array> {}

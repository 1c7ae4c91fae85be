import { type Analytics, type EventSettings, startEvents } from '../../src/events/analytics.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import type { HttpRequest, HttpResponse } from '../../src/transport/transport.ts'

/** The time of day at which the virtual clock begins, in milliseconds since the Unix epoch. */
export const START = 1_796_008_183_000

export const SETTINGS: EventSettings = {
  url: 'http://events.test/base/',
  privateAttributes: [],
  allAttributesPrivate: false,
  contextKeysCapacity: 1_000,
  contextKeysFlushIntervalMs: 300_000,
  omitAnonymousContexts: false,
  capacity: 10_000,
  capacityBytes: 10_000_000,
  flushIntervalMs: 5_000,
  closeTimeoutMs: 5_000,
  compression: 'none',
  requestTimeoutMs: 10_000,
  diagnosticOptOut: true,
  diagnosticIntervalMs: 900_000,
}

export interface Event {
  readonly kind: string
  /** Present in a summary. */
  readonly features?: Readonly<Record<string, Feature>>
  readonly [member: string]: unknown
}

interface Feature {
  readonly counters: readonly { readonly variation?: number; readonly count: number }[]
}

/** An answer of the service: a status with headers, an error, or none at all. */
export type Answer = { readonly status: number; readonly date?: string } | Error | 'none'

export interface EventService {
  readonly analytics: Analytics
  readonly clock: VirtualClock
  /** All requests, in order. */
  readonly requests: readonly HttpRequest[]
  /** Lines of the log, each with its level. */
  readonly log: readonly string[]
  /** Answers of the next requests; later ones are answered with 202. */
  readonly answers: Answer[]
  /** Flushes, and returns the events of all payloads that were sent since the last call. */
  readonly delivered: () => Promise<readonly Event[]>
}

/** Starts the events of a client against a service in memory, in virtual time. */
export function startEventService(
  settings: Partial<EventSettings> = {},
  random: () => number = () => 0,
): EventService {
  const clock = new VirtualClock(START)
  const requests: HttpRequest[] = []
  const log: string[] = []
  const answers: Answer[] = []
  let read = 0
  const line =
    (level: string) =>
    (message: string): void =>
      void log.push(`${level} ${message}`)
  const analytics = startEvents({
    settings: { ...SETTINGS, ...settings },
    transport: {
      request(request) {
        requests.push(request)
        return answer(answers.shift() ?? { status: 202 }, request.signal)
      },
      close: () => Promise.resolve(),
    },
    headers: { authorization: 'sdk-key' },
    sdkKey: 'sdk-key-123456',
    description: { sdk: { name: 'halyard' } },
    clock,
    random,
    logger: { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') },
    dispose: () => Promise.resolve(),
  })
  return {
    analytics,
    clock,
    requests,
    log,
    answers,
    async delivered() {
      await analytics.flush()
      const events = requests.slice(read).flatMap(eventsOf)
      read = requests.length
      return events
    },
  }
}

/** Returns the events of a payload. */
export function eventsOf({ body }: HttpRequest): readonly Event[] {
  return JSON.parse(String(body)) as Event[]
}

function answer(given: Answer, signal: AbortSignal): Promise<HttpResponse> {
  if (given instanceof Error) return Promise.reject(given)
  if (given === 'none')
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
  const { status, date } = given
  return Promise.resolve({ status, headers: { ...(date && { date }) }, body: empty() })
}

async function* empty(): AsyncGenerator<Uint8Array> {}

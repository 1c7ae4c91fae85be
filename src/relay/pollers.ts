import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Clock } from '../async/clock.ts'
import { type ServiceName, STREAM_ROUTES } from './addresses.ts'
import { agentOf } from './requests/sdk-name.ts'
import type { SdkRequest } from './sdk-request.ts'

/** Number of slots. Estimates are within a few percent up to about 10,000 clients. */
const SLOTS = 2_048

/** A client counts if it polled in this time, and before that within the same time. Mobile SDKs poll every 5 min. */
const WINDOW_S = 600

/** Time for which an estimate is reused, in seconds, because a view of many environments must be cheap. */
const REUSE_S = 2

/** Requests of one client within this time are one poll, for example those for flags and for segments. */
const SAME_POLL_S = 2

/** The services that clients poll or stream. Remote evaluations count as polls. */
const SERVICES: ReadonlySet<ServiceName> = new Set([
  'data',
  'evaluation',
  'evaluation poll',
  'pings',
  'ofrep',
  'ofrep events',
])

type PollerRequest = Pick<SdkRequest, 'request' | 'response'> & {
  readonly address: Pick<SdkRequest['address'], 'service' | 'route'>
}

/** The slots of an environment, which are allocated for its first client. Times are in seconds, 0 for never. */
interface Slots {
  readonly last: Uint32Array
  readonly before: Uint32Array
  /** Open streams of the clients of a slot. */
  readonly streams: Uint32Array
}

/**
 * Estimates the number of clients that poll and have no stream. A client is recognized by its instance ID, otherwise by its address and user agent. Only
 * the times of its slot are kept, which is chosen by a salted hash, so that the memory is constant and holds no addresses.
 */
export class PollerCounter {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #salt = randomBytes(4).readUInt32LE()
  #slots: Slots | undefined
  #estimate = { count: 0, at: 0 }

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock
  }

  /** Takes a request into account if it is a poll or opens a stream. */
  add({ address: { service, route }, request, response }: PollerRequest): void {
    if (!SERVICES.has(service)) return
    this.#slots ??= {
      last: new Uint32Array(SLOTS),
      before: new Uint32Array(SLOTS),
      streams: new Uint32Array(SLOTS),
    }
    const { last, before, streams } = this.#slots
    const slot = this.#slotOf(request)
    if (STREAM_ROUTES.has(route)) {
      streams[slot] = (streams[slot] ?? 0) + 1
      response.once('close', () => {
        streams[slot] = (streams[slot] ?? 0) - 1
      })
      return
    }
    const now = this.#now()
    const latest = last[slot] ?? 0
    if (now - latest < SAME_POLL_S) return
    before[slot] = latest
    last[slot] = now
  }

  /** The estimated number of clients that poll and have no stream. Exact for a few clients. */
  get count(): number {
    const now = this.#now()
    if (this.#slots && now - this.#estimate.at >= REUSE_S)
      this.#estimate = { count: estimateOf(this.#slots, now), at: now }
    return this.#estimate.count
  }

  /** Begins at a time at which 0 is long ago. */
  #now(): number {
    return Math.floor(this.#clock.monotonic() / 1_000) + 2 * WINDOW_S
  }

  #slotOf({ headers, socket }: IncomingMessage): number {
    const instance = headers['x-launchdarkly-instance-id']
    const identity = instance ?? headers['x-forwarded-for'] ?? socket.remoteAddress ?? ''
    const hash = hashOf(String(identity), this.#salt)
    return (instance === undefined ? hashOf(agentOf(headers), hash) : hash) % SLOTS
  }
}

function estimateOf({ last, before, streams }: Slots, now: number): number {
  let used = 0
  for (let slot = 0; slot < SLOTS; slot++) {
    const latest = last[slot] ?? 0
    const earlier = before[slot] ?? 0
    const isPolling = earlier > 0 && now - latest <= WINDOW_S && latest - earlier <= WINDOW_S
    if (isPolling && !streams[slot]) used++
  }
  // Linear counting: corrects for clients that share a slot.
  return Math.round(SLOTS * Math.log(SLOTS / Math.max(1, SLOTS - used)))
}

/** Returns a 32-bit FNV-1a hash, mixed so that every part of it can be used. */
function hashOf(text: string, seed: number): number {
  let hash = seed ^ 0x811c9dc5
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return (hash ^ (hash >>> 13)) >>> 0
}

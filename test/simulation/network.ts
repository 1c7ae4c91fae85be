import type { HttpHeaders, HttpRequest, HttpResponse, Transport } from '../../src/transport/transport.ts'
import type { Random } from '../support/random.ts'
import { Exchange } from './exchange.ts'
import type { Faults } from './faults.ts'
import type { ModelServer, State } from './model-server.ts'
import type { ReceivedData } from './received-data.ts'
import type { Time } from './time.ts'
import type { Trace } from './trace.ts'

/** The source of each simulated origin, as named by the data system. */
export const ORIGINS = {
  'https://init.sim': 'polling initializer',
  'https://poll.sim': 'polling',
  'https://stream.sim': 'streaming',
  'https://fdv1.sim': 'fdv1 polling',
} as const

/** The parts of a simulation. */
export interface World {
  readonly random: Random
  readonly faults: Faults
  readonly time: Time
  readonly server: ModelServer
  readonly received: ReceivedData
  readonly trace: Trace
}

/** One request as the network received it. */
export interface Seen {
  readonly source: string
  readonly url: URL
  readonly headers: HttpHeaders
  /** The sender: a source, or possibly the check of a silent stream (D23). */
  readonly sender: 'source' | 'possibly a check'
}

/** Shortest silence of a stream after which a poll checks it, in milliseconds (D23). */
const SUSPICIOUS_SILENCE_MS = 200_000

/** Longest time from a jump of the clocks to the check of a stream: up to 1 s to notice it, then up to 0.8 s at random. */
const CHECK_DUE_MS = 1_800

/** The simulated network, which is the transport of the data system. */
export class Network implements Transport {
  readonly #world: World
  readonly #onRequest: (seen: Seen) => void
  readonly #exchanges = new Set<Exchange>()
  #count = 0

  constructor(world: World, onRequest: (seen: Seen) => void) {
    this.#world = world
    this.#onRequest = onRequest
  }

  /** The exchanges that have not ended. */
  get open(): readonly Exchange[] {
    return [...this.#exchanges]
  }

  /** Number of requests since the start. */
  get count(): number {
    return this.#count
  }

  request({ url, headers, signal }: HttpRequest): Promise<HttpResponse> {
    const target = new URL(url)
    const source = (ORIGINS as Readonly<Record<string, string>>)[target.origin] ?? target.origin
    const seen = { source, url: target, headers, sender: this.#senderOf(source) }
    const exchange = new Exchange(++this.#count, seen, this.#world)
    this.#world.trace.write(() => `#${exchange.id} GET ${source} ${target.search}`)
    this.#onRequest(seen)
    if (signal.aborted) return Promise.reject(signal.reason as Error)
    this.#exchanges.add(exchange)
    const leave = (): void => {
      signal.removeEventListener('abort', abort)
      this.#exchanges.delete(exchange)
    }
    const abort = (): void => {
      this.#world.trace.write(() => `#${exchange.id} ${source} hung up on`)
      exchange.abandon(signal.reason)
    }
    signal.addEventListener('abort', abort)
    return exchange.start(leave)
  }

  #senderOf(source: string): Seen['sender'] {
    const { time, received } = this.#world
    const silentMs = time.machine.monotonic() - received.lastByteAt('streaming')
    const isSuspected = mayBeChecked({ silentMs, evenForMs: time.evenForMs })
    const hasStream = this.open.some(({ isStream }) => isStream)
    return source === 'polling' && hasStream && isSuspected ? 'possibly a check' : 'source'
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  /** Sends a new state to every open stream. */
  publish(state: State): void {
    for (const exchange of this.#exchanges) exchange.publish(state)
  }

  /** Breaks every stream, because its server has ended. */
  dropAll(): void {
    for (const exchange of this.#exchanges) exchange.drop()
  }

  heal(): void {
    for (const exchange of this.#exchanges) exchange.heal()
  }
}

/**
 * Returns whether the data system may check a stream with a poll: the stream has been silent for long (D23), or since the
 * clocks jumped. A check after a jump is repeated until the stream sends bytes (S152); bytes before the first check do not
 * count (S189).
 *
 * @param stream the silence of the stream, and the time since the clocks jumped, in milliseconds.
 */
export function mayBeChecked(stream: { readonly silentMs: number; readonly evenForMs: number }): boolean {
  const { silentMs, evenForMs } = stream
  return silentMs >= SUSPICIOUS_SILENCE_MS || silentMs >= evenForMs - CHECK_DUE_MS
}

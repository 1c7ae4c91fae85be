import type { HttpHeaders, HttpRequest, HttpResponse, Transport } from '../../src/transport/transport.ts'
import type { Random } from '../support/random.ts'
import { Exchange } from './exchange.ts'
import type { Ledger } from './ledger.ts'
import type { ModelServer, State } from './model-server.ts'
import type { Time } from './time.ts'
import type { Trace } from './trace.ts'
import type { Weather } from './weather.ts'

/** Where each source of a simulated plan asks, and what the data system calls that source. */
export const ORIGINS = {
  'https://init.sim': 'polling initializer',
  'https://poll.sim': 'polling',
  'https://stream.sim': 'streaming',
  'https://fdv1.sim': 'fdv1 polling',
} as const

/** What the parts of a simulation share. */
export interface World {
  readonly random: Random
  readonly weather: Weather
  readonly time: Time
  readonly server: ModelServer
  readonly ledger: Ledger
  readonly trace: Trace
}

/** One request as the network saw it. */
export interface Seen {
  readonly source: string
  readonly url: URL
  readonly headers: HttpHeaders
  /** Who asks: a source, or perhaps the check of a stream that is suspected to be dead (D23). */
  readonly asker: 'source' | 'perhaps a check'
}

/** Shortest silence of a stream after which a poll checks it, milliseconds (D23). */
const SUSPICIOUS_SILENCE_MS = 200_000

/** Longest time from a jump of the clocks to the check of a stream: up to 1 s to notice it, then up to 0.8 s at random. */
const CHECK_DUE_MS = 1_800

/** The simulated network: the transport the data system is given. */
export class Network implements Transport {
  readonly #world: World
  readonly #onRequest: (seen: Seen) => void
  readonly #exchanges = new Set<Exchange>()
  #count = 0

  constructor(world: World, onRequest: (seen: Seen) => void) {
    this.#world = world
    this.#onRequest = onRequest
  }

  /** Answers that are being waited for or read. */
  get open(): readonly Exchange[] {
    return [...this.#exchanges]
  }

  /** How many requests there were. */
  get count(): number {
    return this.#count
  }

  request({ url, headers, signal }: HttpRequest): Promise<HttpResponse> {
    const target = new URL(url)
    const source = (ORIGINS as Readonly<Record<string, string>>)[target.origin] ?? target.origin
    const seen = { source, url: target, headers, asker: this.#askerOf(source) }
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

  #askerOf(source: string): Seen['asker'] {
    const { time, ledger } = this.#world
    const silentMs = time.machine.monotonic() - ledger.lastByteAt('streaming')
    const isSuspected = mayBeChecked({ silentMs, evenForMs: time.evenForMs })
    const hasStream = this.open.some(({ isStream }) => isStream)
    return source === 'polling' && hasStream && isSuspected ? 'perhaps a check' : 'source'
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  /** A new state: every open stream hears of it. */
  publish(state: State): void {
    for (const exchange of this.#exchanges) exchange.publish(state)
  }

  /** Whoever served the connections is gone. */
  dropAll(): void {
    for (const exchange of this.#exchanges) exchange.drop()
  }

  heal(): void {
    for (const exchange of this.#exchanges) exchange.heal()
  }
}

/**
 * Returns whether the data system may check a stream with a poll: the stream has been silent for long (D23), or since the
 * clocks jumped. A check after a jump is repeated until the stream speaks (S152); bytes that came before the first check
 * do not count (S189).
 *
 * @param stream how long the stream has been silent, and how long ago the clocks jumped, milliseconds.
 */
export function mayBeChecked(stream: { readonly silentMs: number; readonly evenForMs: number }): boolean {
  const { silentMs, evenForMs } = stream
  return silentMs >= SUSPICIOUS_SILENCE_MS || silentMs >= evenForMs - CHECK_DUE_MS
}

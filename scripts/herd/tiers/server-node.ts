import type { Clock } from '../../../src/async/clock.ts'
import type { StreamClient } from './stream-client.ts'

/**
 * Processor time of a relay for one client that reconnects and receives a delta, in milliseconds (docs/relay-load.md). A relay
 * uses one core.
 */
export const RECONNECT_MS = 0.17

/** A client waits this long for the headers of a stream, in milliseconds, as a data system does. */
export const HEADERS_MS = 15_000

/** The service or a relay. It answers requests one after the other, and keeps its streams if its own upstream is lost. */
export class ServerNode {
  readonly #clock: Clock
  readonly #requestMs: number
  readonly #streams = new Set<StreamClient>()
  readonly #perSecond = new Map<number, number>()
  #busyUntil = 0
  #isUp = true

  /** @param requestMs processor time of a request, in milliseconds; 0 for the service, whose capacity is not modelled. */
  constructor(clock: Clock, requestMs: number) {
    this.#clock = clock
    this.#requestMs = requestMs
  }

  get isUp(): boolean {
    return this.#isUp
  }

  get streams(): number {
    return this.#streams.size
  }

  /** The number of requests since the start. */
  get requests(): number {
    return [...this.#perSecond.values()].reduce((sum, count) => sum + count, 0)
  }

  /** The most requests in one second. */
  get peak(): number {
    return Math.max(0, ...this.#perSecond.values())
  }

  /**
   * Counts a request. Returns the time until its answer, in milliseconds, which grows while others wait; undefined if the
   * connection is refused.
   */
  accept(): number | undefined {
    const now = this.#clock.monotonic()
    const second = Math.floor(now / 1_000)
    this.#perSecond.set(second, (this.#perSecond.get(second) ?? 0) + 1)
    if (!this.#isUp) return undefined
    this.#busyUntil = Math.max(now, this.#busyUntil) + this.#requestMs
    return this.#busyUntil - now
  }

  attach(client: StreamClient): void {
    this.#streams.add(client)
  }

  detach(client: StreamClient): void {
    this.#streams.delete(client)
  }

  /** Refuses connections from now on, and ends all streams. */
  stop(end: 'goodbye' | 'reset'): void {
    this.#isUp = false
    this.#cut(end)
  }

  start(): void {
    this.#isUp = true
  }

  /** Resets the streams of these clients. */
  drop(clients: readonly StreamClient[]): void {
    for (const client of clients) if (this.#streams.delete(client)) client.ended('reset')
  }

  /** Ends all streams. */
  #cut(end: 'goodbye' | 'reset'): void {
    const streams = [...this.#streams]
    this.#streams.clear()
    for (const client of streams) client.ended(end)
  }
}

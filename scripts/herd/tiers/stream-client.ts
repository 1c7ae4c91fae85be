import { Backoff } from '../../../src/async/backoff.ts'
import type { Clock, Undo } from '../../../src/async/clock.ts'
import { GOODBYE_SPREAD_MS } from '../../../src/synchronizers/streaming.ts'
import { HEADERS_MS, type ServerNode } from './server-node.ts'

/** Selects the server of the next connection; undefined if none can be reached. */
export type Balancer = () => ServerNode | undefined

export interface ClientContext {
  readonly clock: Clock
  readonly random: () => number
  readonly balancer: Balancer
}

/** First delay after a failure, in milliseconds: the default of the data system. */
const BASE_MS = 1_000

/**
 * The reconnects of one stream of a data system: those of `streamingSynchronizer`, with its backoff, but without data, decoding
 * and fallback. `test/herd/tiers.test.ts` compares it with complete data systems.
 */
export class StreamClient {
  readonly #context: ClientContext
  #backoff: Backoff | undefined
  #hasData = true
  #node: ServerNode | undefined
  #cancel: Undo = () => {}
  #lostAt: number | undefined
  #longestGapMs = 0

  constructor(context: ClientContext) {
    this.#context = context
  }

  /** The longest time without a stream, in milliseconds. `Infinity` while there is none. */
  get longestGapMs(): number {
    return this.#lostAt === undefined ? this.#longestGapMs : Infinity
  }

  /** Attaches the client to a server without a request, for the state before the first fault. */
  place(node: ServerNode): void {
    this.#node = node
    node.attach(this)
  }

  /** Closes the stream because the process of the client ends. */
  leave(): void {
    this.#cancel()
    this.#node?.detach(this)
    this.#node = undefined
  }

  /** Connects at once, because the process of the client has started. */
  join(): void {
    this.#backoff = undefined
    this.#connect()
  }

  ended(end: 'goodbye' | 'reset'): void {
    const { clock, random } = this.#context
    this.#node = undefined
    this.#lostAt ??= clock.monotonic()
    const isSpread = end === 'goodbye' && this.#hasData
    this.#hasData = false
    this.#retryIn(isSpread ? random() * GOODBYE_SPREAD_MS : this.#failed())
  }

  #retryIn(ms: number): void {
    this.#after(ms, () => this.#connect())
  }

  #connect(): void {
    const node = this.#context.balancer()
    const answerMs = node?.accept()
    if (node === undefined || answerMs === undefined) this.#retryIn(this.#failed())
    else if (answerMs > HEADERS_MS) this.#after(HEADERS_MS, () => this.#retryIn(this.#failed()))
    else this.#after(answerMs, () => (node.isUp ? this.#connected(node) : this.#retryIn(this.#failed())))
  }

  #after(ms: number, wake: () => void): void {
    this.#cancel = this.#context.clock.after(ms, wake)
  }

  #connected(node: ServerNode): void {
    this.place(node)
    this.#hasData = true
    this.#backoff?.succeeded()
    if (this.#lostAt !== undefined)
      this.#longestGapMs = Math.max(this.#longestGapMs, this.#context.clock.monotonic() - this.#lostAt)
    this.#lostAt = undefined
  }

  #failed(): number {
    const { clock, random } = this.#context
    // Created late, because most clients of most scenarios keep their stream.
    this.#backoff ??= new Backoff({ clock, random, baseMs: BASE_MS })
    return this.#backoff.failed()
  }
}

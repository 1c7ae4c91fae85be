import { connect, type Socket } from 'node:net'
import { now } from '../propagation/now.ts'

/** A server and the basis of a client. */
export interface Target {
  readonly url: string
  /** The basis of the client; '' for none. */
  readonly basis: string
}

export const SDK_KEY = 'sdk-bench-0b5e'

const GREETING = '"intentCode"'
const STATE = '(p:bench:'

/** Length of the longest state. */
const STATE_LENGTH = STATE.length + 10

/** One buffer for all clients of the process: each chunk is examined before the next is read. */
const BUFFER = Buffer.allocUnsafe(256 * 1024)

/** A minimal client: it reads, searches for the state, and discards the rest. */
export class Client {
  /** Whether the client received anything. */
  greeted = false
  /** Number of the latest state. */
  state = 0
  bytes = 0
  problem: string | undefined
  readonly #socket: Socket
  readonly #arrivals = new Map<number, number>()
  /** The end of the last chunk, which may be the first part of a state. */
  #carried = ''

  constructor(target: Target) {
    const { hostname, port } = new URL(target.url)
    const callback = (length: number): boolean => this.#read(BUFFER.subarray(0, length))
    this.#socket = connect({ host: hostname, port: Number(port), onread: { buffer: BUFFER, callback } })
    this.#socket.on('error', ({ message }) => this.#fail(message))
    this.#socket.on('close', () => this.#fail('a connection was closed'))
    this.#socket.write(Client.request(target))
  }

  static request({ basis }: Target): string {
    const path = `/sdk/stream?basis=${encodeURIComponent(basis)}`
    return `GET ${path} HTTP/1.1\r\nhost: relay\r\nauthorization: ${SDK_KEY}\r\n\r\n`
  }

  /** Resolves with the time, by `now()`, at which the state or a later one arrived. */
  arrivedAt(state: number): number {
    return this.#arrivals.get(state) ?? Number.NaN
  }

  leave(): void {
    this.#socket.removeAllListeners('close')
    this.#socket.destroy()
  }

  #read(read: Buffer): true {
    this.bytes += read.length
    if (!this.greeted) {
      this.greeted = read.includes(GREETING)
      if (!read.includes(' 200 ') && this.bytes === read.length) this.#fail(read.toString('latin1', 0, 40))
    }
    this.#arrive(this.#stateIn(read))
    return true
  }

  #stateIn(read: Buffer): number | undefined {
    const at = read.lastIndexOf(STATE)
    const text =
      at < 0
        ? this.#carried + read.toString('latin1', 0, STATE_LENGTH)
        : read.toString('latin1', at, at + STATE_LENGTH)
    this.#carried = read.toString('latin1', Math.max(0, read.length - STATE_LENGTH))
    const [, digits] = /\(p:bench:(\d+)\)/.exec(text) ?? []
    return digits === undefined ? undefined : Number(digits)
  }

  #arrive(state: number | undefined): void {
    if (state === undefined) return
    const at = now()
    while (this.state < state) this.#arrivals.set(++this.state, at)
  }

  #fail(problem: string): void {
    this.problem ??= problem
  }
}

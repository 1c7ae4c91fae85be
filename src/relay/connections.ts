import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/** Counters of connections that were closed or refused to protect the relay. */
export interface ConnectionCounts {
  /** Closed because of too many pipelined requests. */
  readonly pipelined: number
  /** Closed because the client did not read an answer of an operator endpoint, or a refusal. */
  readonly notReading: number
  /** Refused because the limit on open files was near. */
  readonly refused: number
  /** Refused on a port for operators, because too many were open there. */
  readonly refusedOperators: number
  /** Checks, one every 5 s, in which no file could be opened. The system then closes new connections, which are not counted. */
  readonly fileShortages: number
}

export const NO_CONNECTIONS: ConnectionCounts = {
  pipelined: 0,
  notReading: 0,
  refused: 0,
  refusedOperators: 0,
  fileShortages: 0,
}

export class ConnectionCounter {
  #counts = NO_CONNECTIONS

  get current(): ConnectionCounts {
    return this.#counts
  }

  add(name: keyof ConnectionCounts): void {
    this.#counts = { ...this.#counts, [name]: this.#counts[name] + 1 }
  }
}

/** Requests of one connection that may wait for the answer to an earlier one. */
const MAX_WAITING = 16

type QueuedRequest = readonly [request: IncomingMessage, response: ServerResponse]

/** Shared by all connections without waiting requests, which are most of them. */
const NONE: readonly QueuedRequest[] = []

/**
 * Passes on the requests of each connection one at a time, so that the relay prepares only one answer for a client that
 * pipelines and does not read. A connection with too many waiting requests is destroyed, because each of them needs memory.
 */
export class RequestQueue {
  readonly #listener: RequestListener
  readonly #onOverflow: () => void
  readonly #waiting = new Map<Duplex, readonly QueuedRequest[]>()

  constructor(listener: RequestListener, onOverflow: () => void) {
    this.#listener = listener
    this.#onOverflow = onOverflow
  }

  /** Returns true while a request of the connection is being answered, so that nothing else may be written to it. */
  isAnswering(socket: Duplex): boolean {
    return this.#waiting.has(socket)
  }

  add(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request
    if (socket.destroyed) return
    const waiting = this.#waiting.get(socket)
    if (!waiting) {
      this.#waiting.set(socket, NONE)
      this.#answer(request, response)
    } else if (waiting.length < MAX_WAITING) {
      this.#waiting.set(socket, [...waiting, [request, response]])
    } else {
      this.#onOverflow()
      socket.destroy()
    }
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request
    response.on('close', () => {
      const [next, ...rest] = this.#waiting.get(socket) ?? NONE
      if (next && !socket.destroyed) {
        this.#waiting.set(socket, rest)
        this.#answer(...next)
      } else {
        this.#waiting.delete(socket)
      }
    })
    this.#listener(request, response)
  }
}

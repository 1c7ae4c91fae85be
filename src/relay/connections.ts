import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/** Connections that were closed or refused to protect the relay, since the start. */
export interface ConnectionCounts {
  /** Closed because too many requests on them waited for an answer. */
  readonly pipelined: number
  /** Closed because their client did not read the answer to an operator's request, or a refusal. */
  readonly notReading: number
  /** Refused because the limit on open files was near. */
  readonly refused: number
  /** Looks that found that no more files can be opened; the system closes new connections then, uncounted. */
  readonly fileShortages: number
}

export const NO_CONNECTIONS: ConnectionCounts = { pipelined: 0, notReading: 0, refused: 0, fileShortages: 0 }

/** Counts what becomes of connections. */
export class ConnectionCounter {
  #counts = NO_CONNECTIONS

  get current(): ConnectionCounts {
    return this.#counts
  }

  add(name: keyof ConnectionCounts): void {
    this.#counts = { ...this.#counts, [name]: this.#counts[name] + 1 }
  }
}

/** How many requests of a connection may wait for the answer to an earlier one. */
const MAX_WAITING = 16

type QueuedRequest = readonly [request: IncomingMessage, response: ServerResponse]

/** Shared, because most connections never have a request that waits. */
const NONE: readonly QueuedRequest[] = []

/**
 * Hands on the requests of a connection one at a time, so that a client that pipelines and does not read makes the relay
 * prepare one answer. A connection on which too many wait is destroyed: Node parses everything that has arrived, and each
 * request that waits takes memory.
 */
export class RequestQueue {
  readonly #listener: RequestListener
  readonly #onOverflow: () => void
  /** The connections on which a request is being answered, with the requests that wait. */
  readonly #waiting = new Map<Duplex, readonly QueuedRequest[]>()

  constructor(listener: RequestListener, onOverflow: () => void) {
    this.#listener = listener
    this.#onOverflow = onOverflow
  }

  /** Whether a request of the connection is being answered, so that nothing else may be written to it. */
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
    response.once('close', () => {
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

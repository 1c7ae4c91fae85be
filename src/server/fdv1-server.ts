import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../async/clock.ts'
import { Listeners } from '../async/listeners.ts'
import { sleep } from '../async/sleep.ts'
import type { Applied, Sink } from '../model/sink.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { changeEventOf, everythingOf, flagsOf, JsonBody, putEvent } from './fdv1-answers.ts'
import { respondWithJson } from './respond-with-json.ts'

export interface Fdv1ServerOptions {
  readonly clock: Clock
  readonly heartbeatMs: number
  /** What is held; `undefined` while there is nothing. */
  readonly snapshot: () => Snapshot | undefined
  /** Aborts when the server shuts down. */
  readonly closing: AbortSignal
  readonly onError: (error: unknown) => void
}

const OBJECT = /^\/sdk\/(flags|segments)\/(.+)$/

/** Serves one environment to SDKs of the years before FDv2: whole objects, by polls and by streams. */
export class Fdv1Server implements Sink {
  readonly #options: Fdv1ServerOptions
  readonly #subscribers: Listeners<Buffer>

  constructor(options: Fdv1ServerOptions) {
    this.#options = options
    this.#subscribers = new Listeners(options.onError)
  }

  /** Encodes the change once, for whoever listens. */
  accept({ changeSet }: Applied): void {
    const snapshot = this.#options.snapshot()
    if (this.#subscribers.size === 0 || !snapshot) return
    const isFull = changeSet.type === 'full'
    this.#subscribers.emit(
      isFull ? putEvent(snapshot) : Buffer.from(changeSet.changes.map(changeEventOf).join('')),
    )
  }

  /** Streams open at the moment. */
  get clients(): number {
    return this.#subscribers.size
  }

  /** Whether a path is one of FDv1's. */
  knows(path: string): boolean {
    return path === '/all' || path === '/sdk/latest-all' || path === '/sdk/flags' || OBJECT.test(path)
  }

  /** Answers a request whose path it knows, and whose sender may ask. */
  async answer(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const snapshot = this.#options.snapshot()
    if (!snapshot) return void response.writeHead(503, { 'retry-after': '1', 'content-length': 0 }).end()
    if (path === '/all') return this.#stream(snapshot, response)
    const body = bodyOf(path, snapshot)
    if (body) return respondWithJson(body, request, response)
    response.writeHead(404, { 'content-length': 0 }).end()
  }

  /**
   * Everything, then each change. A client that reads more slowly than data changes is told nothing until it has read
   * what it was sent, and then everything.
   */
  async #stream(snapshot: Snapshot, response: ServerResponse): Promise<void> {
    const { clock, heartbeatMs, closing } = this.#options
    const gone = new AbortController()
    let missed = false
    const tell = (update: Buffer): void => {
      missed ||= response.writableNeedDrain
      if (!missed) response.write(update)
    }
    const catchUp = (): void => {
      const held = missed ? this.#options.snapshot() : undefined
      missed = false
      if (held) response.write(putEvent(held))
    }
    const end = (): void => void response.end()
    const unsubscribe = this.#subscribers.add(tell)
    closing.addEventListener('abort', end)
    response.on('drain', catchUp)
    response.on('close', () => {
      unsubscribe()
      closing.removeEventListener('abort', end)
      gone.abort()
    })
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
    })
    response.write(putEvent(snapshot))
    while (!gone.signal.aborted) {
      await sleep(clock, heartbeatMs, gone.signal)
      if (!response.writableEnded && !response.writableNeedDrain) response.write(':\n\n')
    }
  }
}

function bodyOf(path: string, snapshot: Snapshot): JsonBody | undefined {
  if (path === '/sdk/latest-all') return everythingOf(snapshot)
  if (path === '/sdk/flags') return flagsOf(snapshot)
  const [, collection, name = ''] = OBJECT.exec(path) ?? []
  const key = decoded(name)
  const item =
    key === undefined ? undefined : (collection === 'flags' ? snapshot.flags : snapshot.segments).get(key)
  return item && new JsonBody(JSON.stringify(item.object))
}

function decoded(name: string): string | undefined {
  try {
    return decodeURIComponent(name)
  } catch {
    return undefined
  }
}

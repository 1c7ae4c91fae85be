import type { Clock, Undo } from '../async/clock.ts'
import { Queue } from '../async/queue.ts'
import { sleep } from '../async/sleep.ts'

type Pieces = AsyncIterable<Uint8Array>

/** The response body of one connection. Bytes are sent when the client reads them. */
export class Outgoing {
  readonly #queue = new Queue<Uint8Array>()
  readonly #clientGone = new AbortController()
  readonly #onEnd = new Set<Undo>()
  #state: 'open' | 'silent' | 'ended' | 'broken' = 'open'

  /** @param client - aborts when the client has closed the connection. */
  constructor(client: AbortSignal) {
    client.addEventListener('abort', () => this.#clientClosed(), { once: true })
    if (client.aborted) this.#clientClosed()
  }

  /** Aborts when the client has closed the connection. */
  get clientGone(): AbortSignal {
    return this.#clientGone.signal
  }

  write(bytes: Uint8Array): void {
    // An empty chunk would end a chunked body.
    if (this.#state === 'open' && bytes.length > 0) this.#queue.push(bytes)
  }

  /** Sends no more bytes, and leaves the connection open. */
  silence(): void {
    if (this.#state === 'open') this.#state = 'silent'
  }

  /** Ends the body regularly, after the client has read the written bytes. */
  end(): void {
    this.#close('ended')
  }

  /** Breaks the connection, after the client has read the written bytes. */
  cut(): void {
    this.#close('broken')
  }

  /** Calls `undo` when the body ends or breaks; at once if it already has. */
  onEnd(undo: Undo): void {
    if (this.#isEnded) undo()
    else this.#onEnd.add(undo)
  }

  async *pieces(): AsyncGenerator<Uint8Array> {
    yield* this.#queue
    if (this.#state === 'broken') throw new ScriptedCutError()
  }

  /** Returns a response body with the given pieces. */
  body(pieces: Pieces): ReadableStream<Uint8Array> {
    const iterator = pieces[Symbol.asyncIterator]()
    return new ReadableStream(
      {
        pull: async (controller) => {
          const { done, value } = await iterator.next()
          if (done) controller.close()
          else controller.enqueue(value)
        },
        cancel: () => this.#clientClosed(),
      },
      { highWaterMark: 0 },
    )
  }

  get #isEnded(): boolean {
    return this.#state === 'ended' || this.#state === 'broken'
  }

  #clientClosed(): void {
    this.#clientGone.abort()
    this.end()
  }

  #close(state: 'ended' | 'broken'): void {
    if (this.#isEnded) return
    this.#state = state
    this.#queue.close()
    for (const undo of this.#onEnd) undo()
  }
}

/** Yields the same bytes in small pieces, with a delay before each, until the signal aborts. */
export async function* slowly(
  pieces: Pieces,
  { delayMs, pieceBytes }: { readonly delayMs: number; readonly pieceBytes: number },
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; at += pieceBytes) {
      await sleep(clock, delayMs, signal)
      if (signal.aborted) return
      yield piece.subarray(at, at + pieceBytes)
    }
  }
}

class ScriptedCutError extends Error {
  override readonly name = 'ScriptedCutError'

  constructor() {
    super('the script of the origin cut the connection')
  }
}

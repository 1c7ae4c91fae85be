import type { Clock, Undo } from '../async/clock.ts'
import { Queue } from '../async/queue.ts'
import { sleep } from '../async/sleep.ts'

type Pieces = AsyncIterable<Uint8Array>

/** What goes out on one connection. Bytes leave when the other side reads them. */
export class Outgoing {
  readonly #queue = new Queue<Uint8Array>()
  readonly #gone = new AbortController()
  readonly #whenOver = new Set<Undo>()
  #state: 'speaking' | 'mute' | 'ended' | 'broken' = 'speaking'

  /** @param left aborts when the other side is gone. */
  constructor(left: AbortSignal) {
    left.addEventListener('abort', () => this.#leave(), { once: true })
    if (left.aborted) this.#leave()
  }

  /** Aborts when nobody listens any more. */
  get gone(): AbortSignal {
    return this.#gone.signal
  }

  say(bytes: Uint8Array): void {
    // An empty piece would end a chunked body.
    if (this.#state === 'speaking' && bytes.length > 0) this.#queue.push(bytes)
  }

  /** Stays open, and says nothing from now on. */
  mute(): void {
    if (this.#state === 'speaking') this.#state = 'mute'
  }

  /** Ends in good order, once what was said is read. */
  end(): void {
    this.#close('ended')
  }

  /** Breaks the connection, once what was said is read. */
  cut(): void {
    this.#close('broken')
  }

  /** Undoes something when nothing more will be said. */
  whenOver(undo: Undo): void {
    if (this.#isOver) undo()
    else this.#whenOver.add(undo)
  }

  async *pieces(): AsyncGenerator<Uint8Array> {
    yield* this.#queue
    if (this.#state === 'broken') throw new CutByScript()
  }

  /** The body of a response, from these pieces or from what was made of them. */
  body(pieces: Pieces): ReadableStream<Uint8Array> {
    const iterator = pieces[Symbol.asyncIterator]()
    return new ReadableStream(
      {
        pull: async (controller) => {
          const { done, value } = await iterator.next()
          if (done) controller.close()
          else controller.enqueue(value)
        },
        cancel: () => this.#leave(),
      },
      { highWaterMark: 0 },
    )
  }

  get #isOver(): boolean {
    return this.#state === 'ended' || this.#state === 'broken'
  }

  #leave(): void {
    this.#gone.abort()
    this.end()
  }

  #close(state: 'ended' | 'broken'): void {
    if (this.#isOver) return
    this.#state = state
    this.#queue.close()
    for (const undo of this.#whenOver) undo()
  }
}

/** The same bytes in small pieces, each a while after the one before, until the signal aborts. */
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

class CutByScript extends Error {
  override readonly name = 'CutByScript'

  constructor() {
    super('the script of the origin cut the connection')
  }
}

import type { Undo } from '../../src/async/clock.ts'
import type { Effect } from './fault-injector.ts'
import type { Segment } from './framing.ts'

/** A failure of a connection: after this number of bytes it ends, breaks, or becomes silent. */
export interface Cut {
  readonly after: number
  readonly how: 'end' | 'break' | 'silence'
}

export interface PipeOptions {
  /** Calls back after this time of the simulated world, in milliseconds. */
  readonly after: (ms: number, wake: () => void) => Undo
  readonly cut: Cut | undefined
  /** Returns the size of the next piece in bytes and its delay in milliseconds. */
  readonly pace: () => { readonly bytes: number; readonly ms: number }
  /** Called when the client has read a piece. */
  readonly onRead: (piece: Piece) => void
  /** Called when the client has read to the end, which may be premature. */
  readonly onEnd: (how: Ending) => void
}

export type Ending = 'clean' | 'broken'

/** The bytes of one read, with their effects. */
export interface Piece {
  readonly bytes: Uint8Array
  readonly effects: readonly Effect[]
}

interface Outcome {
  readonly end: Ending
}
type Waiting = { resolve(result: IteratorResult<Uint8Array>): void; reject(error: unknown): void }

/** The body of one answer, delivered in order, in pieces, with delays, and possibly cut. */
export class Pipe implements AsyncIterable<Uint8Array> {
  readonly #options: PipeOptions
  readonly #underway: (Piece | Outcome)[] = []
  readonly #arrived: (Piece | Outcome)[] = []
  #written = 0
  #cut: Cut | undefined
  #sealed = false
  #waiting: Waiting | undefined
  #disarm: Undo | undefined
  #error: unknown

  constructor(options: PipeOptions) {
    this.#options = options
    this.#cut = options.cut
  }

  /** True if the client can still read. */
  get open(): boolean {
    return this.#error === undefined
  }

  write(segments: readonly Segment[]): void {
    for (const segment of segments) this.#writeOne(segment)
  }

  finish(how: Ending): void {
    if (this.#sealed) return
    this.#sealed = true
    this.#send({ end: how })
  }

  /** Cancels a cut that has not happened yet. */
  heal(): void {
    this.#cut = undefined
  }

  /** Ends the body because the client aborted the request. */
  abandon(reason: unknown): void {
    if (!this.open) return
    this.#close(reason)
    this.#waiting?.reject(reason)
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return { next: () => new Promise((resolve, reject) => this.#read({ resolve, reject })) }
  }

  #writeOne({ bytes, effects }: Segment): void {
    if (this.#sealed) return
    const room = this.#cut ? Math.max(0, this.#cut.after - this.#written) : Infinity
    const kept = bytes.subarray(0, room)
    this.#written += kept.length
    this.#sendPieces(kept, kept.length === bytes.length ? effects : [])
    if (kept.length === bytes.length || !this.#cut) return
    if (this.#cut.how === 'silence') this.#sealed = true
    else this.finish(this.#cut.how === 'end' ? 'clean' : 'broken')
  }

  #sendPieces(bytes: Uint8Array, effects: readonly Effect[]): void {
    for (let start = 0; start < bytes.length; ) {
      const piece = bytes.subarray(start, start + this.#options.pace().bytes)
      start += piece.length
      this.#send({ bytes: piece, effects: start === bytes.length ? effects : [] })
    }
  }

  #send(item: Piece | Outcome): void {
    if (!this.open) return
    this.#underway.push(item)
    if (!this.#disarm) this.#carry()
  }

  /** Delivers one item after the other. Items without a delay arrive together. */
  #carry(): void {
    this.#disarm = undefined
    while (this.#underway.length > 0) {
      const { ms } = this.#options.pace()
      if (ms > 0) {
        this.#disarm = this.#options.after(ms, () => {
          this.#arrive()
          this.#carry()
        })
        return
      }
      this.#arrive()
    }
  }

  #arrive(): void {
    const item = this.#underway.shift()
    if (item) this.#arrived.push(item)
    if (this.#waiting) this.#read(this.#waiting)
  }

  #read(reader: Waiting): void {
    this.#waiting = undefined
    const item = this.#arrived.shift()
    if (!this.open) {
      reader.reject(this.#error)
    } else if (!item) {
      this.#waiting = reader
    } else if ('bytes' in item) {
      const piece = this.#withAllThatArrived(item)
      this.#options.onRead(piece)
      reader.resolve({ done: false, value: piece.bytes })
    } else {
      this.#close(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }))
      this.#options.onEnd(item.end)
      if (item.end === 'clean') reader.resolve({ done: true, value: undefined })
      else reader.reject(this.#error)
    }
  }

  /** Joins all pieces that have arrived, because a slow reader reads them at once. */
  #withAllThatArrived(first: Piece): Piece {
    const pieces = [first]
    for (let next = this.#arrived[0]; next && 'bytes' in next; next = this.#arrived[0]) {
      pieces.push(next)
      this.#arrived.shift()
    }
    if (pieces.length === 1) return first
    return {
      bytes: Buffer.concat(pieces.map(({ bytes }) => bytes)),
      effects: pieces.flatMap(({ effects }) => effects),
    }
  }

  #close(error: unknown): void {
    this.#error = error ?? new Error('aborted')
    this.#sealed = true
    this.#disarm?.()
    this.#underway.length = 0
  }
}

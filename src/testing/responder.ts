import type { Undo } from '../async/clock.ts'
import type { FailureOf } from './failure.ts'

/** The bytes that a path sends if nothing fails. */
export type Responder = PollResponder | StreamResponder

interface CommonResponder {
  readonly contentType: string
  /** Returns the first bytes for a client with this basis. */
  initial(basis: string | undefined): Uint8Array
  goodbye(failure: FailureOf<'goodbye'>): Uint8Array
}

export interface PollResponder extends CommonResponder {
  readonly type: 'poll'
}

export interface StreamResponder extends CommonResponder {
  readonly type: 'stream'
  /** Calls `send` with the bytes of each change. Returns a function that ends this. */
  follow(send: (bytes: Uint8Array) => void): Undo
}

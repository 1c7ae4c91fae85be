import type { Undo } from '../async/clock.ts'
import type { Of } from './failure.ts'

/** What a path says when nothing fails. */
export type Responder = PollResponder | StreamResponder

interface CommonVoice {
  readonly contentType: string
  /** What a client at this basis is told at once. */
  opening(basis: string | undefined): Uint8Array
  goodbye(failure: Of<'goodbye'>): Uint8Array
}

export interface PollResponder extends CommonVoice {
  readonly type: 'poll'
}

export interface StreamResponder extends CommonVoice {
  readonly type: 'stream'
  /** Calls back with what there is to say later on. */
  follow(tell: (bytes: Uint8Array) => void): Undo
}

import type { Clock } from '../async/clock.ts'
import type { HttpHeaders, Transport } from '../transport/transport.ts'
import type { SilenceCheck } from './silence-check.ts'

/** Where a source asks, how, and how much it believes. */
export interface Endpoint {
  readonly transport: Transport
  readonly clock: Clock
  readonly url: string
  /** Sent with every request: the credential and who is asking. */
  readonly headers: HttpHeaders
  /** Longest wait for a byte before the connection is given up, milliseconds. */
  readonly silenceMs: number
  /** Longest answer, bytes: a poll's body inflated, or one event of a stream. */
  readonly maxBytes: number
}

/** What a poll wants to know besides. */
export interface PollEndpoint extends Endpoint {
  /** How long an answer may take in all, milliseconds. */
  readonly answerMs: number
}

/** What a stream wants to know besides. */
export interface StreamEndpoint extends Endpoint {
  /** Longest wait for the headers of an answer, connecting and redirects included, milliseconds. */
  readonly headersMs: number
  readonly random: () => number
  /** How long an event may take from its first byte to its last, milliseconds. */
  readonly eventMs: number
  /** Absent where no source of the plan polls. */
  readonly silenceCheck?: SilenceCheck
}

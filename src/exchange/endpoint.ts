import type { Clock } from '../async/clock.ts'
import { childOf } from '../async/signals.ts'
import { startWatchdog } from '../async/watchdog.ts'
import type { SourceResult } from '../model/source-result.ts'
import { classifyFailure } from '../transport/classify.ts'
import type { HttpHeaders, Transport } from '../transport/transport.ts'
import type { SilenceCheck } from './stream-watch.ts'

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

/** One request, given up when no byte arrives for a while. */
export interface Attempt {
  readonly signal: AbortSignal
  /** The same bytes; each chunk counts as a sign of life. */
  watch(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>
  /** What an exception during the attempt means. */
  explain(error: unknown): SourceResult
  /** Gives the connection up; {@link explain} will say why. */
  readonly abandon: (reason: string) => void
  /** Closes the connection if it is still in use. */
  readonly end: () => void
}

export function startAttempt(clock: Clock, silenceMs: number, parent: AbortSignal): Attempt {
  const { signal, end } = childOf(parent)
  const abandon = (reason: string): void => end(new Error(reason))
  const watchdog = startWatchdog(clock, silenceMs, () => abandon(`no byte for ${silenceMs / 1000} s`))
  return {
    signal,
    abandon,
    async *watch(body) {
      watchdog.reset()
      for await (const chunk of body) {
        watchdog.reset()
        yield chunk
      }
    },
    // A transport may report an abort in its own words; the reason it was given says more.
    explain: (error) => classifyFailure(signal.aborted ? signal.reason : error),
    end() {
      watchdog.stop()
      end()
    },
  }
}

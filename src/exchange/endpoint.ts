import type { Clock } from '../async/clock.ts'
import { childOf } from '../async/signals.ts'
import { startWatchdog } from '../async/watchdog.ts'
import type { SourceResult } from '../model/source-result.ts'
import { classifyFailure } from '../transport/classify.ts'
import type { HttpHeaders, Transport } from '../transport/transport.ts'
import type { SilenceCheck } from './stream-watch.ts'

export interface Endpoint {
  readonly transport: Transport
  readonly clock: Clock
  readonly url: string
  /** Headers of every request: the credential and the identity of the client. */
  readonly headers: HttpHeaders
  /** Longest wait for a byte before the connection is abandoned, in milliseconds. */
  readonly silenceMs: number
  /** Maximum size of the inflated body of a poll, or of one event of a stream, in bytes. */
  readonly maxBytes: number
}

export interface PollEndpoint extends Endpoint {
  /** Longest duration of a request with its answer, in milliseconds. */
  readonly answerMs: number
}

export interface StreamEndpoint extends Endpoint {
  /** Longest wait for the headers of the answer, including connection and redirects, in milliseconds. */
  readonly headersMs: number
  readonly random: () => number
  /** Longest time from the first byte of an event to its last, in milliseconds. */
  readonly eventMs: number
  /** Absent if no source of the plan polls. */
  readonly silenceCheck?: SilenceCheck
}

/** One request, which is abandoned if no byte arrives for `silenceMs`. */
export interface Attempt {
  readonly signal: AbortSignal
  /** Returns the same bytes. Each chunk resets the time-out. */
  watch(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>
  explain(error: unknown): SourceResult
  /** Aborts the connection. {@link explain} then returns the reason. */
  readonly abandon: (reason: string) => void
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
    // A transport can report an abort with an error of its own. The reason of the abort is more precise.
    explain: (error) => classifyFailure(signal.aborted ? signal.reason : error),
    end() {
      watchdog.stop()
      end()
    },
  }
}

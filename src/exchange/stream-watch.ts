import type { Clock, Undo } from '../async/clock.ts'
import type { Directive } from '../model/source-result.ts'
import { HEARTBEAT_HEADER } from '../protocol/events.ts'
import type { Selector } from '../selector/selector.ts'
import type { SseBatch } from '../transport/sse.ts'
import type { HttpHeaders } from '../transport/transport.ts'
import { type SilenceCheck, type SilenceWatch, watchSilence } from './silence-check.ts'

export interface StreamWatchOptions {
  readonly clock: Clock
  readonly random: () => number
  /** How long an event may take from its first byte to its last, milliseconds. */
  readonly eventMs: number
  /** Absent where nothing can be asked: no source of the plan polls. */
  readonly silenceCheck: SilenceCheck | undefined
  /** A server of ours announces how often it shows a sign of life. */
  readonly headers: HttpHeaders
  readonly reached: () => Selector | undefined
  readonly signal: AbortSignal
  readonly abandon: (reason: string) => void
  /** The server ordered FDv1 where the stream itself said nothing. */
  readonly ordered: (order: Directive) => void
}

/** Watches an open stream for what it does not say: an event that never ends, a silence that hides changes (D23). */
export interface StreamWatch {
  observe(batch: SseBatch): void
  /** Checks the connection now, if it can be checked. */
  doubt(): 'checking' | 'cannot be checked'
  stop(): void
}

export function watchStream(options: StreamWatchOptions): StreamWatch {
  const { clock, eventMs, abandon } = options
  const silence = watchQuiet(options)
  let disarm: Undo | undefined
  const calm = (): void => {
    disarm?.()
    disarm = undefined
  }
  return {
    observe({ events, begun }) {
      silence?.feed()
      if (events.length > 0 || !begun) calm()
      if (begun)
        disarm ??= clock.after(eventMs, () => abandon(`an event did not end within ${eventMs / 1000} s`))
    },
    doubt() {
      silence?.doubt()
      return silence ? 'checking' : 'cannot be checked'
    },
    stop() {
      calm()
      silence?.stop()
    },
  }
}

function watchQuiet(options: StreamWatchOptions): SilenceWatch | undefined {
  const { clock, random, silenceCheck, headers, reached, signal, abandon, ordered } = options
  if (!silenceCheck) return undefined
  return watchSilence({
    clock,
    random,
    // Streams that went silent together are not all checked together.
    quietMs: (quietMsOf(headers) ?? silenceCheck.quietMs) * (1 + random() / 10),
    poll: silenceCheck.newPoll(),
    reached,
    signal,
    missed(order) {
      if (order) ordered(order)
      abandon('the stream is silent although there is something to say')
    },
  })
}

/** Three announced heartbeats that did not come; not so few that the check becomes a poll of its own. */
function quietMsOf(headers: HttpHeaders): number | undefined {
  const heartbeatMs = Number(headers[HEARTBEAT_HEADER])
  return heartbeatMs > 0 ? Math.max(MIN_QUIET_MS, 3 * heartbeatMs) : undefined
}

const MIN_QUIET_MS = 3_000

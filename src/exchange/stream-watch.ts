import { Backoff } from '../async/backoff.ts'
import type { Clock, Undo } from '../async/clock.ts'
import { startWatchdog, type Watchdog } from '../async/watchdog.ts'
import type { Directive } from '../model/source-result.ts'
import { HEARTBEAT_HEADER } from '../protocol/events.ts'
import { type Selector, sameSelector } from '../selector/selector.ts'
import type { SseBatch } from '../transport/sse.ts'
import type { HttpHeaders } from '../transport/transport.ts'
import type { Poll } from './poll.ts'

export interface StreamWatchOptions {
  readonly clock: Clock
  readonly random: () => number
  readonly eventMs: number
  readonly silenceCheck: SilenceCheck | undefined
  readonly headers: HttpHeaders
  readonly reached: () => Selector | undefined
  readonly signal: AbortSignal
  readonly abandon: (reason: string) => void
  readonly onDirective: (directive: Directive) => void
}

/** Watches an open stream for events that do not end and for silence (D23). */
export interface StreamWatch {
  observe(batch: SseBatch): void
  /** Checks the connection now, if it can be checked. */
  verify(): 'checking' | 'cannot be checked'
  stop(): void
}

export function watchStream(options: StreamWatchOptions): StreamWatch {
  const { clock, eventMs, abandon } = options
  const silence = startSilenceWatch(options)
  let disarm: Undo | undefined
  const stopTimer = (): void => {
    disarm?.()
    disarm = undefined
  }
  return {
    observe({ events, begun }) {
      silence?.reset()
      if (events.length > 0 || !begun) stopTimer()
      if (begun)
        disarm ??= clock.after(eventMs, () => abandon(`an event did not end within ${eventMs / 1000} s`))
    },
    verify() {
      silence?.verify()
      return silence ? 'checking' : 'cannot be checked'
    },
    stop() {
      stopTimer()
      silence?.stop()
    },
  }
}

function startSilenceWatch(options: StreamWatchOptions): SilenceWatch | undefined {
  const { clock, random, silenceCheck, headers, reached, signal, abandon, onDirective } = options
  if (!silenceCheck) return undefined
  return watchSilence({
    clock,
    random,
    // Jitter, so that streams that fell silent together are not checked together.
    quietMs: (quietMsOf(headers) ?? silenceCheck.quietMs) * (1 + random() / 10),
    poll: silenceCheck.newPoll(),
    reached,
    signal,
    onMissedChange(directive) {
      if (directive) onDirective(directive)
      abandon('the stream is silent although the service has changes')
    },
  })
}

/** Returns the time of three announced heartbeats, at least 3 s, so that the checks do not become a poll. */
function quietMsOf(headers: HttpHeaders): number | undefined {
  const heartbeatMs = Number(headers[HEARTBEAT_HEADER])
  return heartbeatMs > 0 ? Math.max(MIN_QUIET_MS, 3 * heartbeatMs) : undefined
}

const MIN_QUIET_MS = 3_000

export interface SilenceCheck {
  /** Silence of a stream before it is checked, in milliseconds. */
  readonly quietMs: number
  readonly newPoll: () => Poll
}

interface SilenceCheckOptions {
  readonly clock: Clock
  readonly random: () => number
  readonly quietMs: number
  readonly poll: Poll
  readonly reached: () => Selector | undefined
  readonly signal: AbortSignal
  /** Called when the stream has missed a change or the FDv1 directive. */
  readonly onMissedChange: (directive: Directive | undefined) => void
}

interface SilenceWatch extends Watchdog {
  readonly verify: () => void
}

/** First delay before a failed check after a freeze is repeated, in milliseconds. Doubles with each failure. */
const RETRY_MS = 1_000

/**
 * Polls at the basis that the stream has reached, when the stream has been silent for `quietMs` and after a freeze of the
 * process (D23, S152). The answer "nothing new" confirms the stream; a change shows that the stream is dead. After a freeze a
 * failed poll is repeated with growing delays until a poll is answered or the stream delivers bytes.
 */
function watchSilence(options: SilenceCheckOptions): SilenceWatch {
  const { clock, random, quietMs, poll, reached, signal, onMissedChange } = options
  const backoff = new Backoff({ clock, random, baseMs: RETRY_MS })
  let stopped = false
  let freezes = 0
  let isUnverified = false
  // Absent while a check is in progress, so that there is one at a time.
  let watchdog: Watchdog | undefined
  const check = async (): Promise<void> => {
    if (!watchdog) return
    watchdog.stop()
    watchdog = undefined
    const basis = reached()
    const freezesBefore = freezes
    const { answered, changed, directive, retryAfterMs } = await probe(poll, basis, signal)
    if (stopped) return
    // An answer from before a freeze does not show that the connection survived it (S152).
    if (answered && freezes === freezesBefore) isUnverified = false
    // A change is missed only if the stream has not moved meanwhile.
    if (directive || (changed && sameSelector(basis, reached()))) onMissedChange(directive)
    else watch(isUnverified ? backoff.failed(retryAfterMs) : quietMs)
  }
  const start = (): void => {
    // A poll that throws counts as failed.
    check().catch(() => {
      if (!stopped) watch(isUnverified ? backoff.failed() : quietMs)
    })
  }
  const watch = (ms: number): void => {
    watchdog = startWatchdog(clock, ms, start)
  }
  watch(quietMs)
  return {
    reset() {
      watchdog?.reset()
      if (!isUnverified) return
      isUnverified = false
      if (!watchdog) return
      watchdog.stop()
      watch(quietMs)
    },
    verify() {
      isUnverified = true
      freezes++
      start()
    },
    stop() {
      stopped = true
      watchdog?.stop()
    },
  }
}

interface PollOutcome {
  readonly answered: boolean
  readonly changed: boolean
  readonly directive: Directive | undefined
  readonly retryAfterMs: number | undefined
}

async function probe(poll: Poll, basis: Selector | undefined, signal: AbortSignal): Promise<PollOutcome> {
  let answered = false
  let changed = false
  let directive: Directive | undefined
  let retryAfterMs: number | undefined
  for await (const result of poll(basis, signal)) {
    directive = result.directive ?? directive
    if (result.type === 'changeSet') changed ||= result.changeSet.type !== 'none'
    answered ||= result.type === 'changeSet' || result.type === 'terminalError'
    if (result.type === 'interrupted') ({ retryAfterMs } = result.error)
  }
  return { answered, changed, directive, retryAfterMs }
}

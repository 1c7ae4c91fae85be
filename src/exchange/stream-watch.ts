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
      silence?.reset()
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

/** How a silent stream is checked. */
export interface SilenceCheck {
  /** How long a stream may be silent before it is checked, milliseconds. */
  readonly quietMs: number
  /** Returns a new poll that asks whether the stream missed anything. */
  readonly newPoll: () => Poll
}

export interface SilenceCheckOptions {
  readonly clock: Clock
  readonly random: () => number
  readonly quietMs: number
  readonly poll: Poll
  /** Where the stream stands. */
  readonly reached: () => Selector | undefined
  readonly signal: AbortSignal
  /** The stream is silent although there is something to say: a change, or the order to use FDv1. */
  readonly missed: (order: Directive | undefined) => void
}

/** Notices that a stream missed something. */
interface SilenceWatch extends Watchdog {
  /** Checks the stream now, because its connection may have died unnoticed. */
  readonly doubt: () => void
}

/** First delay before a check after a freeze is repeated, milliseconds; doubles with each failure. */
const RETRY_MS = 1_000

/**
 * Polls at the place the stream has reached, whenever nothing was heard for a while and when the connection is in doubt
 * (D23, S152). "Nothing new" confirms the stream; a change means that it is dead. A failed poll says nothing about the
 * stream; while it is in doubt the poll is repeated with growing delays until it is answered or the stream speaks.
 */
function watchSilence(options: SilenceCheckOptions): SilenceWatch {
  const { clock, random, quietMs, poll, reached, signal, missed } = options
  const backoff = new Backoff({ clock, random, baseMs: RETRY_MS })
  let stopped = false
  let inDoubt = false
  // None while a check is under way: one at a time.
  let watchdog: Watchdog | undefined
  const check = async (): Promise<void> => {
    if (!watchdog) return
    watchdog.stop()
    watchdog = undefined
    const basis = reached()
    const { answered, changed, order, retryAfterMs } = await ask(poll, basis, signal)
    if (stopped) return
    if (answered) inDoubt = false
    // What the stream brought meanwhile it did not miss.
    if (order || (changed && sameSelector(basis, reached()))) missed(order)
    else watch(inDoubt ? backoff.failed(retryAfterMs) : quietMs)
  }
  const start = (): void => {
    // A poll that throws is a poll that failed: the next check follows.
    check().catch(() => {
      if (!stopped) watch(inDoubt ? backoff.failed() : quietMs)
    })
  }
  const watch = (ms: number): void => {
    watchdog = startWatchdog(clock, ms, start)
  }
  watch(quietMs)
  return {
    reset() {
      watchdog?.reset()
      if (!inDoubt) return
      inDoubt = false
      if (!watchdog) return
      watchdog.stop()
      watch(quietMs)
    },
    doubt() {
      inDoubt = true
      start()
    },
    stop() {
      stopped = true
      watchdog?.stop()
    },
  }
}

interface Reply {
  /** Whether asking again could say more. */
  readonly answered: boolean
  readonly changed: boolean
  readonly order: Directive | undefined
  readonly retryAfterMs: number | undefined
}

async function ask(poll: Poll, basis: Selector | undefined, signal: AbortSignal): Promise<Reply> {
  let answered = false
  let changed = false
  let order: Directive | undefined
  let retryAfterMs: number | undefined
  for await (const result of poll(basis, signal)) {
    order = result.directive ?? order
    if (result.type === 'changeSet') changed ||= result.changeSet.type !== 'none'
    answered ||= result.type === 'changeSet' || result.type === 'terminalError'
    if (result.type === 'interrupted') ({ retryAfterMs } = result.error)
  }
  return { answered, changed, order, retryAfterMs }
}

import { Backoff } from '../async/backoff.ts'
import type { Clock } from '../async/clock.ts'
import { startWatchdog, type Watchdog } from '../async/watchdog.ts'
import type { Directive } from '../model/source-result.ts'
import { type Selector, sameSelector } from '../selector/selector.ts'
import type { Poll } from './poll.ts'

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
export interface SilenceWatch extends Watchdog {
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
export function watchSilence(options: SilenceCheckOptions): SilenceWatch {
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
    feed() {
      watchdog?.feed()
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

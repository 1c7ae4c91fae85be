import type { Clock } from '../async/clock.ts'
import { onWake } from '../async/wake.ts'
import { startWatchdog, type Watchdog } from '../async/watchdog.ts'
import type { Directive } from '../model/directive.ts'
import { type Selector, sameSelector } from '../selector/selector.ts'
import type { Poll } from './poll.ts'

/** How a silent stream is checked. */
export interface SilenceCheck {
  /** How long a stream may be silent before it is checked, milliseconds. */
  readonly quietMs: number
  /** Makes what asks whether the stream missed anything. */
  readonly newPoll: () => Poll
  /** Spreads clients whose streams went silent together over a tenth of the time. */
  readonly random: () => number
}

export interface SilenceCheckOptions {
  readonly clock: Clock
  readonly quietMs: number
  readonly poll: Poll
  /** Where the stream stands. */
  readonly reached: () => Selector | undefined
  readonly signal: AbortSignal
  /** The stream is silent although there is something to say: a change, or the order to use FDv1. */
  readonly missed: (order: Directive | undefined) => void
}

/**
 * Asks, whenever nothing was heard for a while and whenever the process wakes from a sleep, whether there is anything new at the place the stream has reached (D23).
 * "Nothing new" confirms the stream; a change means that it is dead; a failure says nothing about it.
 */
export function watchSilence({
  clock,
  quietMs,
  poll,
  reached,
  signal,
  missed,
}: SilenceCheckOptions): Watchdog {
  let stopped = false
  // None while a check is under way: one at a time.
  let watchdog: Watchdog | undefined
  const check = async (): Promise<void> => {
    if (!watchdog) return
    watchdog.stop()
    watchdog = undefined
    const basis = reached()
    const { changed, order } = await ask(poll, basis, signal)
    if (stopped) return
    // What the stream brought meanwhile it did not miss.
    if (order || (changed && sameSelector(basis, reached()))) missed(order)
    else watch()
  }
  const watch = (): void => {
    watchdog = startWatchdog(clock, quietMs, () => void check())
  }
  watch()
  // A connection may have died while the process slept, and nobody here would have heard.
  const undoWake = onWake(clock, () => void check())
  return {
    feed: () => watchdog?.feed(),
    stop() {
      stopped = true
      undoWake()
      watchdog?.stop()
    },
  }
}

interface Reply {
  readonly changed: boolean
  readonly order: Directive | undefined
}

async function ask(poll: Poll, basis: Selector | undefined, signal: AbortSignal): Promise<Reply> {
  let changed = false
  let order: Directive | undefined
  for await (const result of poll(basis, signal)) {
    order = result.directive ?? order
    if (result.type === 'changeSet') changed ||= result.changeSet.type !== 'none'
  }
  return { changed, order }
}

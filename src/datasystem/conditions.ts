import type { Clock, Undo } from '../async/clock.ts'
import type { SourceResult } from '../model/source-result.ts'
import type { Timings } from './parts.ts'

/** A rule that ends or changes a turn. It sees every result of the active source and has timers of its own. */
export interface Condition {
  observe(result: SourceResult): void
  stop(): void
}

interface ConditionParts {
  readonly clock: Clock
  readonly random: () => number
  readonly timings: Timings
}

/**
 * Calls `expired` when a source has to be left (D4). Before its first change set that is after a time without progress,
 * or at a time limit even with progress; later, some time after the first interruption. Only a change set cancels the
 * timers. Until then `expired` is called again every `noProgressMs`, because another source may become available.
 */
export function fallbackCondition(
  { clock, random, timings }: ConditionParts,
  expired: () => void,
): Condition {
  let state: 'waiting for data' | 'valid' | 'interrupted' = 'waiting for data'
  const newTimer = (): Timer => {
    const timer = new Timer(clock, () => {
      timer.start(timings.noProgressMs)
      expired()
    })
    return timer
  }
  const progress = newTimer()
  const firstData = newTimer()
  const interruption = newTimer()
  const stop = (): void => {
    for (const timer of [progress, firstData, interruption]) timer.stop()
  }
  progress.start(timings.noProgressMs)
  firstData.start(timings.firstDataMs)
  return {
    stop,
    observe(result) {
      if (result.type === 'changeSet') {
        if (state !== 'valid') stop()
        state = 'valid'
      } else if (state === 'waiting for data' && isProgress(result)) {
        progress.start(timings.noProgressMs)
      } else if (state === 'valid' && isInterruption(result)) {
        state = 'interrupted'
        // Jitter: clients that lost their connections at the same time must not all ask the next source at once.
        interruption.start(timings.interruptedMs * (1 - random() / 2))
      }
    },
  }
}

/**
 * Calls `due` when a directive has to be obeyed (D8): with the first change set or failure of the answer that carried it,
 * or after `noProgressMs` without progress.
 */
export function directiveCondition({ clock, timings }: ConditionParts, due: () => void): Condition {
  let isOrdered = false
  const timer = new Timer(clock, due)
  return {
    stop: () => timer.stop(),
    observe(result) {
      const wasOrdered = isOrdered
      isOrdered ||= result.directive !== undefined
      if (!isOrdered) return
      if (result.type !== 'activity' && result.type !== 'skipped') due()
      else if (!wasOrdered || isProgress(result)) timer.start(timings.noProgressMs)
    },
  }
}

/**
 * Calls `attempt` each time a fallback source has been valid for `recoveryMs`, shortened at random by up to a tenth
 * (D5). The time starts again after an attempt has ended, and after an interruption.
 */
export function recoveryCondition(
  { clock, random, timings }: ConditionParts,
  attempt: () => Promise<void>,
): Condition {
  let isValid = false
  let isAttempting = false
  const timer = new Timer(clock, () => {
    isAttempting = true
    attempt().then(attemptEnded, attemptEnded)
  })
  const startIfIdle = (): void => {
    if (!isValid || isAttempting || timer.isRunning) return
    timer.start(timings.recoveryMs * (1 - random() / 10))
  }
  const attemptEnded = (): void => {
    isAttempting = false
    startIfIdle()
  }
  const stop = (): void => {
    isValid = false
    timer.stop()
  }
  return {
    stop,
    observe(result) {
      if (isInterruption(result)) stop()
      if (result.type !== 'changeSet') return
      isValid = true
      startIfIdle()
    },
  }
}

/** A timer whose restart replaces the time that was set before. */
class Timer {
  readonly #clock: Clock
  readonly #expired: () => void
  #undo: Undo | undefined

  constructor(clock: Clock, expired: () => void) {
    this.#clock = clock
    this.#expired = expired
  }

  get isRunning(): boolean {
    return this.#undo !== undefined
  }

  start(ms: number): void {
    this.stop()
    this.#undo = this.#clock.after(ms, () => {
      this.#undo = undefined
      this.#expired()
    })
  }

  stop(): void {
    this.#undo?.()
    this.#undo = undefined
  }
}

function isProgress(result: SourceResult): boolean {
  return result.type === 'activity' && result.of === 'payload'
}

function isInterruption({ type }: SourceResult): boolean {
  return type === 'interrupted' || type === 'goodbye' || type === 'aborted' || type === 'terminalError'
}

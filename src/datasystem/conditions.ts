import type { Clock, Undo } from '../async/clock.ts'
import type { SourceResult } from '../model/source-result.ts'
import type { Timings } from './timings.ts'

/** A clock that watches a turn and acts when its rule is met. */
export interface Condition {
  observe(result: SourceResult): void
  disarm(): void
}

/** The part of {@link Parts} a condition needs. */
interface Time {
  readonly clock: Clock
  readonly random: () => number
  readonly timings: Timings
}

export const NO_CONDITION: Condition = { observe() {}, disarm() {} }

/**
 * Loses patience with a source (D4): before its first data when nothing of a payload arrives for a while, or
 * when it takes too long in all; after data when an interruption lasts. Only data calms it.
 */
export function patience({ clock, timings }: Time, lose: () => void): Condition {
  let disarmProgress: Undo | undefined = clock.after(timings.noProgressMs, lose)
  let disarmTotal: Undo | undefined = clock.after(timings.firstDataMs, lose)
  let disarmInterrupted: Undo | undefined
  const disarm = (): void => {
    disarmProgress?.()
    disarmTotal?.()
    disarmInterrupted?.()
    disarmProgress = disarmTotal = disarmInterrupted = undefined
  }
  return {
    disarm,
    observe(result) {
      const beforeData = disarmProgress !== undefined
      if (result.type === 'changeSet') disarm()
      else if (beforeData && isProgress(result)) {
        disarmProgress?.()
        disarmProgress = clock.after(timings.noProgressMs, lose)
      } else if (!beforeData && isInterruption(result)) {
        disarmInterrupted ??= clock.after(timings.interruptedMs, lose)
      }
    },
  }
}

/**
 * Tries to get back to the preferred source, each time a stand-in has been valid for long enough (D5). The
 * jitter only shortens. One attempt at a time.
 */
export function recovery({ clock, random, timings }: Time, attempt: () => Promise<void>): Condition {
  let valid = false
  let attempting = false
  let disarm: Undo | undefined
  const arm = (): void => {
    if (!valid || attempting || disarm) return
    disarm = clock.after(timings.recoveryMs * (1 - random() / 10), () => {
      disarm = undefined
      attempting = true
      void attempt().then(() => {
        attempting = false
        arm()
      })
    })
  }
  const rest = (): void => {
    valid = false
    disarm?.()
    disarm = undefined
  }
  return {
    disarm: rest,
    observe(result) {
      if (isInterruption(result)) rest()
      if (result.type !== 'changeSet') return
      valid = true
      arm()
    },
  }
}

function isProgress(result: SourceResult): boolean {
  return result.type === 'activity' && result.of === 'payload'
}

function isInterruption({ type }: SourceResult): boolean {
  return type === 'interrupted' || type === 'goodbye' || type === 'aborted' || type === 'terminalError'
}

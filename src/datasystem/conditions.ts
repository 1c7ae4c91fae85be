import type { Clock, Undo } from '../async/clock.ts'
import type { SourceResult } from '../model/source-result.ts'
import type { Timings } from './parts.ts'

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

/** Whether a source that ought to be left was, or keeps its turn because nobody could take it. */
export type Leaving = 'left' | 'stayed'

/**
 * Loses patience with a source (D4): before its first data when nothing of a payload arrives for a while, or
 * when it takes too long in all; after data when an interruption lasts. Only data calms it.
 */
export function fallbackCondition({ clock, random, timings }: Time, leave: () => Leaving): Condition {
  let phase: 'before data' | 'calm' | 'interrupted' = 'before data'
  const alarms = new Map<'progress' | 'total' | 'interrupted', Undo>()
  const arm = (name: 'progress' | 'total' | 'interrupted', ms: number): void => {
    alarms.get(name)?.()
    // Whoever stays is asked again: somebody may be able to take its turn by then.
    alarms.set(
      name,
      clock.after(ms, () => {
        if (leave() === 'stayed') arm(name, timings.noProgressMs)
      }),
    )
  }
  const disarm = (): void => {
    for (const undo of alarms.values()) undo()
    alarms.clear()
  }
  arm('progress', timings.noProgressMs)
  arm('total', timings.firstDataMs)
  return {
    disarm,
    observe(result) {
      if (result.type === 'changeSet') {
        if (phase !== 'calm') disarm()
        phase = 'calm'
      } else if (phase === 'before data' && isProgress(result)) {
        arm('progress', timings.noProgressMs)
      } else if (phase === 'calm' && isInterruption(result)) {
        phase = 'interrupted'
        // Spread, so that clients cut off together do not all ask the next source together.
        arm('interrupted', timings.interruptedMs * (1 - random() / 2))
      }
    },
  }
}

/**
 * Notices when an order to use FDv1 must be obeyed (D8): with the first complete word of the answer that carried it, or
 * when nothing of a payload has come for a while.
 */
export function directiveCondition({ clock, timings }: Time, obey: () => void): Condition {
  let ordered = false
  let disarm: Undo = () => {}
  return {
    disarm: () => disarm(),
    observe(result) {
      const before = ordered
      ordered ||= result.directive !== undefined
      if (!ordered) return
      if (result.type !== 'activity' && result.type !== 'skipped') obey()
      else if (!before || isProgress(result)) {
        disarm()
        disarm = clock.after(timings.noProgressMs, obey)
      }
    },
  }
}

/**
 * Tries to get back to the preferred source, each time a stand-in has been valid for long enough (D5). The
 * jitter only shortens. One attempt at a time; one that fails is followed by the next.
 */
export function recoveryCondition({ clock, random, timings }: Time, attempt: () => Promise<void>): Condition {
  let valid = false
  let attempting = false
  let disarm: Undo | undefined
  const arm = (): void => {
    if (!valid || attempting || disarm) return
    disarm = clock.after(timings.recoveryMs * (1 - random() / 10), () => {
      disarm = undefined
      attempting = true
      const goOn = (): void => {
        attempting = false
        arm()
      }
      attempt().then(goOn, goOn)
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

import { spread } from '../async/backoff.ts'
import type { Clock } from '../async/clock.ts'
import { type WakeableWaits, wakeableWaits } from '../async/freeze-detection.ts'
import { sleep } from '../async/sleep.ts'
import type { Poll } from '../exchange/poll.ts'
import { refutesBasis } from '../exchange/results.ts'
import type { SourceResult } from '../model/source-result.ts'
import { advance } from '../selector/advance.ts'
import type { Synchronizer } from './synchronizer.ts'

export interface PollingSynchronizerOptions {
  readonly name: string
  readonly selectorScope?: string
  /** Makes what asks; a new one for each turn, because what it remembers holds only while nobody else writes. */
  readonly newPoll: () => Poll
  /** From the start of one poll to the start of the next, milliseconds; up to 4 % is added. */
  readonly intervalMs: number
  readonly clock: Clock
  readonly random: () => number
}

/** Spreads clients that started together. */
const JITTER = 0.04

/**
 * Polls at once when its turn begins, then at the interval, errors included (D10). Polls earlier only when the process
 * wakes from a freeze (S152), unless the server asked for a longer wait.
 */
export function pollingSynchronizer(options: PollingSynchronizerOptions): Synchronizer {
  const { newPoll, intervalMs, clock, random, ...identity } = options
  // Outlives a turn: neither the interval after a failure nor Retry-After ends because somebody else had a turn.
  let notBefore = 0
  return {
    ...identity,
    async *sync(basis, signal, held): AsyncGenerator<SourceResult> {
      const poll = newPoll()
      let selector = basis
      await sleep(clock, notBefore - clock.monotonic(), signal)
      const waits = wakeableWaits({ clock, random })
      try {
        while (!signal.aborted) {
          let due = clock.monotonic() + intervalMs * (1 + random() * JITTER)
          const remaining = (): number => Math.max(0, due - clock.monotonic())
          let pause: WakeableWaits['wait'] = waits.wait
          waits.forget()
          for await (const result of poll(selector, signal, held)) {
            switch (result.type) {
              case 'changeSet':
                selector = advance(selector, result.changeSet)
                yield result
                break
              case 'interrupted':
                if (refutesBasis(result.error)) selector = undefined
                due = Math.max(due, clock.monotonic() + spread(result.error.retryAfterMs ?? 0, random))
                notBefore = due
                // The server's own wish counts for more than a wake.
                if (result.error.retryAfterMs) pause = (ms) => sleep(clock, ms, signal)
                yield { ...result, retryInMs: remaining() }
                break
              case 'goodbye':
                yield { ...result, retryInMs: remaining() }
                break
              case 'terminalError':
                return yield result
              case 'activity':
              case 'skipped':
              case 'aborted':
                yield result
                break
              default:
                result satisfies never
            }
          }
          await pause(remaining(), signal)
        }
      } finally {
        waits.stop()
      }
    },
  }
}

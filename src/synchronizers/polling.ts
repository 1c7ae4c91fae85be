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
  readonly fdv1Retry?: { readonly leastMs: number }
  /** Creates the poll of a turn. Its ETag is valid only while no other source writes to memory. */
  readonly newPoll: () => Poll
  /** Time from the start of one poll to the start of the next, in milliseconds. Up to 4 % is added at random. */
  readonly intervalMs: number
  readonly clock: Clock
  readonly random: () => number
}

/** Spreads the polls of clients that started at the same time. */
const JITTER = 0.04

/**
 * Polls when its turn begins and then at an interval, also after errors (D10). After a freeze of the process it polls
 * at once (S152), unless the server sent `Retry-After`.
 */
export function pollingSynchronizer(options: PollingSynchronizerOptions): Synchronizer {
  const { newPoll, intervalMs, clock, random, ...identity } = options
  // Kept between turns: another turn must not shorten the interval after a failure, nor Retry-After.
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
                // Retry-After takes precedence over a wake from a freeze.
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

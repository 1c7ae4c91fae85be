import { spread } from '../async/backoff.ts'
import type { Clock } from '../async/clock.ts'
import { sleep } from '../async/sleep.ts'
import { refutesBasis } from '../exchange/patches.ts'
import type { Poll } from '../exchange/poll.ts'
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

/** Polls at once when its turn begins, then at the interval, never faster, errors included (D10). */
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
      while (!signal.aborted) {
        let due = clock.monotonic() + intervalMs * (1 + random() * JITTER)
        const remaining = (): number => Math.max(0, due - clock.monotonic())
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
        await sleep(clock, remaining(), signal)
      }
    },
  }
}

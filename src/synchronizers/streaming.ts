import type { Backoff } from '../async/backoff.ts'
import type { Clock } from '../async/clock.ts'
import { sleep } from '../async/sleep.ts'
import { refutesBasis } from '../exchange/results.ts'
import type { Connect } from '../exchange/stream.ts'
import type { SourceResult } from '../model/source-result.ts'
import { advance } from '../selector/advance.ts'
import type { Synchronizer } from './synchronizer.ts'

export interface StreamingSynchronizerOptions {
  readonly name: string
  readonly selectorScope?: string
  readonly fdv1Retry?: { readonly leastMs: number }
  readonly connect: Connect
  /** Kept between the turns of the source (D10). */
  readonly backoff: Backoff
  readonly clock: Clock
  readonly random: () => number
}

/** Clients reconnect at a random time within this limit after a goodbye, in milliseconds. */
export const GOODBYE_SPREAD_MS = 1_000

/** Reads a stream, and reconnects at the current basis when it ends (D7, D10). */
export function streamingSynchronizer(options: StreamingSynchronizerOptions): Synchronizer {
  const { connect, backoff, clock, random, ...identity } = options
  // Kept between turns: another turn must not shorten the backoff, nor Retry-After.
  let notBefore = 0
  return {
    ...identity,
    async *sync(basis, signal, held): AsyncGenerator<SourceResult> {
      let selector = basis
      let dataSinceGoodbye = true
      await sleep(clock, notBefore - clock.monotonic(), signal)
      while (!signal.aborted) {
        let retryInMs = 0
        for await (const result of connect(selector, signal, held)) {
          switch (result.type) {
            case 'changeSet':
              selector = advance(selector, result.changeSet)
              backoff.succeeded()
              dataSinceGoodbye = true
              yield result
              break
            case 'goodbye':
              retryInMs = dataSinceGoodbye ? random() * GOODBYE_SPREAD_MS : backoff.failed()
              dataSinceGoodbye = false
              notBefore = clock.monotonic() + retryInMs
              yield { ...result, retryInMs }
              break
            case 'interrupted':
              if (refutesBasis(result.error)) selector = undefined
              retryInMs = backoff.failed(result.error.retryAfterMs)
              notBefore = clock.monotonic() + retryInMs
              yield { ...result, retryInMs }
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
        await sleep(clock, retryInMs, signal)
      }
    },
  }
}

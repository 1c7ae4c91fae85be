import { expect, it } from 'vitest'
import { type StreamAttempt, withAttempts } from '../../src/exchange/stream-attempts.ts'
import type { SourceResult } from '../../src/model/source-result.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'

const ACTIVITY: SourceResult = { type: 'activity', of: 'heartbeat' }
const DATA: SourceResult = { type: 'changeSet', changeSet: { type: 'none' } }
const ERROR = { kind: 'network_error', message: 'lost' } as const
const GOODBYE: SourceResult = { type: 'goodbye', reason: 'moving' }

/** Returns the results of a stream that sends one every 100 ms. */
async function attemptsOf(results: readonly SourceResult[]): Promise<readonly StreamAttempt[]> {
  const clock = new VirtualClock(5_000)
  const attempts: StreamAttempt[] = []
  const connect = withAttempts(
    async function* () {
      for (const result of results) {
        await clock.advance(100)
        yield result
      }
    },
    clock,
    (attempt) => attempts.push(attempt),
  )
  const seen: SourceResult[] = []
  for await (const result of connect(undefined, new AbortController().signal)) seen.push(result)
  expect(seen).toEqual(results)
  return attempts
}

it.each<[results: readonly SourceResult[], attempt: Partial<StreamAttempt> | undefined]>([
  [[ACTIVITY, DATA, DATA, GOODBYE], { durationMs: 200, failed: false }],
  [[ACTIVITY, GOODBYE], { durationMs: 200, failed: true }],
  [[{ type: 'interrupted', error: ERROR }], { durationMs: 100, failed: true }],
  [[{ type: 'terminalError', error: ERROR }], { durationMs: 100, failed: true }],
  [[ACTIVITY], undefined],
])('(AE9.4) reports a stream once, at its first answer or its failure: %j', async (results, attempt) => {
  expect(await attemptsOf(results)).toEqual(attempt ? [{ startedAt: 5_000, ...attempt }] : [])
})

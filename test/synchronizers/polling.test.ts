import { expect, it } from 'vitest'
import { sleep } from '../../src/async/sleep.ts'
import type { Poll } from '../../src/exchange/poll.ts'
import type { SourceResult } from '../../src/model/source-result.ts'
import { pollingSynchronizer } from '../../src/synchronizers/polling.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { full, goodbye, interrupted, none, partial, refuted, terminal } from '../support/words.ts'

/** Polls every 30 s. Each poll takes a second and returns a scripted result. */
function follow(answers: readonly (readonly SourceResult[])[], jitter = 0) {
  const clock = new VirtualClock()
  const controller = new AbortController()
  const asked: string[] = []
  const results: SourceResult[] = []
  const poll: Poll = async function* (basis, signal) {
    const answer = answers[asked.length] ?? [none]
    asked.push(`${clock.monotonic()} ${basis?.state ?? '-'}`)
    await sleep(clock, 1_000, signal)
    yield* answer
  }
  const source = pollingSynchronizer({
    name: 'poll',
    newPoll: () => poll,
    intervalMs: 30_000,
    clock,
    random: () => jitter,
  })
  const reading = (async () => {
    for await (const result of source.sync(undefined, controller.signal)) results.push(result)
  })()
  return { clock, controller, asked, results, reading }
}

it('(D10.5) polls at once and then at the interval from start to start, with the current basis', async () => {
  const { clock, asked } = follow([[full('A')], [partial('B')], [none]])
  await clock.advance(100_000)
  expect(asked).toEqual(['0 -', '30000 A', '60000 B', '90000 B'])
})

it('(D10.5) adds up to 4 % to the interval at random', async () => {
  const { clock, asked } = follow([], 1)
  await clock.advance(70_000)
  expect(asked.map((line) => Number.parseInt(line, 10))).toEqual([0, 31_200, 62_400])
})

it('(D10.5) keeps the interval after an error, and waits longer for Retry-After', async () => {
  const error = { kind: 'error_response', message: '429', status: 429, retryAfterMs: 50_000 } as const
  const { clock, asked, results } = follow([[interrupted()], [{ type: 'interrupted', error }], [none]])
  await clock.advance(100_000)
  expect(asked).toEqual(['0 -', '30000 -', '81000 -'])
  expect(results.slice(0, 2)).toMatchObject([{ retryInMs: 29_000 }, { retryInMs: 50_000 }])
})

it('(D19.6) requests a full payload after a patch that did not apply, and deltas afterwards', async () => {
  const { clock, asked } = follow([[full('A')], [refuted], [full('B')], [none]])
  await clock.advance(100_000)
  expect(asked).toEqual(['0 -', '30000 A', '60000 -', '90000 B'])
})

it('(D7.4) polls at the interval after a goodbye', async () => {
  const { clock, asked } = follow([[goodbye], [none]])
  await clock.advance(40_000)
  expect(asked).toEqual(['0 -', '30000 -'])
})

it('(D9) ends with a terminal error', async () => {
  const { clock, asked, reading } = follow([[terminal(403)]])
  await clock.advance(100_000)
  await reading
  expect(asked).toEqual(['0 -'])
  expect(clock.armed).toBe(0)
})

it('(D20) ends during a wait when its signal aborts', async () => {
  const { clock, controller, asked, reading } = follow([])
  await clock.advance(10_000)
  controller.abort()
  await reading
  expect(asked).toHaveLength(1)
  expect(clock.armed).toBe(0)
})

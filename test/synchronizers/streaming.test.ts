import { expect, it } from 'vitest'
import { Backoff } from '../../src/async/backoff.ts'
import type { Connect } from '../../src/exchange/stream.ts'
import type { ItemLookup } from '../../src/model/change-set.ts'
import type { SourceResult } from '../../src/model/source-result.ts'
import { streamingSynchronizer } from '../../src/synchronizers/streaming.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { full, goodbye, interrupted, none, partial, refuted, selector, terminal } from '../support/words.ts'

const held: ItemLookup = () => undefined

/** Reads a stream with scripted connections, and records the time and the basis of each one. */
function follow(connections: readonly (readonly SourceResult[])[], jitter = 0) {
  const clock = new VirtualClock()
  const controller = new AbortController()
  const opened: string[] = []
  const results: SourceResult[] = []
  const connect: Connect = async function* (basis, _signal, view) {
    if (view !== held) expect.fail('it cannot see what is held')
    opened.push(`${clock.monotonic()} ${basis?.state ?? '-'}`)
    yield* connections[opened.length - 1] ?? []
    if (opened.length >= connections.length) controller.abort()
  }
  const random = (): number => jitter
  const source = streamingSynchronizer({
    name: 'stream',
    connect,
    clock,
    random,
    backoff: new Backoff({ clock, random, baseMs: 1_000 }),
  })
  const reading = (async () => {
    for await (const result of source.sync(selector('START'), controller.signal, held)) results.push(result)
  })()
  return { clock, controller, opened, results, reading }
}

it('(D12.4) reconnects at the current basis, not at the first one', async () => {
  const { clock, opened } = follow([
    [full('A'), partial('B'), none, interrupted()],
    [partial('C'), interrupted()],
    [],
  ])
  await clock.advance(10_000)
  expect(opened).toEqual(['0 START', '1000 B', '3000 C'])
})

it('(D10.2) doubles the delay although each connection had data, because none was valid for a minute', async () => {
  const { clock, opened, results } = follow([
    [none, interrupted()],
    [none, interrupted()],
    [none, interrupted()],
    [],
  ])
  await clock.advance(60_000)
  expect(opened.map((line) => Number.parseInt(line, 10))).toEqual([0, 1_000, 3_000, 7_000])
  expect(results.at(-1)).toMatchObject({ type: 'interrupted', retryInMs: 4_000 })
})

it('(D19.6) requests a full payload after a patch that did not apply, and deltas afterwards', async () => {
  const { clock, opened, results } = follow([
    [partial('A'), refuted],
    [interrupted()],
    [full('B'), interrupted()],
    [],
  ])
  await clock.advance(20_000)
  expect(opened).toEqual(['0 START', '1000 -', '3000 -', '7000 B'])
  expect(results[1]).toEqual({ ...refuted, retryInMs: 1_000 })
})

it('(D10.3) uses Retry-After as the minimum delay', async () => {
  const error = { kind: 'error_response', message: '503', status: 503, retryAfterMs: 20_000 } as const
  const { clock, opened } = follow([[{ type: 'interrupted', error }], []])
  await clock.advance(60_000)
  expect(opened).toEqual(['0 START', '20000 START'])
})

it('(D7.2) reconnects within a second after a goodbye, at the current basis', async () => {
  const { clock, opened, results } = follow([[full('A'), goodbye], []], 0.5)
  await clock.advance(5_000)
  expect(opened).toEqual(['0 START', '500 A'])
  expect(results.at(-1)).toMatchObject({ type: 'goodbye', retryInMs: 500 })
})

it('(D7.3) counts a second goodbye without data in between as a failure', async () => {
  const { clock, opened } = follow([[none, goodbye], [goodbye], [goodbye], [none, goodbye], []])
  await clock.advance(60_000)
  expect(opened.map((line) => Number.parseInt(line, 10))).toEqual([0, 0, 1_000, 3_000, 3_000])
})

it('(D9) ends with a terminal error', async () => {
  const { clock, opened, results, reading } = follow([[terminal(401)], []])
  await clock.advance(60_000)
  await reading
  expect(opened).toEqual(['0 START'])
  expect(results).toEqual([terminal(401)])
})

it('(D20) opens no connection after its signal aborted, also during a wait', async () => {
  const { clock, controller, opened, reading } = follow([[interrupted()], [none], []])
  await clock.advance(500)
  controller.abort()
  await reading
  await clock.advance(60_000)
  expect(opened).toEqual(['0 START'])
  expect(clock.armed).toBe(0)
})

it('(D10.4) keeps Retry-After if the turn ends at the failure', async () => {
  const clock = new VirtualClock()
  const random = (): number => 0
  const error = { kind: 'error_response', message: '503', status: 503, retryAfterMs: 600_000 } as const
  const opened: number[] = []
  const source = streamingSynchronizer({
    name: 'stream',
    clock,
    random,
    backoff: new Backoff({ clock, random, baseMs: 1_000 }),
    async *connect() {
      opened.push(clock.monotonic())
      yield { type: 'interrupted', error }
    },
  })
  for (let turn = 0; turn < 4; turn++) {
    const controller = new AbortController()
    const first = source.sync(undefined, controller.signal)[Symbol.asyncIterator]().next()
    await clock.advance(300_000)
    controller.abort()
    await first
  }
  expect(opened).toEqual([0, 600_000, 1_200_000])
})

import { expect, it } from 'vitest'
import { Summarizers } from '../../../src/relay/events/summarizers.ts'
import { notes } from '../../client/starting.ts'
import { type Publishing, publishing } from './publishing.ts'

const FLUSH_MS = 5_000
const EVENT = { kind: 'custom', key: 'order', creationDate: 1_796_008_183_000, user: { key: 'u-1' } }

function summarizing(maxBytes = 1_000_000): Publishing & { readonly summarizers: Summarizers } {
  const started = publishing({ maxBytes })
  const { publisher, memory, clock } = started
  const summarizers = new Summarizers({
    publisher,
    memory,
    flushIntervalMs: FLUSH_MS,
    capacity: 1_000,
    flagOf: () => undefined,
    serverTime: () => 0,
    clock,
    logger: notes().logger,
    run: (work) => void work(),
  })
  return { ...started, summarizers }
}

it('(RE7.5) keeps nothing of the groups that others have replaced', () => {
  const { summarizers, clock } = summarizing()
  for (let index = 0; index < 1_000; index++) summarizers.of({ 'user-agent': `PHPClient/${index}` })
  expect(clock.armed).toBe(20)
  summarizers.close()
  expect(clock.armed).toBe(0)
})

it('(RE7.5) replaces a group after 5 min', async () => {
  const { summarizers, clock } = summarizing()
  const first = summarizers.of({})
  await clock.advance(299_999)
  expect(summarizers.of({})).toBe(first)
  await clock.advance(1)
  expect(summarizers.of({})).not.toBe(first)
})

it('(RE5.2) releases the memory of events before it reserves that of their summary', async () => {
  const { summarizers, memory, clock, counter, requests } = summarizing(4_000)
  expect(memory.take(4_000)).toBe(true)
  summarizers.of({}).record(EVENT, 4_000)
  await clock.advance(FLUSH_MS)
  await expect.poll(() => requests.length).toBe(1)
  await expect.poll(() => memory.bytes).toBe(0)
  expect(counter.current).toMatchObject({ forwarded: 2, dropped: 0 })
})

import { gunzipSync } from 'node:zlib'
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

const DEEP = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
const NUMBERS = [
  'version',
  'variation',
  'samplingRatio',
  'debugEventsUntilDate',
  'metricValue',
  'creationDate',
]
const SPOILT = [
  ...NUMBERS.flatMap((name) => [`{"${name}":1e999}`, `{"${name}":-1e999}`, `{"${name}":1e300}`]),
  ...['kind', 'value', 'default', 'data', 'user', 'reason'].map((name) => `{"${name}":${DEEP}}`),
  `{"kind":"other","data":${DEEP}}`,
]

it.each(['feature', 'custom', 'identify'])(
  '(RE7.4) sends other events whatever one event of the kind %s has',
  async (kind) => {
    const { summarizers, clock, requests } = summarizing()
    const good = { ...EVENT, kind: 'feature', version: 1, value: 'a' }
    for (const spoilt of SPOILT) {
      const bad = { ...good, kind, trackEvents: true, ...(JSON.parse(spoilt) as object) }
      for (const event of [bad, good]) summarizers.of({}).record(event, 1)
    }
    await clock.advance(FLUSH_MS)
    await expect.poll(() => requests.length).toBe(1)
    const events = JSON.parse(gunzipSync(requests[0]?.body as Uint8Array).toString()) as object[]
    const summary = events.at(-1) as { startDate: number; endDate: number; features: object }
    expect(summary.startDate).toBe(EVENT.creationDate)
    expect(summary.endDate).toBeLessThan(EVENT.creationDate + 1_000)
    const { counters } = Object.values(summary.features)[0] as {
      counters: { version?: number; count: number }[]
    }
    const counted = counters.filter(({ version }) => version === 1).reduce((sum, { count }) => sum + count, 0)
    expect(counted).toBeGreaterThanOrEqual(SPOILT.length)
  },
)

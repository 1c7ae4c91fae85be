import fc from 'fast-check'
import { it } from 'vitest'
import { MirrorWorld, type WorldEvent } from './mirror-world.ts'

const key = fc.constantFrom('a', 'b', 'c', '__proto__')
const ms = fc.constantFrom(0, 1, 300, 1_000, 2_500, 5_000, 12_000, 31_000)

const event = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('full' as const), keys: fc.uniqueArray(key) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant('delta' as const),
      puts: fc.uniqueArray(key, { maxLength: 2 }),
      deletes: fc.uniqueArray(key, { maxLength: 1 }),
    }),
  },
  { weight: 10, arbitrary: fc.record({ type: fc.constant('wait' as const), ms }) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('fail' as const),
      failure: fc.constantFrom('error', 'hang', 'lost', 'torn'),
    }),
  },
  { weight: 4, arbitrary: fc.constant({ type: 'heal' } as const) },
  { weight: 2, arbitrary: fc.constant({ type: 'wipe' } as const) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('foreign' as const), key, version: fc.nat(200) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('restart' as const),
      resumption: fc.constantFrom('in time', 'too late'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('usurp' as const), ms }) },
)

const slowness = fc.constantFrom(0, 1, 400, 3_000)

async function live(events: readonly WorldEvent[], world: MirrorWorld): Promise<void> {
  try {
    for (const each of events) await world.live(each)
    await world.settle()
  } finally {
    await world.end()
  }
}

interface Case {
  readonly title: string
  readonly latencyMs: number
  readonly events: readonly WorldEvent[]
}

/** Histories that once failed and that the random ones reach rarely. */
const CASES: readonly Case[] = [
  {
    title: 'D16.7: does not count a row of other software that arrives after a restart',
    latencyMs: 0,
    events: [
      { type: 'full', keys: [] },
      { type: 'restart', resumption: 'in time' },
      { type: 'foreign', key: 'a', version: 0 },
      { type: 'wait', ms: 0 },
      { type: 'delta', puts: [], deletes: [] },
    ],
  },
  {
    title:
      'D16.6: writes the sidecar again after a repair that leaves out the tombstone of an earlier process',
    latencyMs: 0,
    events: [
      { type: 'full', keys: [] },
      { type: 'delta', puts: [], deletes: ['a'] },
      { type: 'restart', resumption: 'in time' },
      { type: 'wipe' },
    ],
  },
  {
    title: 'D16.6: writes the sidecar again after a failed write that wrote its rows',
    latencyMs: 0,
    events: [
      { type: 'full', keys: [] },
      { type: 'restart', resumption: 'in time' },
      { type: 'fail', failure: 'torn' },
      { type: 'delta', puts: ['a'], deletes: [] },
      { type: 'wait', ms: 0 },
    ],
  },
  {
    title: 'D15.9: renews the lease before a repair of a slow database',
    latencyMs: 3_000,
    events: [
      { type: 'wait', ms: 1_000 },
      { type: 'full', keys: [] },
      { type: 'wait', ms: 5_000 },
      { type: 'wipe' },
    ],
  },
]

it.each(CASES)('$title', async ({ latencyMs, events }) => {
  for (const writers of ['all', 'one'] as const) await live(events, new MirrorWorld({ writers, latencyMs }))
})

it.each(['all', 'one'] as const)(
  'D15, D16: with writers %s, the sidecar never describes data that the rows do not hold, and in the end the database equals memory',
  async (writers) => {
    const history = fc.array(event, { maxLength: 25 })
    await fc.assert(
      fc.asyncProperty(history, slowness, (events, latencyMs) =>
        live(events, new MirrorWorld({ writers, latencyMs })),
      ),
      { numRuns: Number(process.env.MIRROR_RUNS ?? 150) },
    )
  },
  60_000,
)

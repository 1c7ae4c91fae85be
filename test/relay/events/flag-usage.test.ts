import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Flag } from '../../../src/model/flag.ts'
import { FlagUsage } from '../../../src/relay/events/flag-usage.ts'
import { SeriesBudget } from '../../../src/relay/events/series-budget.ts'
import { VirtualClock } from '../../../src/testing/virtual-clock.ts'

const START = 1_796_008_200_000

interface World {
  readonly usage: FlagUsage
  readonly clock: VirtualClock
  readonly flags: Map<string, Flag>
}

function world(series = 100): World {
  const clock = new VirtualClock(START)
  const flags = new Map<string, Flag>([['a', { version: 1, variations: ['x', 'y'] }]])
  const usage = new FlagUsage({
    flagOf: (key) => flags.get(key),
    hasData: () => flags.size > 0,
    clock,
    budget: new SeriesBudget(series),
  })
  return { usage, clock, flags }
}

const server = { audience: 'server' } as const
const MINUTE = 60_000

it('(RE8.6) keeps 60 minutes, and the total', async () => {
  const { usage, clock } = world()
  usage.record({ key: 'a', variation: 0, count: 3, ...server })
  await clock.advance(2 * MINUTE)
  usage.record({ key: 'a', variation: 0, count: 4, ...server })
  const [row] = usage.countsOf('a')
  expect(row?.perMinute).toHaveLength(60)
  expect(row?.perMinute.slice(-4)).toEqual([0, 3, 0, 4])
  expect(row).toMatchObject({ variation: 0, total: 7, lastAt: START + 2 * MINUTE })
  await clock.advance(58 * MINUTE)
  expect(usage.countsOf('a')[0]?.perMinute.slice(0, 2)).toEqual([0, 4])
  expect([usage.mostUsed(), usage.lastHourOf('a'), usage.lastHourOf('b')]).toEqual([['a'], 4, 0])
  await clock.advance(1_000 * MINUTE)
  usage.record({ key: 'a', variation: 0, count: 1, ...server })
  expect(usage.countsOf('a')[0]?.perMinute).toEqual([...Array.from({ length: 59 }, () => 0), 1])
})

it('(RE8.6) agrees with a list of all evaluations, whenever they arrive', async () => {
  const step = fc.record({
    minutes: fc.integer({ min: 0, max: 70 }),
    count: fc.integer({ min: 1, max: 100 }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const { usage, clock } = world()
      const all: { readonly minute: number; readonly count: number }[] = []
      let minute = 0
      for (const { minutes, count } of steps) {
        await clock.advance(minutes * MINUTE)
        minute += minutes
        all.push({ minute, count })
        usage.record({ key: 'a', variation: 1, count, ...server })
      }
      const expected = Array.from({ length: 60 }, (_, index) =>
        all.filter((each) => each.minute === minute - 59 + index).reduce((sum, { count }) => sum + count, 0),
      )
      if (steps.length > 0) expect(usage.countsOf('a')[0]?.perMinute).toEqual(expected)
    }),
    { numRuns: 200 },
  )
})

it('(RE8.8) limits the unknown flags of each kind of credential, and the length of their keys', async () => {
  const { usage, clock } = world()
  for (let index = 0; index < 1_000; index++)
    usage.record({ key: `b${index}`, variation: 'unknown', count: 1, audience: 'browser' })
  usage.record({ key: 'x'.repeat(257), variation: 'unknown', count: 1, ...server })
  usage.record({ key: '__proto__', variation: 'unknown', count: 1, ...server })
  usage.record({ key: 'typo', variation: 0, count: 5, ...server })
  expect(usage.unknownFlags().filter(({ audience }) => audience === 'server')).toMatchObject([
    { key: '__proto__' },
    { key: 'typo', total: 5 },
  ])
  expect(usage.unknownFlags()).toHaveLength(202)
  expect(usage.others.total).toBe(801)
  expect([usage.evaluations, usage.unknownEvaluations]).toEqual([1_007, 1_007])
  await clock.advance(59 * MINUTE)
  usage.record({ key: 'b5', variation: 'unknown', count: 1, audience: 'browser' })
  await clock.advance(2 * MINUTE)
  usage.record({ key: 'new', variation: 'unknown', count: 1, audience: 'browser' })
  const keys = usage.unknownFlags().map(({ key }) => key)
  expect([keys.includes('new'), keys.includes('b5'), keys.includes('b0'), keys.length]).toEqual([
    true,
    true,
    false,
    202,
  ])
})

it('(RE8.9) counts an index that a flag does not have as former', () => {
  const { usage, flags } = world()
  for (const variation of [0, 1, 2, 3, 1e9]) usage.record({ key: 'a', variation, count: 1, ...server })
  expect(usage.countsOf('a').map(({ variation, total }) => [variation, total])).toEqual([
    [0, 1],
    [1, 1],
    ['former', 3],
  ])
  flags.delete('a')
  usage.record({ key: 'a', variation: 0, count: 1, ...server })
  expect(usage.unknownEvaluations).toBe(0)
})

it('(RE8.9) limits the combinations of flag and variation, and deleted flags make room', async () => {
  const { usage, flags, clock } = world()
  for (let index = 0; index < 10_500; index++) {
    flags.set(`f${index}`, { version: 1, variations: [true] })
    usage.record({ key: `f${index}`, variation: 0, count: 1, ...server })
  }
  expect(usage.mostUsed()).toHaveLength(10_000)
  expect(usage.others.total).toBe(500)
  flags.delete('f0')
  await clock.advance(MINUTE)
  usage.record({ key: 'f10400', variation: 0, count: 1, ...server })
  expect(usage.countsOf('f10400')).toMatchObject([{ total: 1 }])
  expect([usage.countsOf('f0'), usage.evaluations]).toEqual([[], 10_501])
})

it('(RE8.13) names as many combinations as there are series, and no series changes its name', () => {
  const { usage } = world(2)
  for (const variation of [0, 'default', 1] as const)
    usage.record({ key: 'a', variation, count: 1, ...server })
  for (let index = 0; index < 3; index++) usage.record({ key: 'a', variation: 1, count: 10, ...server })
  usage.record({ key: 'a', variation: 0, count: 1, ...server })
  expect(usage.series()).toEqual([
    { flag: 'a', variation: 0, total: 2 },
    { flag: 'a', variation: 'default', total: 1 },
    { total: 31 },
  ])
})

it('(RE8.13) does not name a flag with a long key', () => {
  const { usage, flags } = world()
  const key = 'x'.repeat(257)
  flags.set(key, { version: 1, variations: [true] })
  usage.record({ key, variation: 0, count: 1, ...server })
  expect([usage.series(), usage.countsOf(key)]).toMatchObject([[{ total: 1 }], [{ variation: 0, total: 1 }]])
  expect(usage.series()[0]).not.toHaveProperty('flag')
})

it('(RE8.13) an environment that is closed gives its series to others', () => {
  const budget = new SeriesBudget(1)
  const flag: Flag = { version: 1, variations: [true] }
  const open = (): FlagUsage =>
    new FlagUsage({ flagOf: () => flag, hasData: () => true, clock: new VirtualClock(START), budget })
  const [first, second] = [open(), open()]
  first.record({ key: 'a', variation: 0, count: 1, ...server })
  second.record({ key: 'a', variation: 0, count: 1, ...server })
  first.close()
  second.record({ key: 'b', variation: 0, count: 1, ...server })
  expect(second.series()).toEqual([{ flag: 'b', variation: 0, total: 1 }, { total: 1 }])
})

it('(RE8.10) the sum of all evaluations is exact', () => {
  const { usage } = world()
  const key = fc.oneof(fc.constantFrom('a', '__proto__', 'constructor', ''), fc.string({ maxLength: 300 }))
  const variation = fc.oneof(fc.nat(), fc.constantFrom('default', 'unknown'))
  const audience = fc.constantFrom('server', 'mobile', 'browser')
  let expected = 0
  fc.assert(
    fc.property(key, variation, fc.integer({ min: 1, max: 1_000 }), audience, (flag, result, count, from) => {
      usage.record({ key: flag, variation: result, count, audience: from })
      expected += count
      const known = usage
        .countsOf('a')
        .reduce((sum, { variation, total }) => sum + (variation === 'unknown' ? 0 : total), 0)
      const unknown = usage.unknownFlags().reduce((sum, { total }) => sum + total, 0)
      expect(known + unknown + usage.others.total).toBe(expected)
      expect(usage.evaluations).toBe(expected)
    }),
    { numRuns: 500 },
  )
})

it('(RE8.18) counts flags as other while the relay has no data', () => {
  const { usage, flags } = world()
  flags.clear()
  usage.record({ key: 'a', variation: 0, count: 2, ...server })
  usage.record({ key: 'b', variation: 'unknown', count: 3, ...server })
  expect(usage).toMatchObject({ evaluations: 5, unknownEvaluations: 3, others: { total: 2 } })
  expect(usage.unknownFlags()).toMatchObject([{ key: 'b' }])
})

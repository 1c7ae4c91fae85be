import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Flag } from '../../../src/model/flag.ts'
import { countEvent } from '../../../src/relay/events/count-events.ts'
import { EventArrayScanner, elementsOf } from '../../../src/relay/events/event-array.ts'
import { FlagUsage } from '../../../src/relay/events/flag-usage.ts'
import { SeriesBudget } from '../../../src/relay/events/series-budget.ts'
import { VirtualClock } from '../../../src/testing/virtual-clock.ts'
import { summaryOf } from './counted-events.ts'

const FLAG: Flag = { version: 1, variations: [1, 2] }

function usageOf(): FlagUsage {
  const flagOf = (key: string): Flag | undefined => (key === 'a' ? FLAG : undefined)
  return new FlagUsage({
    flagOf,
    hasData: () => true,
    clock: new VirtualClock(),
    budget: new SeriesBudget(10),
  })
}

const target = (
  usage: FlagUsage,
  schema: 'current' | 'former' = 'current',
): Parameters<typeof countEvent>[1] => ({
  usage,
  audience: 'browser',
  schema,
  flagOf: () => FLAG,
})

it.each([
  { count: -1 },
  { count: 0 },
  { count: 1.5 },
  { count: 1e9 + 1 },
  { count: 1e308 },
  { count: '3' },
  { count: 1, variation: -1 },
  { count: 1, variation: 0.5 },
  { count: 1, variation: 'x' },
  {},
  null,
])('(RE8.11) ignores the counter %j, and counts the others', (counter) => {
  const usage = usageOf()
  const event = summaryOf({ a: [{ variation: 0, count: 2 }, counter, { variation: null, count: 3 }] })
  expect(countEvent(event, target(usage))).toBe(false)
  expect(usage.countsOf('a').map(({ variation, total }) => [variation, total])).toEqual([
    [0, 2],
    ['default', 3],
  ])
})

it.each([undefined, null, [], 'x', { a: 7 }, { a: { counters: {} } }])(
  '(RE8.11) a summary whose features are %j is invalid',
  (features) => {
    expect(countEvent({ kind: 'summary', features }, target(usageOf()))).toBe(false)
  },
)

it('(RE8.3) a summary with 100,000 invented keys takes no more memory than 200 of them', () => {
  const usage = usageOf()
  const counters = Array.from(
    { length: 100_000 },
    (_, index) => [`k${index}`, [{ variation: 0, count: 1 }]] as const,
  )
  expect(countEvent(summaryOf(Object.fromEntries(counters)), target(usage))).toBe(true)
  expect([usage.unknownFlags().length, usage.evaluations]).toEqual([200, 100_000])
})

it('(RE8.7, RE8.11) takes any event, and keeps nothing of it but keys and numbers', () => {
  const counter = fc.oneof(
    fc.record({
      variation: fc.jsonValue(),
      count: fc.oneof(fc.integer(), fc.double()),
      unknown: fc.boolean(),
    }),
    fc.jsonValue(),
  )
  const features = fc.dictionary(
    fc.oneof(fc.constantFrom('a', '__proto__', 'constructor'), fc.string()),
    fc.oneof(fc.record({ counters: fc.array(counter), default: fc.constant('SECRET') }), fc.jsonValue()),
  )
  const event = fc.record({
    kind: fc.constantFrom('summary', 'feature', 'identify', 'custom'),
    key: fc.oneof(fc.constantFrom('a', '__proto__'), fc.jsonValue()),
    version: fc.jsonValue(),
    variation: fc.jsonValue(),
    value: fc.constant('SECRET'),
    context: fc.constant({ kind: 'user', key: 'SECRET' }),
    features: fc.oneof(features, fc.jsonValue()),
  })
  const usage = usageOf()
  fc.assert(
    fc.property(event, fc.constantFrom('current', 'former'), (each, schema) => {
      // As it arrives: own members such as `__proto__` exist in parsed JSON only.
      const parsed = JSON.parse(JSON.stringify(each)) as typeof each
      countEvent(parsed, target(usage, schema))
    }),
    { numRuns: 2_000 },
  )
  expect(Number.isSafeInteger(usage.evaluations)).toBe(true)
  expect(usage.evaluations).toBeGreaterThan(0)
  expect(usage.unknownFlags().length).toBeLessThanOrEqual(200)
  const kept = JSON.stringify([usage.unknownFlags(), usage.countsOf('a'), usage.series(), usage.mostUsed()])
  expect(kept).not.toContain('SECRET')
})

it('(RE8.12) divides an array into its elements', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.constantFrom(0, 1), (values, indent) => {
      const bytes = Buffer.from(JSON.stringify(values, undefined, indent))
      const scanner = new EventArrayScanner()
      scanner.push(bytes)
      expect(scanner.count).toBe(values.length)
      if (values.length > 0)
        expect([...elementsOf(bytes)].map((text): unknown => JSON.parse(text))).toEqual(
          JSON.parse(JSON.stringify(values)),
        )
    }),
  )
})

import { expect, it } from 'vitest'
import { eventLine } from '../../src/cli/event-line.ts'
import type { ReceivedEvent } from '../../src/events/receive-payload.ts'

const context = { kind: 'user', key: 'ada', _meta: { redactedAttributes: ['email'] } }
const creationDate = 1_796_008_183_000
const several = { kind: 'multi', user: { key: 'ada' }, org: { key: 'Acme Inc.' } }
const features = {
  banner: { default: 'x', counters: [{ variation: 0, version: 1, value: 'a', count: 3 }] },
  colour: {
    counters: [
      { variation: 1, version: 2, value: 'red', count: 2 },
      { unknown: true, value: 'blue', count: 1 },
    ],
  },
}

it.each<[line: string, event: ReceivedEvent]>([
  [
    'summary: banner 0 3, colour 1 2, colour default 1',
    { kind: 'summary', startDate: 1, endDate: 2, features },
  ],
  ['summary: no evaluations', { kind: 'summary', features: null }],
  [
    'feature banner 0, value "a", user ada',
    {
      kind: 'feature',
      creationDate,
      key: 'banner',
      context,
      value: 'a',
      variation: 0,
      version: 1,
      default: 'x',
    },
  ],
  ['debug banner default, value null, user ada', { kind: 'debug', key: 'banner', context, value: null }],
  ['custom seen, user ada and org "Acme Inc."', { kind: 'custom', key: 'seen', context: several }],
  [
    'custom order-paid, user ada, value 59.9, data {"currency":"EUR"}',
    { kind: 'custom', key: 'order-paid', context, metricValue: 59.9, data: { currency: 'EUR' } },
  ],
  ['custom seen, user ada', { kind: 'custom', key: 'seen', contextKeys: { user: 'ada' } }],
  [
    'index, {"kind":"user","key":"ada","_meta":{"redactedAttributes":["email"]}}',
    { kind: 'index', creationDate, context },
  ],
  ['identify, {"kind":"user","key":"ada"}', { kind: 'identify', context: { kind: 'user', key: 'ada' } }],
  [
    'migration_op move read, stage "live", user ada',
    { kind: 'migration_op', operation: 'read', evaluation: { key: 'move', value: 'live' }, context },
  ],
  [
    'diagnostic-init halyard 0.1.0',
    { kind: 'diagnostic-init', id: { sdkKeySuffix: 'secret' }, sdk: { name: 'halyard', version: '0.1.0' } },
  ],
  [
    'diagnostic eventsInLastBatch 3, droppedEvents 0, deduplicatedUsers 1',
    {
      kind: 'diagnostic',
      id: { sdkKeySuffix: 'secret' },
      eventsInLastBatch: 3,
      droppedEvents: 0,
      deduplicatedUsers: 1,
    },
  ],
  ['new-kind {"a":1}', { kind: 'new-kind', creationDate, a: 1 }],
])('(S164.4) prints %s', (line, event) => {
  expect(eventLine(event)).toBe(line)
})

it('(S164.4) prints one line of limited length, and no control characters', () => {
  expect(eventLine({ kind: 'custom', key: 'a\n\u001b[2J', context })).toBe(
    'custom "a\\n\\u001b[2J", user ada',
  )
  const long = eventLine({ kind: 'custom', key: 'a', context, data: 'x'.repeat(5_000) })
  expect(long).toHaveLength(1_001)
  expect(long).toMatch(/xx…$/)
})

it('(S164.4) prints a line for data that is nested too deep', () => {
  const data: unknown = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)
  expect(eventLine({ kind: 'custom', key: 'a', context, data })).toBe(
    'custom a, user ada, data (nested too deep)',
  )
})

it('(S164.4) prints twenty counts of a summary', () => {
  const counters = [{ variation: 0, count: 1 }]
  const many = Object.fromEntries(Array.from({ length: 25 }, (_, at) => [`f${at}`, { counters }]))
  expect(eventLine({ kind: 'summary', features: many })).toMatch(/f19 0 1, and 5 more$/)
})

it.each<ReceivedEvent>([
  { kind: 'summary', features: { a: null, b: { counters: 'x' }, c: { counters: [7] } } },
  { kind: 'custom' },
  { kind: 'feature', context: 7 },
  { kind: 'index' },
  { kind: 'migration_op', evaluation: 7 },
  { kind: 'diagnostic-init', sdk: 'x' },
  { kind: '' },
])('(S164.4) prints a line for an event with other members: %j', (event) => {
  expect(eventLine(event)).toMatch(/^(""|\w+)/)
})

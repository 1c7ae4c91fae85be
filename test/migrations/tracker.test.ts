import { describe, expect, it } from 'vitest'
import type { LDMigrationTracker } from '../../src/migrations/tracker.ts'
import { MigrationTracker, type TrackedEvaluation } from '../../src/migrations/tracker.ts'

const user = { kind: 'user', key: 'u-1' }

interface Scene {
  readonly tracker: LDMigrationTracker
  readonly problems: string[]
}

function scene(evaluation: Partial<TrackedEvaluation> = {}, random = 0): Scene {
  const problems: string[] = []
  const tracker = new MigrationTracker(
    {
      key: 'orders',
      context: user,
      defaultStage: 'off',
      stage: 'live',
      variationIndex: 3,
      reason: { kind: 'FALLTHROUGH' },
      flag: { version: 7 },
      ...evaluation,
    },
    { clock: { now: () => 1_000 }, random: () => random, onProblem: (problem) => problems.push(problem) },
  )
  return { tracker, problems }
}

it('(MG3.1, MG3.2) creates an event with all measurements', () => {
  const { tracker, problems } = scene({
    flag: { version: 7, samplingRatio: 3, migration: { checkRatio: 2 } },
  })
  tracker.op('read')
  tracker.invoked('old')
  tracker.invoked('new')
  tracker.latency('old', 1.5)
  tracker.latency('new', 0)
  tracker.error('new')
  tracker.consistency(() => false)
  expect(tracker.createEvent()).toEqual({
    kind: 'migration_op',
    operation: 'read',
    creationDate: 1_000,
    context: user,
    evaluation: {
      key: 'orders',
      value: 'live',
      default: 'off',
      variation: 3,
      version: 7,
      reason: { kind: 'FALLTHROUGH' },
    },
    measurements: [
      { key: 'invoked', values: { old: true, new: true } },
      { key: 'consistent', value: false, samplingRatio: 2 },
      { key: 'latency_ms', values: { old: 1.5, new: 0 } },
      { key: 'error', values: { new: true } },
    ],
    samplingRatio: 3,
  })
  expect(problems).toEqual([])
})

it('leaves out variation and version of a flag that does not exist, and measurements that were not made', () => {
  const { tracker } = scene({
    flag: undefined,
    variationIndex: null,
    reason: { kind: 'ERROR', errorKind: 'FLAG_NOT_FOUND' },
  })
  tracker.op('write')
  tracker.invoked('new')
  const event = tracker.createEvent()
  expect(event?.evaluation).toEqual({
    key: 'orders',
    value: 'live',
    default: 'off',
    reason: { kind: 'ERROR', errorKind: 'FLAG_NOT_FOUND' },
  })
  expect(event?.measurements).toEqual([{ key: 'invoked', values: { new: true } }])
  expect(event?.samplingRatio).toBe(1)
})

describe('(MG3.5, MG3.6) creates no event, but reports why,', () => {
  const cases: readonly (readonly [
    string,
    Partial<TrackedEvaluation>,
    (t: LDMigrationTracker) => void,
    string,
  ])[] = [
    [
      'without a key',
      { key: '' },
      (t) => t.invoked('old'),
      'the key of the flag is not a string, or is empty',
    ],
    [
      'for an invalid context',
      { context: { kind: 'user', key: '' } },
      (t) => t.invoked('old'),
      'The key of the user',
    ],
    ['if no origin was invoked', {}, () => {}, 'no origin was invoked'],
    [
      'for a latency of another origin',
      {},
      (t) => {
        t.invoked('old')
        t.latency('new', 1)
      },
      'a latency was recorded, but the new origin was not invoked',
    ],
    [
      'for an error of another origin',
      {},
      (t) => {
        t.invoked('new')
        t.error('old')
      },
      'an error was recorded, but the old origin was not invoked',
    ],
    [
      'for a check of one origin',
      {},
      (t) => {
        t.invoked('new')
        t.consistency(() => true)
      },
      'a consistency check was recorded, but the old origin was not invoked',
    ],
  ]
  it.each(cases)('%s', (_, evaluation, record, problem) => {
    const { tracker, problems } = scene(evaluation)
    tracker.op('read')
    record(tracker)
    expect(tracker.createEvent()).toBeUndefined()
    expect(problems).toEqual([expect.stringContaining(`no event is sent: ${problem}`)])
  })

  it('without an operation', () => {
    const { tracker, problems } = scene()
    tracker.invoked('old')
    expect(tracker.createEvent()).toBeUndefined()
    expect(problems).toEqual(['migration "orders": no event is sent: the operation is not set'])
  })
})

describe('(MG3.3) a consistency check', () => {
  it.each([
    [1, 0.99, true],
    [0, 0, false],
    [2, 0.49, true],
    [2, 0.5, false],
    [2.9, 0.49, true],
    [-1, 0, false],
    [null, 0.99, true],
    [undefined, 0.99, true],
    ['x' as unknown as number, 0.99, true],
  ])('with the ratio %s and the random number %s runs: %s', (checkRatio, random, runs) => {
    const { tracker } = scene(
      { flag: { migration: { ...(checkRatio !== undefined && { checkRatio }) } } },
      random,
    )
    let calls = 0
    tracker.consistency(() => {
      calls++
      return true
    })
    expect(calls).toBe(runs ? 1 : 0)
  })
})

it.each([
  [
    'throws',
    () => {
      throw new Error('no match')
    },
    'failed and is left out of the event: Error: no match',
  ],
  ['is async', () => Promise.reject(new Error('late')), 'did not return a boolean'],
  ['returns nothing', () => undefined, 'did not return a boolean'],
])('(MG3.4) leaves out a check that %s', (_, check, problem) => {
  const { tracker, problems } = scene()
  tracker.op('read')
  tracker.invoked('old')
  tracker.invoked('new')
  tracker.consistency(check as unknown as () => boolean)
  expect(tracker.createEvent()?.measurements).toEqual([{ key: 'invoked', values: { old: true, new: true } }])
  expect(problems).toEqual([expect.stringContaining(problem)])
})

it('leaves out a latency that is not a number', () => {
  const { tracker, problems } = scene()
  tracker.op('read')
  tracker.invoked('old')
  tracker.latency('old', Number.NaN)
  expect(tracker.createEvent()?.measurements).toEqual([{ key: 'invoked', values: { old: true } }])
  expect(problems).toEqual([
    'migration "orders": the latency of the old origin is not a number and is left out',
  ])
})

it('gives each event a reason of its own', () => {
  const reason = Object.freeze({ kind: 'FALLTHROUGH' } as const)
  const { tracker } = scene({ reason })
  tracker.op('read')
  tracker.invoked('old')
  expect(tracker.createEvent()?.evaluation.reason).not.toBe(reason)
})

import * as theirSdk from '@launchdarkly/node-server-sdk'
import { describe, expect, it } from 'vitest'
import type { FlagClient } from '../../src/client/flag-client.ts'
import type { Hook } from '../../src/client/hooks.ts'
import type { LDMigrationOpEvent, LDMigrationStage } from '../../src/index.ts'
import * as ourSdk from '../../src/index.ts'
import { recording } from './recording.ts'
import { both, holding, serve, serving, start, user } from './starting.ts'

const STAGES = ['off', 'dualwrite', 'shadow', 'live', 'rampdown', 'complete'] as const

it('(MG2.1) returns the stage of a flag and a tracker', async () => {
  const { client } = await holding([serving('orders', 'live')])
  const { value, tracker } = await client.migrationVariation('orders', user, 'off')
  tracker.op('write')
  tracker.invoked('new')
  expect(value).toBe('live')
  expect(tracker.createEvent()?.evaluation).toMatchObject({ key: 'orders', value: 'live', variation: 0 })
})

it('(MG2.2) uses the default stage for a flag that is no migration flag, and emits an error', async () => {
  const { client, log } = await holding([serving('orders', 'other'), serving('count', 5)])
  const errors: Error[] = []
  client.on('error', (error) => errors.push(error))
  for (const key of ['orders', 'count', 'orders']) {
    const { value, tracker } = await client.migrationVariation(key, user, 'shadow')
    tracker.op('read')
    tracker.invoked('old')
    expect(value).toBe('shadow')
    expect(tracker.createEvent()?.evaluation).toMatchObject({
      value: 'shadow',
      reason: { kind: 'ERROR', errorKind: 'WRONG_TYPE' },
    })
    expect(tracker.createEvent()?.evaluation).not.toHaveProperty('variation')
  }
  expect(errors.map((error) => error.message)).toEqual([
    expect.stringContaining('flag "orders" is not a migration flag'),
    expect.stringContaining('flag "count"'),
    expect.stringContaining('flag "orders"'),
  ])
  expect(log.filter((line) => line.startsWith('warn'))).toHaveLength(2)
})

it('(MG2.1) uses the default stage for an unknown flag, an invalid context, and without data', async () => {
  const { client } = await holding([serving('orders', 'live')])
  const stage = async (
    key: string,
    context: ourSdk.Context,
    of: FlagClient = client,
  ): Promise<LDMigrationStage> => (await of.migrationVariation(key, context, 'rampdown')).value
  expect(await stage('unknown', user)).toBe('rampdown')
  expect(await stage('orders', { kind: 'user', key: '' })).toBe('rampdown')
  expect(await stage('orders', user, start({ offline: true }).client)).toBe('rampdown')
})

it('(MG2.3) records the evaluation with its reason', async () => {
  const { client, evaluated } = await recording([serving('orders', 'live')])
  await client.migrationVariation('orders', user, 'off')
  await client.migrationVariation('unknown', user, 'off')
  expect(evaluated).toMatchObject([
    { key: 'orders', context: user, defaultValue: 'off', withReason: true, evaluation: { value: 'live' } },
    { key: 'unknown', withReason: true, evaluation: { reason: { errorKind: 'FLAG_NOT_FOUND' } } },
  ])
})

it('(MG2.4) calls evaluation hooks', async () => {
  const seen: unknown[] = []
  const hook: Hook = {
    getMetadata: () => ({ name: 'witness' }),
    afterEvaluation: ({ method, flagKey, defaultValue }, data, { value, reason }) => {
      seen.push([method, flagKey, defaultValue, value, reason.kind])
      return data
    },
  }
  const { client } = await holding([serving('orders', 'live'), serving('count', 5)], { hooks: [hook] })
  await client.migrationVariation('orders', user, 'off')
  await client.migrationVariation('count', user, 'off')
  expect(seen).toEqual([
    ['LDClient.migrationVariation', 'orders', 'off', 'live', 'FALLTHROUGH'],
    ['LDClient.migrationVariation', 'count', 'off', 'off', 'ERROR'],
  ])
})

it('(MG4) hands a right event over, and drops a wrong one with one warning', async () => {
  const { client, migrated, log } = await recording([serving('orders', 'live')])
  const { tracker } = await client.migrationVariation('orders', user, 'off')
  tracker.op('read')
  tracker.invoked('old')
  const event = tracker.createEvent() as LDMigrationOpEvent
  client.trackMigration(event)
  for (const wrong of [{ ...event, operation: 'delete' }, { ...event, operation: 'drop' }, null])
    client.trackMigration(wrong as unknown as LDMigrationOpEvent)
  const { operation, creationDate, evaluation, measurements } = event
  expect(migrated).toEqual([
    { context: user, samplingRatio: 1, body: { operation, creationDate, evaluation, measurements } },
  ])
  expect(log.filter((line) => line.startsWith('warn: trackMigration'))).toEqual([
    'warn: trackMigration: the event is ignored: operation is neither "read" nor "write"',
    'warn: trackMigration: the event is ignored: it is not an object',
  ])
})

it('(MG3.5) logs a tracker without an event once for each flag', async () => {
  const { client, log } = await holding([serving('orders', 'live')])
  for (let times = 0; times < 3; times++)
    expect((await client.migrationVariation('orders', user, 'off')).tracker.createEvent()).toBeUndefined()
  expect(log.filter((line) => line.startsWith('error'))).toEqual([
    'error: migration "orders": no event is sent: no origin was invoked',
  ])
})

type Sdk = typeof theirSdk | typeof ourSdk

interface Case {
  readonly key: string
  readonly operation: 'read' | 'write'
  readonly execution: 'default' | 'concurrent' | 'fixed' | 'random'
  readonly fails: readonly ('old' | 'new')[]
  readonly latencyTracking: boolean | undefined
  readonly errorTracking: boolean | undefined
  readonly check: 'none' | 'consistent' | 'inconsistent' | 'throws'
}

/** Runs one operation. Returns the result, the calls, and the event without its times. */
async function outcome(sdk: Sdk, client: unknown, given: Case): Promise<unknown> {
  const calls: string[] = []
  let event: LDMigrationOpEvent | undefined
  const spied = Object.create(client as object, {
    trackMigration: { value: (sent: LDMigrationOpEvent) => (event = sent) },
    migrationVariation: {
      value: (...call: Parameters<FlagClient['migrationVariation']>) =>
        (client as FlagClient).migrationVariation(...call),
    },
  }) as FlagClient & theirSdk.LDClient
  const method = (origin: 'old' | 'new') => async (payload: unknown) => {
    calls.push(`${origin} ${String(payload)}`)
    await Promise.resolve()
    if (given.fails.includes(origin)) {
      if (payload === 'throw') throw new Error(origin)
      return sdk.LDMigrationError(new Error(origin))
    }
    return sdk.LDMigrationSuccess(origin)
  }
  const execution = {
    default: undefined,
    concurrent: new sdk.LDConcurrentExecution(),
    fixed: new sdk.LDSerialExecution(sdk.LDExecutionOrdering.Fixed),
    random: new sdk.LDSerialExecution(sdk.LDExecutionOrdering.Random),
  }[given.execution]
  const check = {
    none: undefined,
    consistent: () => true,
    inconsistent: () => false,
    throws: () => {
      throw new Error('check')
    },
  }[given.check]
  const { latencyTracking, errorTracking } = given
  const create = sdk.createMigration as typeof ourSdk.createMigration
  const migration = create(spied, {
    readOld: method('old'),
    readNew: method('new'),
    writeOld: method('old'),
    writeNew: method('new'),
    ...(execution && { execution }),
    ...(check && { check }),
    ...(latencyTracking !== undefined && { latencyTracking }),
    ...(errorTracking !== undefined && { errorTracking }),
  })
  const payload = given.check === 'none' ? 'throw' : 'return'
  const result = await migration[given.operation](given.key, user, 'dualwrite', payload)
  return JSON.parse(
    JSON.stringify({
      result: withErrors(result),
      // The order of serial reads is random in both.
      calls: given.execution === 'random' && given.operation === 'read' ? calls.toSorted() : calls,
      event: event && {
        ...event,
        creationDate: typeof event.creationDate,
        measurements: event.measurements.map((each) =>
          each.key === 'latency_ms' ? { ...each, values: Object.keys(each.values).toSorted() } : each,
        ),
      },
    }),
  )
}

function withErrors(result: object): unknown {
  return JSON.parse(
    JSON.stringify(result, (_, value: unknown) => (value instanceof Error ? String(value) : value)),
  )
}

function* cases(key: string): Generator<Case> {
  for (const operation of ['read', 'write'] as const)
    for (const execution of ['default', 'concurrent', 'fixed', 'random'] as const)
      for (const fails of [[], ['old'], ['new'], ['old', 'new']] as const)
        for (const latencyTracking of [undefined, true, false])
          for (const errorTracking of [undefined, true, false])
            for (const check of ['none', 'consistent', 'inconsistent', 'throws'] as const)
              yield { key, operation, execution, fails, latencyTracking, errorTracking, check }
}

describe('(MG3.7) results and events are those of the official SDK', async () => {
  const flag = (stage: string, members: object = {}) => ({ version: 7, ...serving(stage, stage), ...members })
  const flags = {
    ...Object.fromEntries(STAGES.map((stage) => [stage, flag(stage)])),
    ratios: flag('shadow', { samplingRatio: 3, migration: { checkRatio: 1 } }),
    unchecked: flag('live', { samplingRatio: 0, migration: { checkRatio: 0 } }),
    nonsense: flag('on'),
    number: { ...flag('off'), variations: [5] },
    empty: { ...flag('off'), variations: [] },
  }

  it.each([...Object.keys(flags), 'unknown'])('for the flag %s', async (key) => {
    const { ours, theirs } = await both(await serve({ flags }))
    ours.on('error', () => {})
    theirs.on('error', () => {})
    let compared = 0
    for (const given of cases(key)) {
      const [a, b] = await Promise.all([outcome(ourSdk, ours, given), outcome(theirSdk, theirs, given)])
      expect(a, JSON.stringify(given)).toEqual(b)
      compared++
    }
    expect(compared).toBe(2 * 4 * 4 * 3 * 3 * 4)
  })
})

import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/async/clock.ts'
import { buildMigration, type LDMigration, type MigrationClient } from '../../src/migrations/migration.ts'
import {
  LDConcurrentExecution,
  LDExecutionOrdering,
  LDMigrationError,
  type LDMigrationOptions,
  LDMigrationSuccess,
  LDSerialExecution,
} from '../../src/migrations/migration-options.ts'
import type { LDMigrationOpEvent } from '../../src/migrations/operation-event.ts'
import type { LDMigrationOrigin, LDMigrationStage } from '../../src/migrations/stages.ts'
import { MigrationTracker } from '../../src/migrations/tracker.ts'
import { ConfigError } from '../../src/model/errors.ts'

type Options = LDMigrationOptions<string, string, string, string>

interface Scene {
  readonly migration: LDMigration<string, string, string, string>
  readonly events: LDMigrationOpEvent[]
  /** The beginnings and ends of calls, for example `readOld(p)` and `end readOld`. */
  readonly calls: string[]
  readonly problems: string[]
}

const DURATIONS_MS = { old: 20, new: 3 }

interface Setting {
  readonly stage: LDMigrationStage
  readonly options?: Partial<Options>
  readonly fails?: readonly LDMigrationOrigin[]
  readonly random?: number
  /** True if the options have all methods, so that the scene adds none. */
  readonly isWhole?: boolean
}

function scene({ stage, options = {}, fails = [], random = 0, isWhole = false }: Setting): Scene {
  let elapsedMs = 0
  const clock = { now: () => 0, monotonic: () => elapsedMs }
  const events: LDMigrationOpEvent[] = []
  const calls: string[] = []
  const problems: string[] = []
  const client: MigrationClient = {
    migrationVariation: async (key, context, defaultStage) => ({
      value: stage,
      tracker: new MigrationTracker(
        {
          key,
          context,
          defaultStage,
          stage,
          variationIndex: 0,
          reason: { kind: 'OFF' },
          flag: { version: 1 },
        },
        { clock, random: () => 0, onProblem: (problem) => problems.push(problem) },
      ),
    }),
    trackMigration: (event) => events.push(event),
  }
  const method = (name: string, origin: LDMigrationOrigin) => async (payload?: string) => {
    calls.push(`${name}(${payload ?? ''})`)
    await Promise.resolve()
    elapsedMs += DURATIONS_MS[origin]
    calls.push(`end ${name}`)
    return fails.includes(origin) ? LDMigrationError(new Error(name)) : LDMigrationSuccess(name)
  }
  const added: Options = {
    readOld: method('readOld', 'old'),
    readNew: method('readNew', 'new'),
    writeOld: method('writeOld', 'old'),
    writeNew: method('writeNew', 'new'),
    ...options,
  }
  const all = isWhole ? (options as Options) : added
  return {
    migration: buildMigration({ client, options: all, clock, random: () => random }),
    events,
    calls,
    problems,
  }
}

const user = { kind: 'user', key: 'u-1' }
const begun = (calls: readonly string[]): readonly string[] => calls.filter((call) => !call.startsWith('end'))

it.each([
  ['off', 'readOld(p)', 'old', 'writeOld(p)'],
  ['dualwrite', 'readOld(p)', 'old', 'writeOld(p) writeNew(p)'],
  ['shadow', 'readOld(p) readNew(p)', 'old', 'writeOld(p) writeNew(p)'],
  ['live', 'readOld(p) readNew(p)', 'new', 'writeNew(p) writeOld(p)'],
  ['rampdown', 'readNew(p)', 'new', 'writeNew(p) writeOld(p)'],
  ['complete', 'readNew(p)', 'new', 'writeNew(p)'],
] as const)('(MG1.1, MG1.6) %s calls %s, returns %s, and writes %s', async (stage, reads, origin, writes) => {
  const reading = scene({ stage })
  const name = origin === 'old' ? 'Old' : 'New'
  expect(await reading.migration.read('f', user, 'off', 'p')).toEqual({
    success: true,
    origin,
    result: `read${name}`,
  })
  expect(begun(reading.calls).join(' ')).toBe(reads)
  const writing = scene({ stage })
  const { authoritative, nonAuthoritative } = await writing.migration.write('f', user, 'off', 'p')
  expect(authoritative).toEqual({ success: true, origin, result: `write${name}` })
  expect(nonAuthoritative?.success).toBe(writes.includes(' ') ? true : undefined)
  expect(begun(writing.calls).join(' ')).toBe(writes)
  expect(writing.calls.at(1)).toMatch(/^end/)
})

const ONE_AFTER_THE_OTHER = ['readOld()', 'end readOld', 'readNew()', 'end readNew']
const NEW_FIRST = ['readNew()', 'end readNew', 'readOld()', 'end readOld']
const AT_ONCE = ['readOld()', 'readNew()', 'end readOld', 'end readNew']

it.each([
  ['by default', undefined, 0, AT_ONCE],
  ['concurrently', new LDConcurrentExecution(), 0, AT_ONCE],
  ['in fixed order', new LDSerialExecution(LDExecutionOrdering.Fixed), 0.9, ONE_AFTER_THE_OTHER],
  ['in random order', new LDSerialExecution(LDExecutionOrdering.Random), 0.4, ONE_AFTER_THE_OTHER],
  ['in random order', new LDSerialExecution(LDExecutionOrdering.Random), 0.5, NEW_FIRST],
])('(MG1.2) reads both origins %s', async (_, execution, random, expected) => {
  for (const stage of ['shadow', 'live'] as const) {
    const { migration, calls } = scene({ stage, random, options: { ...(execution && { execution }) } })
    await migration.read('f', user, 'off')
    expect(calls).toEqual(expected)
  }
})

it('(MG1.4) does not call the second origin if the authoritative write failed', async () => {
  const { migration, calls, events } = scene({ stage: 'live', fails: ['new'] })
  expect(await migration.write('f', user, 'off')).toEqual({
    authoritative: { success: false, origin: 'new', error: new Error('writeNew') },
  })
  expect(calls).toEqual(['writeNew()', 'end writeNew'])
  expect(events[0]?.measurements).toEqual([
    { key: 'invoked', values: { new: true } },
    { key: 'latency_ms', values: { new: 3 } },
    { key: 'error', values: { new: true } },
  ])
})

it.each([
  [
    'throws',
    () => {
      throw new Error('broken')
    },
    'broken',
  ],
  ['rejects', () => Promise.reject(new Error('broken')), 'broken'],
  ['returns nothing', () => undefined, 'neither LDMigrationSuccess'],
  ['returns a value as it is', async () => 'value', 'neither LDMigrationSuccess'],
])('(MG1.5) treats a method that %s as failed', async (_, readOld, message) => {
  const { migration, events } = scene({
    stage: 'shadow',
    options: { readOld: readOld as unknown as Options['readOld'] },
  })
  const result = await migration.read('f', user, 'off')
  expect(result).toEqual({
    success: false,
    origin: 'old',
    error: expect.objectContaining({ message: expect.stringContaining(message) }),
  })
  expect(events[0]?.measurements.at(-1)).toEqual({ key: 'error', values: { old: true } })
})

it('calls the methods of an instance of a class', async () => {
  class Orders {
    readonly table: string = 'orders'
    async readOld() {
      return LDMigrationSuccess(`old ${this.table}`)
    }
    async readNew() {
      return LDMigrationSuccess(`new ${this.table}`)
    }
    async writeOld() {
      return LDMigrationSuccess('')
    }
    async writeNew() {
      return LDMigrationSuccess('')
    }
    check(a: string, b: string): boolean {
      return a.endsWith(this.table) && b.endsWith(this.table)
    }
  }
  const { migration, events } = scene({ stage: 'live', options: new Orders(), isWhole: true })
  expect(await migration.read('f', user, 'off')).toMatchObject({ result: 'new orders' })
  expect(events[0]?.measurements).toContainEqual({ key: 'consistent', value: true, samplingRatio: 1 })
})

describe('measurements', () => {
  const check = (a: string, b: string): boolean => a === b

  it('(MG3.1, MG3.2) leave out what is switched off', async () => {
    const { migration, events } = scene({
      stage: 'live',
      fails: ['old'],
      options: { latencyTracking: false, errorTracking: false, check },
    })
    await migration.read('f', user, 'off')
    expect(events[0]?.measurements).toEqual([{ key: 'invoked', values: { old: true, new: true } }])
  })

  it('(MG3.1) has the duration of each call', async () => {
    const { migration, events } = scene({ stage: 'dualwrite' })
    await migration.write('f', user, 'off')
    expect(events[0]?.measurements[1]).toEqual({ key: 'latency_ms', values: DURATIONS_MS })
  })

  it.each([
    ['both origins succeed', [], true],
    ['one fails', ['old'], false],
    ['the authoritative one fails', ['new'], false],
  ] as const)('(MG3.3) compare the results if %s', async (_, fails, isChecked) => {
    const compared: unknown[] = []
    const { migration, events } = scene({
      stage: 'live',
      fails,
      options: {
        check: (old, fresh) => {
          compared.push([old, fresh])
          return false
        },
      },
    })
    await migration.read('f', user, 'off')
    expect(compared).toEqual(isChecked ? [['readOld', 'readNew']] : [])
    const consistent = events[0]?.measurements.filter(({ key }) => key === 'consistent')
    expect(consistent).toEqual(isChecked ? [{ key: 'consistent', value: false, samplingRatio: 1 }] : [])
  })

  it('send no event for an invalid context, but the operation runs', async () => {
    const { migration, events, problems, calls } = scene({ stage: 'off' })
    await migration.read('f', { kind: 'user', key: '' }, 'off')
    expect([events, calls.length, problems]).toEqual([[], 2, [expect.stringContaining('no event is sent')]])
  })
})

describe('(MG1.7) refuses', () => {
  const method = async () => LDMigrationSuccess('')
  const whole = { readOld: method, readNew: method, writeOld: method, writeNew: method }
  it.each([
    [undefined, 'createMigration: expected an object'],
    [{ ...whole, readOld: undefined }, 'createMigration.readOld: expected a function'],
    [{ ...whole, check: true }, 'createMigration.check: expected a function'],
    [{ ...whole, chek: () => true }, 'createMigration.chek'],
    [{ ...whole, execution: 'serial' }, 'createMigration.execution: expected an LDConcurrentExecution'],
    [{ ...whole, execution: { type: 0, ordering: 7 } }, 'createMigration.execution'],
    [{ ...whole, latencyTracking: 1 }, 'createMigration.latencyTracking: expected a boolean'],
  ])('the options %j', (options, message) => {
    const client = {} as MigrationClient
    const build = (): unknown =>
      buildMigration({ client, options: options as Options, clock: systemClock, random: () => 0 })
    expect(build).toThrow(ConfigError)
    expect(build).toThrow(message)
  })

  it('a default stage that is not one', async () => {
    const { migration, calls } = scene({ stage: 'off' })
    await expect(migration.read('f', user, 'on' as LDMigrationStage)).rejects.toThrow(
      'defaultStage: expected one of',
    )
    await expect(migration.write('f', user, 'on' as LDMigrationStage)).rejects.toThrow(ConfigError)
    expect(calls).toEqual([])
  })
})

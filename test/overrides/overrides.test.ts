import { expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/async/clock.ts'
import { evaluate } from '../../src/evaluation/evaluate.ts'
import type { FlagReader } from '../../src/evaluation/run.ts'
import type { ChangedKeys } from '../../src/model/change-set.ts'
import type { Flag, Segment } from '../../src/model/flag.ts'
import { Overrides } from '../../src/overrides/overrides.ts'
import { overridesFile, untilStatus } from './files.ts'

interface Scene {
  readonly overrides: Overrides
  readonly log: string[]
  readonly changes: ChangedKeys[]
}

function scene(path: string): Scene {
  const log: string[] = []
  const note = (level: string) => (message: string) => log.push(`${level}: ${message}`)
  const overrides = new Overrides({
    options: { paths: [path], intervalMs: 100 },
    prepare: () => undefined,
    clock: systemClock,
    random: () => 0,
    logger: { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') },
  })
  onTestFinished(() => overrides.close())
  const changes: ChangedKeys[] = []
  overrides.on((keys) => changes.push(keys))
  return { overrides, log, changes }
}

const user = { kind: 'user', key: 'u' }
const constant = (key: string, value: unknown): Flag => ({
  key,
  on: true,
  variations: [value],
  fallthrough: { variation: 0 },
})

function reader(flags: readonly Flag[], segments: readonly Segment[] = []): FlagReader {
  return {
    flag: (key) => flags.find((flag) => flag.key === key),
    segment: (key) => segments.find((segment) => segment.key === key),
  }
}

it('(OV1.1, OV1.2) replaces the flags of the file and no others', async () => {
  const { overrides } = scene(overridesFile({ flagValues: { a: 'local', extra: 1 } }).path)
  await overrides.firstRead()
  const evaluated = overrides.around(evaluate)
  const live = reader([constant('a', 'live'), constant('b', 'live')])
  expect(['a', 'b', 'extra'].map((key) => evaluated(live, key, user).value)).toEqual(['local', 'live', 1])
})

it('(OV1.3) marks the reason if the flag, a prerequisite or a segment is overridden, and only then', async () => {
  const { overrides } = scene(
    overridesFile({ flagValues: { base: true }, segments: { beta: { included: ['u'] } } }).path,
  )
  await overrides.firstRead()
  const live = reader(
    [
      constant('base', false),
      { ...constant('needs-base', 'x'), prerequisites: [{ key: 'base', variation: 0 }] },
      {
        ...constant('uses-beta', 'x'),
        rules: [{ clauses: [{ attribute: '', op: 'segmentMatch', values: ['beta'] }], variation: 0 }],
      },
      constant('plain', 'x'),
    ],
    [{ key: 'beta' }],
  )
  const reasonOf = (key: string): object => overrides.around(evaluate)(live, key, user).reason
  expect(reasonOf('base')).toEqual({ kind: 'FALLTHROUGH', overridden: true })
  expect(reasonOf('needs-base')).toEqual({ kind: 'FALLTHROUGH', overridden: true })
  expect(reasonOf('uses-beta')).toEqual({ kind: 'RULE_MATCH', ruleIndex: 0, overridden: true })
  expect(reasonOf('plain')).toEqual({ kind: 'FALLTHROUGH' })
  expect(reasonOf('unknown')).toEqual({ kind: 'ERROR', errorKind: 'FLAG_NOT_FOUND' })
})

it('(OV2.1, OV2.3, OV3.1) follows the file, and names the overridden keys', async () => {
  const file = overridesFile({ flagValues: { b: 1, a: 1 }, segments: { s: {} } })
  const { overrides, changes, log } = scene(file.path)
  await overrides.firstRead()
  expect(overrides.status.current).toEqual({ flags: ['a', 'b'], segments: ['s'] })
  file.write({ flagValues: { a: 2 } })
  await untilStatus(overrides.status, ({ flags }) => flags.length === 1)
  expect(overrides.has('flag', 'b')).toBe(false)
  file.write({})
  await untilStatus(overrides.status, ({ flags }) => flags.length === 0)
  expect(changes.map(({ flags, segments }) => [[...flags].toSorted(), [...segments]])).toEqual([
    [['a', 'b'], ['s']],
    [['a', 'b'], ['s']],
    [['a'], []],
  ])
  expect(log).toEqual([
    'warn: overrides: local files replace 2 flags and 1 segment: a, b, s; evaluations that use them make no analytics events',
    'warn: overrides: local files replace 1 flag and 0 segments: a; evaluations that use them make no analytics events',
    'info: overrides: nothing is overridden',
  ])
})

it('(OV2.2) keeps the last good overrides while the file is wrong, and logs that once', async () => {
  const file = overridesFile({ flagValues: { a: 1 } })
  const { overrides, log } = scene(file.path)
  await overrides.firstRead()
  file.write('{ "flagValues": ')
  const { error } = await untilStatus(overrides.status, (status) => status.error !== undefined)
  expect(error).toContain('the file ends in the middle of its JSON')
  expect(overrides.status.current).toMatchObject({ flags: ['a'] })
  expect(overrides.has('flag', 'a')).toBe(true)
  file.write({ flagValues: { a: 1 } })
  await untilStatus(overrides.status, (status) => status.error === undefined)
  expect(overrides.status.current).toEqual({ flags: ['a'], segments: [] })
  const errors = (): readonly string[] => log.filter((line) => line.startsWith('error'))
  expect(errors()).toEqual([expect.stringContaining('the last good overrides stay in force (1 flag')])
  file.write('{ "flagValues": ')
  await untilStatus(overrides.status, (status) => status.error !== undefined)
  expect(errors()).toHaveLength(2)
})

it('(OV2.2, OV2.4) begins without a file, and uses it when it appears', async () => {
  const file = overridesFile()
  const { overrides } = scene(file.path)
  await overrides.firstRead()
  expect(overrides.status.current).toMatchObject({ flags: [], error: expect.stringContaining('ENOENT') })
  file.write({ flagValues: { a: 1 } })
  expect(await untilStatus(overrides.status, ({ flags }) => flags.length === 1)).toEqual({
    flags: ['a'],
    segments: [],
  })
})

it('(OV2.5) keeps the overrides after close', async () => {
  const { overrides } = scene(overridesFile({ flagValues: { a: 1 } }).path)
  await overrides.firstRead()
  overrides.close()
  expect(overrides.has('flag', 'a')).toBe(true)
})

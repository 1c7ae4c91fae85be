import { spawn } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import type { ConnectionOptions, DataSystemConfig } from '../../src/config/config.ts'
import { createDataSystem } from '../../src/config/create-data-system.ts'
import type { DataSystemOptions } from '../../src/config/data-system-options.ts'
import { presets } from '../../src/config/presets.ts'
import type { DataSystem } from '../../src/datasystem/data-system.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { flagValues, folderForTest } from '../flag-file/folder.ts'
import { endWithTest } from '../support/child.ts'
import { Story } from '../support/story.ts'
import { flag, full } from '../support/words.ts'
import { readPlan } from './reading.ts'
import { recorder } from './recorder.ts'

/** Waits in real time, because files are read in real time even if the test has a virtual clock. */
const POLLING = { interval: 1 }

let paths: readonly [string]

beforeEach(async () => {
  paths = [join(await folderForTest(), 'flags.json')]
  await writeFile(paths[0], flagValues({ a: 1, b: 1 }))
})

/** Creates a data system over real files with a virtual clock. It is closed after the test. */
function start(plan: DataSystemConfig | DataSystemOptions, options: ConnectionOptions = {}) {
  const clock = new VirtualClock()
  const { warnings, logger } = recorder()
  const system = createDataSystem('sdk-key', plan, { clock, logger, random: () => 0, ...options })
  onTestFinished(() => system.close())
  return {
    system,
    clock,
    warnings,
    /** Advances the clock until the condition is true. */
    until: (holds: () => boolean) => expect.poll(() => clock.advance(1_000).then(holds), POLLING).toBe(true),
  }
}

function served(system: DataSystem, key: string): unknown {
  return system.flag(key)?.variations?.[0]
}

describe('a plan with files only', () => {
  it('(D14, S25) is ready after reading once', async () => {
    const { system } = start(presets.custom({ initializers: [{ type: 'file', paths }], synchronizers: [] }))
    expect(await system.waitForInitialization()).toMatchObject({
      initialized: true,
      availability: 'cached',
      source: 'file initializer',
      reason: 'ready',
    })
    expect([served(system, 'a'), system.selector]).toEqual([1, undefined])
  })

  it('(S25) is not ready without files, and reports the reason', async () => {
    await rm(paths[0])
    const plan = presets.custom({ initializers: [{ type: 'file', paths }], synchronizers: [] })
    const { system, warnings } = start(plan)
    expect(await system.waitForInitialization()).toMatchObject({ initialized: false, reason: 'off' })
    expect(system.status.current).toMatchObject({
      state: 'off',
      lastError: { kind: 'invalid_data', source: 'file initializer' },
    })
    expect(warnings).toEqual([
      expect.stringContaining(`file initializer: ${paths[0]}: cannot be read: ENOENT`),
    ])
  })

  it('(D14, S26) is ready and valid, and reports only the differences', async () => {
    const { system, clock, until } = start(
      presets.custom({ initializers: [], synchronizers: [{ type: 'file', paths }] }),
    )
    expect(await system.waitForInitialization({ minimum: 'refreshed' })).toMatchObject({ source: 'file' })
    const changes: string[][] = []
    system.on('change', ({ flags }) => changes.push([...flags]))
    await writeFile(paths[0], flagValues({ a: 2, b: 1 }))
    await until(() => served(system, 'a') === 2)
    expect(changes).toEqual([['a']])
    const before = clock.monotonic()
    await until(() => clock.monotonic() > before + 60_000)
    await until(() => (system.status.current.ageMs ?? Infinity) < 5_000)
    expect(system.status.current).toMatchObject({ state: 'valid', source: 'file' })
  })

  it('(S26) keeps the last valid data while a file is invalid', async () => {
    const { system, until } = start(
      presets.custom({ initializers: [], synchronizers: [{ type: 'file', paths }] }),
    )
    await system.waitForInitialization()
    await writeFile(paths[0], '{"flagValues":\n{"a":}}')
    await until(() => system.status.current.state === 'interrupted')
    expect(system.status.current.lastError).toMatchObject({
      kind: 'invalid_data',
      message: `${paths[0]}:2:6: unexpected "}" in JSON`,
    })
    expect(served(system, 'a')).toBe(1)
    await writeFile(paths[0], flagValues({ a: 1, b: 1 }))
    await until(() => system.status.current.state === 'valid')
  })
})

describe('files among other sources', () => {
  it('(D6, D12) provide data first, and the next initializer runs without a selector', async () => {
    const story = new Story()
    const poll = story.source('poll', [[0, full('A', flag('a', 7))], 'end'])
    const system = story.start({
      initializers: [{ type: 'file', paths }, poll],
      synchronizers: [story.source('stream', [])],
    })
    onTestFinished(() => system.close())
    await system.waitForInitialization({ minimum: 'cached' })
    expect(served(system, 'a')).toBe(1)
    await system.waitForInitialization({ minimum: 'refreshed' })
    expect(system.flag('a')?.version).toBe(7)
    await expect.poll(() => story.transcript).toContain('0s open stream at A')
    expect(story.transcript).toContain('0s open poll')
  })

  it('(D4, D5) are replaced while they are missing and used again when they exist', async () => {
    await rm(paths[0])
    const story = new Story()
    const system = story.start({
      synchronizers: [{ type: 'file', paths }, story.source('stream', [[0, full('A', flag('a', 7))]])],
    })
    onTestFinished(() => system.close())
    const until = (source: string) =>
      expect
        .poll(() => story.clock.advance(1_000).then(() => system.status.current), POLLING)
        .toMatchObject({ state: 'valid', source })
    await until('stream')
    expect(story.clock.monotonic()).toBeGreaterThanOrEqual(10_000)
    await writeFile(paths[0], flagValues({ a: 1 }))
    await until('file')
    expect(story.clock.monotonic()).toBeGreaterThanOrEqual(310_000)
    expect([served(system, 'a'), system.selector]).toEqual([1, undefined])
  })

  it('(D1.6) stay if data saving mode is off', async () => {
    const plan = presets.custom({
      initializers: [{ type: 'polling' }, { type: 'file', paths }],
      synchronizers: [{ type: 'file', paths }],
    })
    const { system, until } = start(plan, { dataSavingMode: false })
    await system.waitForInitialization()
    await writeFile(paths[0], flagValues({ a: 2 }))
    await until(() => served(system, 'a') === 2)
    expect(system.status.current).toMatchObject({ source: 'file', mode: { protocol: 'fdv1' } })
  })
})

describe('the configuration of files', () => {
  it('(S11, S25) uses the YAML parser of the plain object', async () => {
    const yaml = `${paths[0]}.yaml`
    await writeFile(yaml, 'anything')
    const yamlParser = (text: string): unknown => ({ flagValues: { a: text } })
    const { system } = start({
      dataSource: {
        dataSourceOptionsType: 'custom',
        initializers: [{ type: 'file', paths: [yaml], yamlParser }],
        synchronizers: [],
      },
    })
    await system.waitForInitialization()
    expect(served(system, 'a')).toBe('anything')
  })

  it('(S11, S26) is accepted among the synchronizers of the plain object', async () => {
    const { system, until } = start({
      dataSource: {
        dataSourceOptionsType: 'custom',
        initializers: [],
        synchronizers: [{ type: 'file', paths }],
      },
    })
    await system.waitForInitialization()
    await writeFile(paths[0], flagValues({ a: 2 }))
    await until(() => served(system, 'a') === 2)
  })

  it('(D2.5) has a minimum interval', () => {
    const plan = (intervalMs: number) => ({
      initializers: [],
      synchronizers: [{ type: 'file' as const, paths, intervalMs }],
      fdv1Fallback: null,
    })
    expect(readPlan(plan(10))).toEqual({
      config: plan(100),
      warnings: ['file: a check interval of 10 ms is below the minimum; 100 ms is used'],
    })
    expect(readPlan(plan(250))).toEqual({
      config: plan(250),
      warnings: [],
    })
  })

  it('(D2) uses the given interval', async () => {
    const { system, clock } = start(
      presets.custom({ initializers: [], synchronizers: [{ type: 'file', paths, intervalMs: 7_000 }] }),
    )
    await system.waitForInitialization()
    await writeFile(paths[0], flagValues({ a: 2 }))
    await expect.poll(() => clock.advance(100).then(() => served(system, 'a')), POLLING).toBe(2)
    expect(clock.monotonic()).toBeGreaterThanOrEqual(14_000)
  })
})

it('(D20) a process can exit while a data system watches files', async () => {
  const script = `
    import { createDataSystem } from ${JSON.stringify(join(import.meta.dirname, '../../src/config/create-data-system.ts'))}
    const files = { type: 'file', paths: ${JSON.stringify(paths)} }
    const system = createDataSystem('sdk-key', { initializers: [files], synchronizers: [files] })
    const { reason } = await system.waitForInitialization({ minimum: 'refreshed' })
    console.info(reason, system.flag('a').variations)`
  const child = endWithTest(spawn(process.execPath, ['--input-type=module', '--eval', script]))
  let out = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (out += String(chunk)))
  const code = await new Promise((resolve) => child.on('close', resolve))
  expect([out, code]).toEqual(['ready [ 1 ]\n', 0])
})

import { expect, it, onTestFinished } from 'vitest'
import { createDataSystem } from '../../src/config/create-data-system.ts'
import { presets } from '../../src/config/presets.ts'
import type { DataSystem } from '../../src/datasystem/data-system.ts'
import type { ChangedKeys } from '../../src/model/change-set.ts'
import type { SourceResult } from '../../src/model/source-result.ts'
import {
  type ScriptedSourceOptions,
  scriptedOrigin,
  scriptedSource,
  TestData,
  VirtualClock,
} from '../../src/testing/index.ts'

/** Starts a data system on the test data, and records its change events. */
async function follow(
  data: TestData,
): Promise<{ readonly system: DataSystem; readonly changes: ChangedKeys[]; readonly clock: VirtualClock }> {
  const clock = new VirtualClock()
  const plan = presets.custom({
    initializers: [data.initializer()],
    synchronizers: [data.synchronizer()],
  })
  const system = createDataSystem('sdk-key', plan, { clock, random: () => 0 })
  onTestFinished(() => system.close())
  const changes: ChangedKeys[] = []
  await clock.advance(0)
  system.on('change', (keys) => changes.push(keys))
  return { system, changes, clock }
}

function flagKeys({ flags }: ChangedKeys): string[] {
  return [...flags]
}

it('(D12) serves its data without a selector', async () => {
  const data = new TestData({ flags: [{ key: 'a', on: true }], segments: [{ key: 's', included: ['u'] }] })
  const { system } = await follow(data)
  expect(system.initialized).toBe(true)
  expect(system.availability).toBe('refreshed')
  expect(system.flag('a')).toEqual({ key: 'a', on: true, version: 1 })
  expect(system.segment('s')).toEqual({ key: 's', included: ['u'], version: 1 })
  expect(system.selector).toBeUndefined()
  expect(system.status.current).toMatchObject({ state: 'valid', source: 'test data' })
})

it('sends each call as one change set', async () => {
  const data = new TestData({ flags: [{ key: 'kept' }] })
  const { system, changes, clock } = await follow(data)
  const transactions: string[] = []
  data.subscribe(({ changes: items }) =>
    transactions.push(items.map(({ op, key, version }) => `${op} ${key} ${version}`).join(', ')),
  )
  data.set({ key: 'a' }, { key: 'b' })
  data.setSegment({ key: 's' })
  data.delete('a', 'unknown')
  data.deleteSegment('s')
  data.delete('unknown')
  await clock.advance(0)
  expect(transactions).toEqual(['put a 1, put b 1', 'put s 1', 'delete a 2', 'delete s 2'])
  expect(changes.map(flagKeys)).toEqual([['a', 'b'], [], ['a'], []])
  expect([...system.snapshot().flags.keys()]).toEqual(['kept', 'b'])
  expect(system.segment('s')).toBeUndefined()
})

it('serves a flag with one value for all contexts', async () => {
  const data = new TestData()
  const { system, clock } = await follow(data)
  data.flagValue('greeting', 'Ahoy')
  await clock.advance(0)
  expect(system.flag('greeting')).toMatchObject({
    on: true,
    variations: ['Ahoy'],
    fallthrough: { variation: 0 },
  })
})

it('raises versions with each change, above those of deleted keys, and accepts higher ones', async () => {
  const data = new TestData({ flags: [{ key: 'a', version: 7 }] })
  const { system, clock } = await follow(data)
  const version = async (): Promise<number | undefined> => {
    await clock.advance(0)
    return system.flag('a')?.version
  }
  expect(await version()).toBe(7)
  data.set({ key: 'a', version: 3 })
  expect(await version()).toBe(8)
  data.delete('a')
  expect(await version()).toBeUndefined()
  data.set({ key: 'a' })
  expect(await version()).toBe(10)
  data.set({ key: 'a', version: 20 })
  expect(await version()).toBe(20)
})

it('serves several data systems, later ones with all previous changes', async () => {
  const data = new TestData()
  const first = await follow(data)
  data.flagValue('a', 1)
  data.flagValue('a', 2)
  const second = await follow(data)
  expect(second.system.flag('a')).toMatchObject({ variations: [2] })
  await first.system.close()
  data.flagValue('a', 3)
  await second.clock.advance(0)
  expect(first.system.flag('a')).toMatchObject({ variations: [2] })
  expect(second.system.flag('a')).toMatchObject({ variations: [3] })
  await second.system.close()
  expect([first.clock.armed, second.clock.armed]).toEqual([0, 0])
})

it('includes changes that are made while the current data is read, and ends when its signal aborts', async () => {
  const data = new TestData({ flags: [{ key: 'a' }] })
  const controller = new AbortController()
  const results: SourceResult[] = []
  for await (const result of data.synchronizer().sync(undefined, controller.signal)) {
    results.push(result)
    if (results.length === 1) data.set({ key: 'b' })
    else controller.abort()
  }
  expect(results.map(({ type }) => type)).toEqual(['changeSet', 'changeSet'])
  for await (const result of data.synchronizer().sync(undefined, controller.signal)) results.push(result)
  expect(results).toHaveLength(2)
})

it.each([
  ['TestData.flagz', () => new TestData({ flagz: [] } as object)],
  ['scriptedOrigin.flagz', () => scriptedOrigin({ flagz: [] } as object)],
  ['scriptedSource.opening', () => scriptedSource({ opening: [] } as unknown as ScriptedSourceOptions)],
])('S160: an unknown option is refused: %s', (path, make) => {
  expect(make).toThrow(`${path}: expected a known option (did you mean `)
})

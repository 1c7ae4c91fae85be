import { expect, it } from 'vitest'
import { presets } from '../../src/config/presets.ts'
import { MemoryDatabase } from '../../src/testing/memory-database.ts'
import { scriptedSource } from '../../src/testing/scripted-source.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { change, startClient, store, USER } from '../support/stored.ts'
import { full, none } from '../support/words.ts'

it.each(['error', 'hang'] as const)(
  '(D22) returns the data of memory to readers that wait for a database in state %s',
  async (failure) => {
    const database = new MemoryDatabase()
    const clock = new VirtualClock()
    store(database, 'a', 1, 'stored')
    database.marker = true
    const { client, log } = startClient(clock, {
      dataSystem: presets.custom({
        initializers: [],
        synchronizers: [
          scriptedSource({ name: 'stream', clock, openings: [[[2_000, full('s1', change('a', 1, 'one'))]]] }),
        ],
        store: database.description({ cacheTtlMs: 0 }),
      }),
    })
    await clock.advance(0)
    expect(await client.variation('a', USER, 'fallback')).toBe('stored')
    database.fail(failure)
    await clock.advance(1_999)
    const waiting = [
      client.variation('a', USER, 'fallback'),
      client.allFlagsState(USER).then((state) => state.getFlagValue('a')),
    ]
    // The takeover ends reads that hang. Reads that failed have been answered before.
    await clock.advance(1)
    expect(await Promise.all(waiting)).toEqual(failure === 'hang' ? ['one', 'one'] : ['fallback', null])
    expect(await client.variation('a', USER, 'fallback')).toBe('one')
    expect(log.filter((line) => line.includes('threw'))).toEqual([])
  },
)

it('(D24) evaluates with the first payload in its listeners', async () => {
  const database = new MemoryDatabase()
  const clock = new VirtualClock()
  store(database, 'a', 1, 'stored')
  database.marker = true
  const { client } = startClient(clock, {
    dataSystem: presets.custom({
      initializers: [],
      synchronizers: [
        scriptedSource({ name: 'stream', clock, openings: [[[2_000, full('s1', change('a', 2, 'one'))]]] }),
      ],
      store: database.description(),
    }),
  })
  const seen: Promise<unknown>[] = []
  client.on('status', () => seen.push(client.variation('a', USER, 'fallback')))
  client.onChange(() => seen.push(client.variation('a', USER, 'fallback')))
  await clock.advance(1_000)
  seen.length = 0
  await client.variation('a', USER, 'fallback')
  database.fail('hang')
  await clock.advance(1_000)
  expect(await Promise.all(seen)).toEqual(['one', 'one'])
})

it('(D14, D22) continues to read the database after "nothing new" without data', async () => {
  const database = new MemoryDatabase()
  const clock = new VirtualClock()
  store(database, 'a', 1, 'stored')
  database.marker = true
  const { client } = startClient(clock, {
    dataSystem: presets.custom({
      initializers: [],
      synchronizers: [scriptedSource({ name: 'stream', clock, openings: [[[100, none]]] })],
      store: database.description(),
    }),
  })
  await clock.advance(200)
  expect(client.initialized()).toBe(true)
  expect(await client.variation('a', USER, 'fallback')).toBe('stored')
  expect(client.sync.variationDetail('a', USER, 'fallback').reason).toMatchObject({
    errorKind: 'FLAG_NOT_FOUND',
  })
})

it('(D15, S12) writes a payload of FDv1 without a data system, and does not resume from it', async () => {
  const database = new MemoryDatabase()
  const clock = new VirtualClock()
  const { client } = startClient(clock, {
    dataSavingMode: false,
    dataSystem: {
      initializers: [],
      synchronizers: [
        scriptedSource({ name: 'fdv1', clock, openings: [[[0, full(undefined, change('a', 1, 'one'))]]] }),
      ],
      store: database.description(),
    },
  })
  await clock.advance(100)
  expect(await client.variation('a', USER, 'fallback')).toBe('one')
  expect(database.marker).toBe(true)
  expect(database.sidecar).not.toContain('selector')
  await client.close()
  expect(clock.armed).toBe(0)
})

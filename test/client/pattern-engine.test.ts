import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import type { ClientOptions } from '../../src/client/create-client.ts'
import type { FlagClient } from '../../src/client/flag-client.ts'
import type { Flag } from '../../src/model/flag.ts'
import { MemoryDatabase } from '../../src/testing/memory-database.ts'
import { TestData } from '../../src/testing/test-data.ts'
import { notes, serve } from './starting.ts'

const ENGINE = '../../src/evaluation/pattern.ts'

const who = { kind: 'user', key: 'u-1', email: 'bob@example.com' } as const
const clause = { attribute: 'email', op: 'matches', values: ['@example\\.(com|org)$'] }
const base = { version: 1, on: true, variations: ['no', 'yes'], fallthrough: { variation: 0 } }
const plain: Flag & { key: string } = { ...base, key: 'plain' }
const direct: Flag & { key: string } = {
  ...base,
  key: 'direct',
  rules: [{ variation: 1, clauses: [clause] }],
}
const negated: Flag & { key: string } = {
  ...base,
  key: 'negated',
  rules: [{ variation: 1, clauses: [{ ...clause, negate: true }] }],
}
const member: Flag & { key: string } = {
  ...base,
  key: 'member',
  rules: [{ variation: 1, clauses: [{ op: 'segmentMatch', values: ['s'] }] }],
}
const segment = { key: 's', version: 1, rules: [{ clauses: [clause] }] }

let loads = 0

// The engine is loaded once per process, so each test imports fresh modules.
beforeEach(() => {
  loads = 0
  vi.resetModules()
  vi.doMock(ENGINE, (original) => {
    loads++
    return original()
  })
})
afterEach(() => {
  vi.doUnmock(ENGINE)
})

async function start(options: (modules: typeof import('../../src/index.ts')) => ClientOptions): Promise<{
  readonly client: FlagClient
  readonly warnings: () => readonly string[]
}> {
  const modules = await import('../../src/index.ts')
  const { log, logger } = notes()
  const client = modules.createClient('sdk-key', { logger, sendEvents: false, ...options(modules) })
  onTestFinished(() => client.close())
  return { client, warnings: () => log.filter((line) => line.startsWith('warn')) }
}

function database(...flags: readonly { readonly key: string }[]): MemoryDatabase {
  const memory = new MemoryDatabase()
  memory.marker = true
  for (const flag of flags) memory.put({ kind: 'flag', key: flag.key, text: JSON.stringify(flag) })
  memory.put({ kind: 'segment', key: 's', text: JSON.stringify(segment) })
  return memory
}

it.each(['flag', 'segment'])(
  '(S131.1) is loaded before the client is ready, for a pattern in a %s',
  async (kind) => {
    const data = new TestData({ flags: [kind === 'flag' ? direct : member] })
    if (kind === 'segment') data.setSegment(segment)
    const { client } = await start(({ presets }) => ({
      dataSystem: presets.custom({ initializers: [], synchronizers: [data.synchronizer()] }),
    }))
    await client.waitForInitialization()
    const key = kind === 'flag' ? 'direct' : 'member'
    expect(client.sync.stringVariation(key, who, 'fallback')).toBe('yes')
    expect(loads).toBe(1)
  },
)

it('(S131) is loaded before a change that brings the first pattern is visible', async () => {
  const data = new TestData({ flags: [{ ...plain, key: 'direct' }] })
  const { client } = await start(({ presets }) => ({
    dataSystem: presets.custom({ initializers: [], synchronizers: [data.synchronizer()] }),
  }))
  await client.waitForInitialization()
  expect(client.sync.stringVariation('direct', who, 'fallback')).toBe('no')
  expect(loads).toBe(0)
  const changed = new Promise((resolve) => client.onChange(resolve))
  data.set(direct)
  await changed
  expect(client.sync.stringVariation('direct', who, 'fallback')).toBe('yes')
})

it('(S131) is loaded for data from the network', async () => {
  const { url } = await serve({ flags: { direct } })
  const { client } = await start(({ presets }) => ({
    dataSystem: presets.default(),
    endpoints: { polling: url, streaming: url },
  }))
  await client.waitForInitialization()
  expect(client.sync.stringVariation('direct', who, 'fallback')).toBe('yes')
})

it('(S131) is loaded for data from a file', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'halyard-patterns-')), 'flags.json')
  await writeFile(path, JSON.stringify({ flags: { direct } }))
  const { client } = await start(({ presets }) => ({
    dataSystem: presets.custom({ initializers: [], synchronizers: [{ type: 'file', paths: [path] }] }),
  }))
  await client.waitForInitialization()
  expect(client.sync.stringVariation('direct', who, 'fallback')).toBe('yes')
})

it.each(['direct', 'member'])(
  '(S131) is loaded if flag "%s" is read from a database on demand',
  async (key) => {
    const memory = database(direct, member)
    const { client } = await start(({ presets }) => ({ dataSystem: presets.daemon(memory.description()) }))
    expect(await client.stringVariation(key, who, 'fallback')).toBe('yes')
    expect(loads).toBe(1)
  },
)

it('(S131.1) is loaded when allFlagsState reaches a pattern in a database', async () => {
  const memory = database(plain, direct, member, negated)
  const { client, warnings } = await start(({ presets }) => ({
    dataSystem: presets.daemon(memory.description()),
  }))
  const state = await client.allFlagsState(who)
  expect(state.allValues()).toEqual({ plain: 'no', direct: 'yes', member: 'yes', negated: 'no' })
  expect(loads).toBe(1)
  expect(warnings()).toEqual([])
})

it('(S131.1) is not loaded when allFlagsState reaches no pattern in a database', async () => {
  const off: typeof direct = { ...direct, on: false, offVariation: 0 }
  const memory = database(plain, off)
  const { client } = await start(({ presets }) => ({ dataSystem: presets.daemon(memory.description()) }))
  const state = await client.allFlagsState(who)
  expect(state.allValues()).toEqual({ plain: 'no', direct: 'no' })
  expect(loads).toBe(0)
})

it('(S131) is loaded for a database that is read as a whole', async () => {
  const memory = database(direct)
  const { client } = await start(({ presets }) => ({
    dataSystem: presets.daemon(memory.description({ reads: 'snapshot' })),
  }))
  await client.status.waitFor('valid')
  expect(client.sync.stringVariation('direct', who, 'fallback')).toBe('yes')
})

it('(S131.2) is not loaded for data without patterns', async () => {
  const data = new TestData({ flags: [plain, member] })
  const { client } = await start(({ presets }) => ({
    dataSystem: presets.custom({ initializers: [], synchronizers: [data.synchronizer()] }),
  }))
  await client.waitForInitialization()
  expect(client.sync.stringVariation('member', who, 'fallback')).toBe('no')
  expect(loads).toBe(0)
})

it('(S131.3) causes an evaluation error if it cannot be loaded, for negated clauses too, with one warning', async () => {
  vi.doMock(ENGINE, () => {
    throw new Error('no such module')
  })
  const data = new TestData({ flags: [direct, negated, member, plain], segments: [segment] })
  const { client, warnings } = await start(({ presets }) => ({
    dataSystem: presets.custom({ initializers: [], synchronizers: [data.synchronizer()] }),
  }))
  await client.waitForInitialization()
  for (const key of ['direct', 'negated', 'member']) {
    expect(client.sync.stringVariationDetail(key, who, 'fallback')).toEqual({
      value: 'fallback',
      variationIndex: null,
      reason: { kind: 'ERROR', errorKind: 'EXCEPTION' },
    })
  }
  expect(client.sync.stringVariation('plain', who, 'fallback')).toBe('no')
  const state = await client.allFlagsState(who)
  expect(state.allValues()).toEqual({ direct: null, negated: null, member: null, plain: 'no' })
  expect(warnings()).toEqual([expect.stringMatching(/pattern engine could not be loaded.*"matches"/)])
})

it('(S131) causes the same error if it cannot be loaded for a database that is read on demand', async () => {
  vi.doMock(ENGINE, () => {
    throw new Error('no such module')
  })
  const memory = database(negated, plain)
  const { client, warnings } = await start(({ presets }) => ({
    dataSystem: presets.daemon(memory.description()),
  }))
  for (let time = 0; time < 2; time++) {
    const { reason } = await client.stringVariationDetail('negated', who, 'fallback')
    expect(reason).toEqual({ kind: 'ERROR', errorKind: 'EXCEPTION' })
    const state = await client.allFlagsState(who)
    expect(state.allValues()).toEqual({ negated: null, plain: 'no' })
  }
  const aboutEngine = warnings().filter((line) => line.includes('pattern engine'))
  expect(aboutEngine).toHaveLength(1)
})

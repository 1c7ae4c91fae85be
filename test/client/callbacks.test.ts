import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { FlagClient } from '../../src/client/flag-client.ts'
import type { Hook } from '../../src/client/hooks.ts'
import { createDataSystem } from '../../src/config/create-data-system.ts'
import { presets } from '../../src/config/presets.ts'
import type { Synchronizer } from '../../src/synchronizers/synchronizer.ts'
import { TestData } from '../../src/testing/index.ts'
import { bridge } from '../launchdarkly/bridged.ts'
import { SDK_KEY } from '../support/engine.ts'
import { failOnUnhandledErrors, settle } from '../support/unhandled-errors.ts'
import { following, holding, notes, serving, start, user } from './starting.ts'

/** Resolves when a source of the client has failed. */
function failure(client: FlagClient): Promise<unknown> {
  return new Promise((resolve) => client.once('error', resolve))
}

failOnUnhandledErrors()

/** Functions that fail in different ways. */
const failing: Readonly<Record<string, () => never>> = {
  'throws an error': () => {
    throw new Error('mine')
  },
  'throws what cannot be printed': () => {
    throw Object.create(null)
  },
  'returns a promise that rejects': () => Promise.reject(new Error('mine')) as never,
}

describe.each(Object.entries(failing))('(S141) a callback of the application that %s', (_, fail) => {
  it('as a stage of a hook does not affect evaluations', async () => {
    const hook: Hook = {
      getMetadata: () => ({ name: 'mine' }),
      beforeEvaluation: fail,
      afterEvaluation: fail,
    }
    const { client, log } = await holding([serving('a', 'on')], { hooks: [hook] })
    expect(await client.variation('a', user, 'x')).toBe('on')
    expect(client.sync.variation('a', user, 'x')).toBe('on')
    await settle()
    expect(log.filter((line) => line.includes('"mine" hook')).length).toBeGreaterThanOrEqual(2)
  })

  it('as the metadata of a hook does not affect evaluations', async () => {
    const hook: Hook = { getMetadata: fail, beforeEvaluation: fail }
    const { client } = await holding([serving('a', 'on')], { hooks: [hook] })
    expect(client.sync.variation('a', user, 'x')).toBe('on')
  })

  it('as a listener does not affect the other listeners', async () => {
    const { client, data, log } = await holding([serving('a', 1)])
    const received: unknown[] = []
    client.on('update', fail).once('update:a', fail).on('status', fail)
    client.onChange(fail)
    client.onValueChange('a', user, 0, fail)
    client.onValueChange('a', user, 0, ({ newValue }) => received.push(newValue))
    data.set(serving('a', 2))
    await settle()
    data.set(serving('a', 3))
    await settle()
    expect(received).toEqual([2, 3])
    expect(log.filter((line) => line.includes('threw')).length).toBeGreaterThanOrEqual(7)
  })

  it('as the parser of a flag file fails that source', async () => {
    const path = join(tmpdir(), `halyard-callbacks-${process.pid}.yaml`)
    await writeFile(path, 'flagValues: {}')
    const { client } = start({
      dataSystem: presets.custom({
        initializers: [],
        synchronizers: [{ type: 'file', paths: [path], yamlParser: fail }],
      }),
    })
    await failure(client)
    expect(client.initialized()).toBe(false)
  })

  it('as a source fails that source', async () => {
    const data = new TestData({ flags: [serving('a', 'on')] })
    const mine: Synchronizer = { name: 'mine', sync: fail }
    const { client } = start({
      dataSystem: presets.custom({
        initializers: [{ name: 'mine', fetch: fail }],
        synchronizers: [mine, data.synchronizer()],
      }),
    })
    await client.waitForInitialization()
    expect(client.sync.variation('a', user, 'x')).toBe('on')
    await client.close()
  })

  it('as a transport fails the sources that use it', async () => {
    const { client } = start({
      dataSystem: presets.pollingOnly(),
      transport: { request: fail, close: fail },
    })
    await failure(client)
    await client.close()
  })

  it('as onDataSystem of the bridge does not prevent the SDK from starting', async () => {
    const data = new TestData({ flags: [serving('a', 'on')] })
    const { client, log } = bridge({
      plan: presets.custom({ initializers: [], synchronizers: [data.synchronizer()] }),
      onDataSystem: fail,
    })
    await client.waitForInitialization({ timeout: 30 })
    expect(await client.variation('a', user, 'x')).toBe('on')
    expect(log.join('\n')).toContain('onDataSystem threw')
  })
})

it.each(['throws an error', 'throws what cannot be printed'])(
  '(S141) a dispatcher that %s is a failure of the sources that use it',
  async (way) => {
    const dispatch = failing[way] as () => never
    const { client } = start({ dataSystem: presets.pollingOnly(), dispatcher: { dispatch } })
    await failure(client)
    await client.close()
  },
)

it('(S141) ignores a value that is not a hook, even if reading it throws', async () => {
  const { client, log } = await holding([serving('a', 'on')])
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  client.addHook(proxy as Hook)
  client.addHook({ getMetadata: 'a name' } as unknown as Hook)
  client.addHook({
    getMetadata: () => ({ name: Symbol('s') }),
    beforeEvaluation: failing['throws an error'],
  } as unknown as Hook)
  expect(client.sync.variation('a', user, 'x')).toBe('on')
  expect(log.filter((line) => line.includes('not a hook'))).toHaveLength(2)
})

it('(S141) logs an exception of a listener of a data system', async () => {
  const { log, logger } = notes()
  const data = new TestData({ flags: [serving('a', 1)] })
  const system = createDataSystem(SDK_KEY, following(data), { logger })
  system.on('change', failing['returns a promise that rejects'] as () => never)
  await system.waitForInitialization()
  data.set(serving('a', 2))
  await settle()
  await system.close()
  expect(log.filter((line) => line.includes('a listener threw: Error: mine'))).not.toEqual([])
})

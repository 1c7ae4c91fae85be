import type { LDOptions } from '@launchdarkly/node-server-sdk'
import { expect, it } from 'vitest'
import { type ClientOptions, createClient } from '../../src/client/create-client.ts'
import type { FlagClient } from '../../src/client/flag-client.ts'
import type { Hook } from '../../src/client/hooks.ts'
import type { Plugin } from '../../src/client/plugins.ts'
import { VERSION } from '../../src/config/request-headers.ts'
import { ConfigError } from '../../src/model/errors.ts'
import { SDK_KEY } from '../support/engine.ts'
import { holding, notes, official, serve, serving, start, user } from './starting.ts'

type LDPlugin = NonNullable<LDOptions['plugins']>[number]

/** Returns a hook that notes its evaluations. */
const noting = (name: string, lines: unknown[]): Hook => ({
  getMetadata: () => ({ name }),
  beforeEvaluation: (_, data) => {
    lines.push(`${name} observes`)
    return data
  },
})

function plugin(name: string, lines: unknown[]): Plugin {
  return {
    getMetadata: () => ({ name }),
    getHooks: () => {
      lines.push(`${name} gives hooks`)
      return [noting(name, lines)]
    },
    register: (client) => lines.push(`${name} receives a client, initialized: ${client.initialized()}`),
  }
}

it('(S203.1, S203.2) asks all plugins for hooks, then registers them before there is data', async () => {
  const lines: unknown[] = []
  const { client } = await holding([serving('a', 1)], {
    plugins: [plugin('one', lines), plugin('two', lines)],
    hooks: [noting('option', lines)],
  })
  await client.variation('a', user, 0)
  expect(lines).toEqual([
    'one gives hooks',
    'two gives hooks',
    'one receives a client, initialized: false',
    'two receives a client, initialized: false',
    'option observes',
    'one observes',
    'two observes',
  ])
})

it('(S203.3) tells plugins SDK, application and key, as the official SDK does', async () => {
  const seen: { readonly ours: unknown[]; readonly theirs: unknown[] } = { ours: [], theirs: [] }
  const observing = (lines: unknown[]): Plugin & LDPlugin => ({
    getMetadata: () => ({ name: 'observing' }),
    getHooks: (metadata: unknown) => {
      lines.push(metadata)
      return []
    },
    register: (_: unknown, metadata: unknown) => lines.push(metadata),
  })
  const options = {
    application: { id: 'shop', version: '1.2.0' },
    wrapperName: 'w',
    wrapperVersion: '2',
  }
  start({ ...options, offline: true, plugins: [observing(seen.ours)] })
  official((await serve({})).url, { ...options, plugins: [observing(seen.theirs)] })
  const sdk = { name: 'Halyard', version: VERSION, wrapperName: 'w', wrapperVersion: '2' }
  expect(seen.ours).toEqual(Array(2).fill({ sdk, application: options.application, sdkKey: SDK_KEY }))
  const withoutSdk = (lines: unknown[]) =>
    lines.map((metadata) => ({ ...(metadata as object), sdk: undefined }))
  expect(withoutSdk(seen.ours)).toEqual(withoutSdk(seen.theirs))
})

it('(S203.3) leaves out values of the application that are not valid', () => {
  const seen: unknown[] = []
  const observing: Plugin = {
    getMetadata: () => ({ name: 'observing' }),
    register: (_, { application, sdk }) => seen.push(application, Object.keys(sdk)),
  }
  start({ offline: true, plugins: [observing], application: { id: 'not valid!' }, wrapper: { name: 'a b' } })
  expect(seen).toEqual([undefined, ['name', 'version']])
})

it('(S203.4) logs what a plugin throws with its name, and continues', async () => {
  const lines: unknown[] = []
  const broken: Plugin = {
    getMetadata: () => ({ name: 'broken' }),
    getHooks() {
      throw new Error('no hooks')
    },
    register() {
      throw new Error('no registration')
    },
  }
  const wrong = { ...plugin('wrong', lines), getHooks: () => [{}] } as unknown as Plugin
  const late = {
    ...plugin('late', lines),
    register: () => Promise.reject(new Error('later')),
  } as unknown as Plugin
  const nameless: Plugin = {
    getMetadata() {
      throw new Error('no name')
    },
    register() {
      throw new Error('no registration either')
    },
  }
  const { client, log } = await holding([serving('a', 1)], {
    plugins: [broken, wrong, late, nameless, plugin('whole', lines)],
  })
  expect(await client.variation('a', user, 0)).toBe(1)
  expect(lines).toContain('whole observes')
  expect(log.filter((line) => line.startsWith('error')).toSorted()).toEqual([
    'error: plugins: plugin "broken": getHooks failed: Error: no hooks; the client continues without that',
    'error: plugins: plugin "broken": register failed: Error: no registration; the client continues without that',
    'error: plugins: plugin "late": register failed: Error: later; the client continues without that',
    'error: plugins: plugin "unknown": register failed: Error: no registration either; the client continues without that',
    'error: plugins: plugin "wrong": getHooks did not return an array of hooks; the client continues without that',
  ])
})

it('(S203.5) gives plugins the client itself', () => {
  let given: FlagClient | undefined
  class Own implements Plugin {
    getMetadata() {
      return { name: 'own' }
    }
    register(client: FlagClient) {
      given = client
    }
  }
  const { client } = start({ offline: true, plugins: [new Own()] })
  expect(given).toBe(client)
})

it.each([
  [{}, 'options.plugins: expected an array'],
  [[null], 'options.plugins[0]: expected an object with the methods getMetadata and register'],
  [[{ getMetadata: () => ({ name: 'x' }) }], 'options.plugins[0]'],
])('(D2) refuses the plugins %j', (plugins, message) => {
  const create = (): unknown =>
    createClient(SDK_KEY, { logger: notes().logger, plugins } as unknown as ClientOptions)
  expect(create).toThrow(ConfigError)
  expect(create).toThrow(message)
})

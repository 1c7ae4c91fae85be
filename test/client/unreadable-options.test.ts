import { describe, expect, it } from 'vitest'
import { createClient } from '../../src/client/create-client.ts'
import { createDataSystem } from '../../src/config/create-data-system.ts'
import { presets } from '../../src/config/presets.ts'
import { halyard } from '../../src/launchdarkly/index.ts'
import { ConfigError } from '../../src/model/errors.ts'
import { HalyardProvider } from '../../src/openfeature/index.ts'
import { startRelay } from '../../src/relay/index.ts'
import { consulStore } from '../../src/store/consul/consul-store.ts'
import { dynamodbStore } from '../../src/store/dynamodb/dynamodb-store.ts'
import { fileStore } from '../../src/store/file/file-store.ts'
import { redisStore } from '../../src/store/redis/redis-store.ts'
import { SDK_KEY } from '../support/engine.ts'
import { start } from './starting.ts'

const fail = (): never => {
  throw new Error('mine')
}

/** Returns an object with a member whose getter throws. */
function withGetter(name: string): never {
  return Object.defineProperty({}, name, { enumerable: true, get: fail }) as never
}

function revoked(): never {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy as never
}

/** A source whose name getter throws. */
function nameless(): object {
  return Object.assign(withGetter('name'), { sync: fail })
}

/** A Proxy that lists its members and throws if one is read. */
function unreadableProxy(): never {
  return new Proxy({ member: 1 }, { get: fail }) as never
}

async function refusal(call: () => unknown): Promise<ConfigError> {
  try {
    await call()
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return error as ConfigError
  }
  throw new Error('nothing was thrown')
}

/** All functions with options: the root of the paths in their errors, and the name of one option. */
const readers: readonly (readonly [root: string, option: string, read: (options: never) => unknown])[] = [
  ['options', 'tls', (options) => createClient(SDK_KEY, options)],
  ['options', 'hooks', (options) => createClient(SDK_KEY, options)],
  ['options', 'tls', (options) => createDataSystem(SDK_KEY, presets.offline(), options)],
  ['dataSystem', 'initializers', (options) => createDataSystem(SDK_KEY, options)],
  ['HalyardProvider', 'initTimeoutMs', (options) => new HalyardProvider(SDK_KEY, options)],
  ['options', 'onDataSystem', (options) => halyard(presets.offline(), options)],
  ['options', 'environments', (options) => startRelay(options)],
  ['parts', 'clock', (parts) => startRelay({ environments: [{ name: 'e', sdkKey: SDK_KEY }] }, parts)],
  ['redisStore', 'url', (options) => redisStore(options)],
  ['consulStore', 'url', (options) => consulStore(options)],
  ['dynamodbStore', 'tableName', (options) => dynamodbStore(options)],
  ['fileStore', 'saveEveryMs', (options) => fileStore('flags.snapshot', options)],
  ['presets.default', 'intervalMs', (options) => presets.default(options)],
  ['presets.streaming', 'fdv1Fallback', (options) => presets.streaming(options)],
  ['presets.pollingOnly', 'intervalMs', (options) => presets.pollingOnly(options)],
  ['presets.custom', 'initializers', (options) => presets.custom(options)],
  ['waitForInitialization', 'timeoutMs', (options) => start().client.waitForInitialization(options)],
  ['status.waitFor', 'timeoutMs', (options) => start().client.status.waitFor('valid', options)],
]

describe.each(readers)('(S177) refuses %s that cannot be read', (root, option, read) => {
  it(`names a getter that throws: ${option}`, async () => {
    const error = await refusal(() => read(withGetter(option)))
    expect(error.issues).toMatchObject([{ path: `${root}.${option}` }])
    expect(error.cause).toMatchObject({ message: 'mine' })
    expect(error.message).not.toContain('mine')
  })

  it.each([
    ['a revoked Proxy', revoked],
    ['a Proxy that throws', unreadableProxy],
  ])('refuses %s', async (_, make) => {
    const error = await refusal(() => read(make()))
    expect(error.issues.map(({ path }) => path)).toContainEqual(expect.stringContaining(root))
  })
})

describe('(S177) a member within the options', () => {
  it.each([
    ['options.tls.ca', { tls: withGetter('ca') }],
    ['options.endpoints', { endpoints: revoked() }],
    ['dataSystem.synchronizers[0].name', { dataSystem: { initializers: [], synchronizers: [nameless()] } }],
    [
      'dataSystem.synchronizers[0].type',
      { dataSystem: { initializers: [], synchronizers: [withGetter('type')] } },
    ],
  ])('is named by its path in the error: %s', async (path, options) => {
    const { issues } = await refusal(() => createClient(SDK_KEY, options as never))
    expect(issues).toMatchObject([{ path }])
  })

  it('requires a name for a source', async () => {
    const dataSystem = { initializers: [], synchronizers: [{ sync: fail }] }
    const { issues } = await refusal(() => createClient(SDK_KEY, { dataSystem } as never))
    expect(issues).toMatchObject([{ path: 'dataSystem.synchronizers[0].name', expected: 'a name' }])
  })

  it.each([
    ['one that throws', fail],
    ['one that returns something else', () => undefined],
    ['one that returns something else', () => ({ store: {} })],
  ])('requires a store to open: %s', async (received, open) => {
    const store = { type: 'mine', prefix: 'p', open }
    const { issues } = await refusal(() =>
      createClient(SDK_KEY, { dataSystem: presets.daemon(store as never) }),
    )
    expect(issues).toMatchObject([{ path: 'dataSystem.store', received }])
  })
})

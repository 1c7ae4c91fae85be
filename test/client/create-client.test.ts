import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { type ClientOptions, createClient } from '../../src/client/create-client.ts'
import { presets } from '../../src/config/presets.ts'
import { ConfigError } from '../../src/model/errors.ts'
import { SDK_KEY } from '../support/engine.ts'
import { body, full, LiveStream, none, put, startOrigin } from '../support/origin.ts'
import { both, holding, notes, official, serve, serving, start, user } from './starting.ts'

function issuesOf(make: () => unknown): readonly string[] {
  try {
    make()
  } catch (error) {
    if (error instanceof ConfigError)
      return error.issues.map(({ path, expected, received }) => `${path}: ${expected}, not ${received}`)
    throw error
  }
  return []
}

it('(D2.2) lists all problems of the client and its data system in one error', () => {
  const wrong = { hooks: [{}, null], offline: 'yes', stream: 5, dataSystem: { dataSource: null } }
  expect(issuesOf(() => createClient('', wrong as unknown as ClientOptions))).toEqual([
    expect.stringContaining('sdkKey: '),
    expect.stringContaining('dataSystem.dataSource: '),
    'options.stream: a boolean, not number 5',
    'options.hooks[0]: an object with the method getMetadata, not an object',
    'options.hooks[1]: an object with the method getMetadata, not null',
    'options.offline: a boolean, not a string (value hidden)',
  ])
})

it.each([
  [{ hooks: {} }, 'options.hooks: an array, not an object'],
  [{ offline: 1 }, 'options.offline: a boolean, not number 1'],
  [null, 'options: an object, not null'],
  [5, 'options: an object, not number 5'],
])('(D2) refuses %j', (options, issue) => {
  expect(issuesOf(() => createClient(SDK_KEY, options as unknown as ClientOptions))).toEqual([issue])
})

it('(D2) warns about an unknown option that resembles no other', () => {
  const { log } = start({
    offline: true,
    hooks: [],
    dataSystem: presets.default(),
    region: 'eu',
  } as ClientOptions)
  expect(log.filter((line) => line.startsWith('warn'))).toEqual([
    'warn: options.region is not an option; ignored',
  ])
})

it('serves the flags of a server', async () => {
  const origin = await startOrigin()
  origin.poll.always(body(full('A', put('a', 1, serving('a', 'Ahoy')))))
  origin.stream.always(new LiveStream(none('A')).answer)
  const { client } = start({ dataSystem: presets.default(), endpoints: origin.endpoints })
  expect(client.initialized()).toBe(false)
  expect(await client.stringVariation('a', user, 'early')).toBe('early')
  await client.waitForInitialization({ timeoutMs: 60_000 })
  expect(client.initialized()).toBe(true)
  expect(client.isOffline()).toBe(false)
  expect(await client.stringVariation('a', user, 'early')).toBe('Ahoy')
})

it('makes no request and needs no key if it is offline', async () => {
  const origin = await startOrigin()
  const { log, logger } = notes()
  const client = createClient('', {
    offline: true,
    endpoints: origin.endpoints,
    dataSystem: presets.default(),
    logger,
  })
  expect(await client.waitForInitialization()).toMatchObject({ initialized: true, availability: 'defaults' })
  await client.close()
  expect(origin.received).toEqual([])
  expect(log.filter((line) => line.startsWith('warn'))).toEqual([])
})

it('closes at the end of an await using block', async () => {
  let state: () => string
  {
    await using client = createClient(SDK_KEY, { offline: true })
    state = () => client.status.current.state
    await client.close()
  }
  expect(state()).toBe('off')
})

it('returns the same secureModeHash as the official SDK, and throws for an invalid context', async () => {
  const { ours, theirs } = await both(await serve({}))
  const contexts = [
    user,
    { key: 'legacy' },
    { kind: 'organisation', key: 'o:1%' },
    { kind: 'multi', user: { key: 'u' }, device: { key: 'd' } },
  ] as const
  for (const context of contexts) {
    expect(ours.secureModeHash(context)).toBe(
      theirs.secureModeHash(context as Parameters<typeof theirs.secureModeHash>[0]),
    )
  }
  expect(ours.secureModeHash(user)).toBe(createHmac('sha256', SDK_KEY).update('u-1').digest('hex'))
  expect(() => ours.secureModeHash({ kind: 'user', key: '' })).toThrow(/invalid context/)
})

it('has every method of the official client except aliases of EventEmitter', async () => {
  const { client } = await holding([])
  const { client: theirs } = official('http://127.0.0.1:9', { offline: true })
  const left = methodsOf(theirs).filter((name) => !(name in client))
  expect(left.sort()).toEqual(
    [
      'addListener',
      'removeListener',
      'removeAllListeners',
      'setMaxListeners',
      'getMaxListeners',
      'listeners',
      'rawListeners',
      'emit',
      'listenerCount',
      'prependListener',
      'prependOnceListener',
      'eventNames',
    ].sort(),
  )
})

/** Public methods, inherited ones included. */
function methodsOf(object: object): string[] {
  const names = new Set<string>()
  for (
    let level: object = object;
    level !== Object.prototype;
    level = Object.getPrototypeOf(level) as object
  ) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(level))) {
      if (typeof value === 'function' && !name.startsWith('_') && name !== 'constructor') names.add(name)
    }
  }
  return [...names]
}

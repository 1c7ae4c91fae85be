import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FlagClient } from '../../src/client/flag-client.ts'
import { presets } from '../../src/config/presets.ts'
import type { Context } from '../../src/evaluation/context.ts'
import { HalyardProvider } from '../../src/openfeature/index.ts'
import type { TestFlag } from '../../src/testing/index.ts'
import { MemoryDatabase } from '../../src/testing/memory-database.ts'
import { settle } from '../support/unhandled-errors.ts'
import { holding, serving, start, user } from './starting.ts'

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

function throwing(thrown: () => unknown): object {
  return new Proxy(
    {},
    {
      get() {
        throw thrown()
      },
      ownKeys() {
        throw thrown()
      },
    },
  )
}

function deep(): object {
  let nested: object = {}
  for (let depth = 0; depth < 50_000; depth++) nested = { nested, kind: 'user', key: 'u' }
  return nested
}

function cyclic(): object {
  const loop: Record<string, unknown> = { kind: 'multi', key: 'u' }
  loop.user = loop
  loop.email = [loop]
  return loop
}

/** Creates a value inside the property, because fast-check cannot pass a revoked Proxy. */
type Make = () => unknown

/** Values that are not valid contexts, keys or default values. */
const hostile: fc.Arbitrary<Make> = fc.oneof(
  fc.constantFrom(
    revoked,
    () => throwing(() => new Error('mine')),
    () => throwing(() => revoked()),
    () => throwing(() => Object.create(null)),
    deep,
    cyclic,
    () => Symbol('s'),
    () => 10n,
    () => Number.NaN,
    () => () => {},
    () => Object.create(null),
    () => new Map([['kind', 'user']]),
    () => undefined,
    () => null,
    () => '',
    () => [],
    () => new Date(Number.NaN),
    () => '__proto__',
  ),
  fc
    .anything({ withBigInt: true, withNullPrototype: true, withDate: true, withMap: true, withSet: true })
    .map((value) => () => value),
)

const constant = (value: unknown): fc.Arbitrary<Make> => fc.constant(() => value)

/** Creates an object whose members are created too. */
function made(members: Readonly<Record<string, fc.Arbitrary<Make>>>): fc.Arbitrary<Make> {
  return fc
    .record(members)
    .map((makes) => () => Object.fromEntries(Object.entries(makes).map(([name, make]) => [name, make()])))
}

/** Creates an object with the members of a context. */
const hostileContext: fc.Arbitrary<Make> = fc.oneof(
  hostile,
  made({ kind: constant('user'), key: constant('u'), email: hostile, name: hostile }),
  made({ kind: constant('org'), key: constant('u'), email: hostile, name: hostile }),
  made({ kind: hostile, key: hostile }),
  made({ kind: constant('multi'), user: hostile, org: made({ key: hostile, email: hostile }) }),
  made({ key: hostile, custom: hostile, anonymous: hostile, privateAttributeNames: hostile }),
  fc.constant(() => ({
    kind: 'user',
    key: 'u',
    get email() {
      throw revoked()
    },
  })),
)

/** A flag that reads attributes of its context. */
const looking: TestFlag = {
  ...serving('a', { on: true }),
  rules: ['email', 'name', '/email/nested/nested', 'kind', 'anonymous'].map((attribute, index) => ({
    id: String(index),
    variation: 0,
    clauses: [
      {
        contextKind: index % 2 ? 'org' : 'user',
        attribute,
        op: ['in', 'contains', 'before', 'semVerEqual', 'lessThan'][index] as string,
        values: ['x', 1],
      },
    ],
  })),
}

/** Returns the value if a promise can resolve with it: a promise rejects for an object whose `then` getter throws. */
function carried(value: unknown): Promise<never> {
  return Promise.resolve(value).then(
    () => value as never,
    () => 'x' as never,
  )
}

const METHODS = ['variation', 'boolVariation', 'numberVariation', 'stringVariation', 'jsonVariation'] as const

async function askEverything(
  client: FlagClient,
  key: string,
  context: Context,
  fallback: never,
): Promise<void> {
  for (const method of METHODS) {
    client.sync[method](key, context, fallback)
    await client[method](key, context, await carried(fallback))
    for (const variations of [client, client.sync]) {
      const { reason } = await variations[`${method}Detail`](key, context, fallback)
      expect(reason).toHaveProperty('kind')
    }
  }
  const state = await client.allFlagsState(context)
  expect(state.toJSON()).toHaveProperty('$valid')
  await client.allFlagsState(context, fallback)
  client.onValueChange(key, context, fallback, () => {})()
}

describe('(S143) evaluation never throws and never rejects', () => {
  const cases = fc.tuple(fc.oneof(constant('a'), hostile), hostileContext, hostile)

  it('in memory, with a hook', async () => {
    const { client, data } = await holding([looking])
    await fc.assert(
      fc.asyncProperty(cases, async (makes) => {
        const [key, context, fallback] = makes.map((make) => make())
        await askEverything(client, key as string, context as Context, fallback as never)
      }),
      { numRuns: 300, includeErrorInReport: false },
    )
    client.addHook({ getMetadata: () => ({ name: 'h' }), beforeEvaluation: (_, data) => data })
    await askEverything(client, 'a', revoked() as Context, revoked() as never)
    data.set(serving('a', 5))
    await settle()
  })

  it('in daemon mode with lazy reads', async () => {
    const database = new MemoryDatabase()
    database.put({ kind: 'flag', key: 'a', text: JSON.stringify({ ...looking, version: 1 }) })
    const { client } = start({ dataSystem: presets.daemon(database.description()) })
    await fc.assert(
      fc.asyncProperty(cases, async (makes) => {
        const [key, context, fallback] = makes.map((make) => make())
        for (const method of METHODS) {
          await client[method](key as string, context as Context, await carried(fallback))
          client.sync[`${method}Detail`](key as string, context as Context, fallback as never)
        }
        await client.allFlagsState(context as Context)
      }),
      { numRuns: 100, includeErrorInReport: false },
    )
  })

  it('through OpenFeature', async () => {
    const { client } = await holding([looking])
    const provider = new HalyardProvider(client)
    await provider.initialize()
    await fc.assert(
      fc.asyncProperty(cases, async (makes) => {
        const [key, context, fallback] = makes.map((make) => make())
        const given = [key as string, fallback as never, context as never, console] as const
        const quiet = { debug() {}, info() {}, warn() {}, error() {} }
        for (const resolve of ['Boolean', 'String', 'Number', 'Object'] as const) {
          const resolution = await provider[`resolve${resolve}Evaluation`](
            given[0],
            given[1],
            given[2],
            quiet,
          )
          expect(resolution).toHaveProperty('reason')
        }
      }),
      { numRuns: 200, includeErrorInReport: false },
    )
  })

  it('treats a revoked Proxy as an invalid context', async () => {
    const { client } = await holding([looking])
    const context = revoked() as Context
    expect(client.sync.boolVariation('a', context, true)).toBe(true)
    expect((await client.variationDetail('a', context, 'x')).reason).toEqual({
      kind: 'ERROR',
      errorKind: 'USER_NOT_SPECIFIED',
    })
    expect((await client.allFlagsState(context)).valid).toBe(false)
    expect(await client.variation('a', user, 'x')).toEqual({ on: true })
  })
})

import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { Variations } from '../../src/client/variations.ts'
import type { Context } from '../../src/evaluation/context.ts'
import type { Flag } from '../../src/model/flag.ts'
import { both, holding, official, serve, serving, start, user } from './starting.ts'

const METHODS = [
  'variation',
  'variationDetail',
  'boolVariation',
  'boolVariationDetail',
  'numberVariation',
  'numberVariationDetail',
  'stringVariation',
  'stringVariationDetail',
  'jsonVariation',
  'jsonVariationDetail',
] as const satisfies readonly (keyof Variations<'sync'>)[]

const FALLBACKS: Readonly<Record<string, unknown>> = {
  bool: false,
  number: -1,
  string: 'fallback',
  json: { fallback: true },
  variation: null,
  variationDetail: null,
}

function fallbackOf(method: string): unknown {
  return FALLBACKS[method] ?? FALLBACKS[method.replace(/Variation.*/, '')]
}

type Loose = (key: string, context: Context, defaultValue: unknown) => unknown

/** Calls a method by name with any arguments, as a caller without types can. */
function ask(client: object, method: string, key: string, context: unknown, fallback: unknown): unknown {
  return (client as Record<string, Loose>)[method]?.(key, context as Context, fallback)
}

const flags: Readonly<Record<string, Flag>> = {
  boolean: {
    version: 1,
    on: true,
    variations: [true, false],
    fallthrough: { variation: 0 },
    offVariation: 1,
  },
  number: { version: 1, on: true, variations: [0, 1.5], fallthrough: { variation: 1 } },
  string: { version: 1, on: true, variations: ['', 'word'], fallthrough: { variation: 0 } },
  object: { version: 1, on: true, variations: [{ a: [1, null] }], fallthrough: { variation: 0 } },
  list: { version: 1, on: true, variations: [[1, 2]], fallthrough: { variation: 0 } },
  null: { version: 1, on: true, variations: [null], fallthrough: { variation: 0 } },
  off: { version: 1, on: false, variations: [true], offVariation: 0 },
  'off without a variation': { version: 1, on: false, variations: [true], fallthrough: { variation: 0 } },
  malformed: { version: 1, on: true, variations: [true], fallthrough: { variation: 7 } },
  targeted: {
    version: 1,
    on: true,
    variations: [true, false],
    fallthrough: { variation: 1 },
    targets: [{ variation: 0, values: ['u-1'] }],
  },
  'by a rule': {
    version: 1,
    on: true,
    variations: ['a', 'b'],
    fallthrough: { variation: 0 },
    rules: [{ id: 'r', variation: 1, clauses: [{ attribute: 'key', op: 'in', values: ['u-1'] }] }],
  },
  'behind another': {
    version: 1,
    on: true,
    variations: [true, false],
    offVariation: 1,
    fallthrough: { variation: 0 },
    prerequisites: [{ key: 'off', variation: 0 }],
  },
}

const keyed = Object.fromEntries(
  Object.entries(flags).map(([key, flag]) => [key, { key, salt: 's', ...flag }]),
)

const contexts: readonly (readonly [string, unknown])[] = [
  ['a user', user],
  ['another user', { kind: 'user', key: 'u-2' }],
  ['several kinds', { kind: 'multi', user: { key: 'u-1' }, organisation: { key: 'o-1' } }],
  ['a user without a kind', { key: 'u-1' }],
  ['no key', { kind: 'user' }],
  ['an empty key', { kind: 'user', key: '' }],
  ['a kind that is none', { kind: 'kind', key: 'u-1' }],
  ['nothing', undefined],
]

describe('(S40) each method returns the same as the official SDK', () => {
  it('for every flag, context and form', async () => {
    const served = await serve({ flags: keyed })
    const { ours, theirs } = await both(served)
    const differences: unknown[] = []
    let asked = 0
    for (const [who, context] of contexts) {
      for (const key of [...Object.keys(flags), 'unknown', '', '__proto__', 'constructor']) {
        for (const method of METHODS) {
          const fallback = fallbackOf(method)
          const expected = await ask(theirs, method, key, context, fallback)
          const inPromise = await ask(ours, method, key, context, fallback)
          const atOnce = ask(ours.sync, method, key, context, fallback)
          asked++
          for (const answer of [inPromise, atOnce]) {
            if (!isDeepStrictEqual(answer, expected)) differences.push({ who, key, method, answer, expected })
          }
        }
      }
    }
    expect(differences).toEqual([])
    expect(asked).toBeGreaterThan(1_000)
  })

  it('returns the fallback value with CLIENT_NOT_READY before there is data', async () => {
    const { client } = start({ dataSystem: { initializers: [], synchronizers: [silent] } })
    const { client: theirs } = official('http://127.0.0.1:9')
    for (const method of METHODS) {
      const fallback = fallbackOf(method)
      const expected = await ask(theirs, method, 'a', user, fallback)
      expect(await ask(client, method, 'a', user, fallback), method).toEqual(expected)
      expect(ask(client.sync, method, 'a', user, fallback), method).toEqual(expected)
    }
    expect(client.sync.boolVariationDetail('a', user, true)).toEqual({
      value: true,
      variationIndex: null,
      reason: { kind: 'ERROR', errorKind: 'CLIENT_NOT_READY' },
    })
  })

  it('returns the fallback value with CLIENT_NOT_READY if it is offline', async () => {
    const { client } = start({ offline: true })
    const { client: theirs } = official('http://127.0.0.1:9', { offline: true })
    await theirs.waitForInitialization({ timeout: 1 })
    for (const context of [user, undefined]) {
      for (const method of METHODS) {
        const fallback = fallbackOf(method)
        const expected = await ask(theirs, method, 'a', context, fallback)
        expect(await ask(client, method, 'a', context, fallback), method).toEqual(expected)
      }
    }
    expect(client.isOffline()).toBe(true)
    expect(client.initialized()).toBe(true)
  })

  it('returns null if a caller without types passes no fallback value', async () => {
    const { client } = await holding([serving('word', 'a')])
    expect(ask(client.sync, 'boolVariation', 'word', user, undefined)).toBeNull()
    expect(ask(client.sync, 'variation', 'unknown', user, undefined)).toBeNull()
  })
})

const silent = {
  name: 'silent',
  async *sync(_basis: unknown, signal: AbortSignal): AsyncGenerator<never> {
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
  },
}

describe('(S40) results', () => {
  it('are a new detail for each call, which the caller may change', async () => {
    const { client } = await holding([serving('a', true)])
    for (const key of ['a', 'unknown']) {
      const detail = client.sync.variationDetail(key, user, false) as {
        value: unknown
        reason: { kind: string }
      }
      detail.value = 'spoilt'
      detail.reason.kind = 'SPOILT'
      expect(client.sync.variationDetail(key, user, false)).toMatchObject({
        value: key === 'a',
        reason: { kind: key === 'a' ? 'FALLTHROUGH' : 'ERROR' },
      })
    }
  })

  it('are the fallback value with EXCEPTION if the evaluation throws', async () => {
    const rules = [{ variation: 0, clauses: [{ attribute: 'country', op: 'in', values: ['de'] }] }]
    const { client, log } = await holding([{ ...serving('a', true), rules }])
    const trap = {
      kind: 'user',
      key: 'u',
      get country(): string {
        throw new Error('a trap')
      },
    }
    for (let time = 0; time < 3; time++) {
      expect(client.sync.boolVariationDetail('a', trap, true)).toEqual({
        value: true,
        variationIndex: null,
        reason: { kind: 'ERROR', errorKind: 'EXCEPTION' },
      })
    }
    await expect(client.boolVariation('a', trap, true)).resolves.toBe(true)
    expect(log.filter((line) => line.includes('could not be evaluated'))).toHaveLength(1)
  })

  it('are still returned after close', async () => {
    const { client } = await holding([serving('a', true)])
    await client.close()
    expect(client.sync.boolVariation('a', user, false)).toBe(true)
  })
})

describe('(S41) the log', () => {
  it('has one warning for each flag and problem', async () => {
    const { client, log } = await holding([
      serving('word', 'a'),
      { ...serving('broken', true), fallthrough: { variation: 3 } },
    ])
    const invalid = { kind: 'user', key: '' }
    for (let time = 0; time < 3; time++) {
      client.sync.boolVariation('word', user, false)
      client.sync.boolVariation('missing', user, false)
      client.sync.boolVariation('broken', user, false)
      client.sync.boolVariation('word', invalid, false)
    }
    expect(log.filter((line) => line.startsWith('warn'))).toEqual([
      'warn: flag "word" is not a boolean: the fallback value is returned',
      'warn: unknown flag "missing": the fallback value is returned',
      'warn: flag "broken" is malformed: the fallback value is returned',
      expect.stringMatching(/^warn: flag "word" was evaluated for an invalid context \(.*\): the fallback/),
    ])
  })

  it('has a limited number of warnings', async () => {
    const { client, log } = await holding([])
    for (let index = 0; index < 1_500; index++) client.sync.boolVariation(`made-up-${index}`, user, false)
    expect(log.filter((line) => line.includes('unknown flag'))).toHaveLength(1_000)
  })

  it('has one warning about missing data and one about data of unknown age', async () => {
    const { client, log } = start({
      dataSystem: { initializers: [aged], synchronizers: [silent], fdv1Fallback: null },
    })
    client.sync.boolVariation('a', user, false)
    client.sync.boolVariation('a', user, false)
    await client.waitForInitialization()
    expect(client.availability).toBe('cached')
    expect(client.sync.boolVariation('a', user, false)).toBe(true)
    expect(client.sync.boolVariation('a', user, false)).toBe(true)
    expect(log.filter((line) => line.startsWith('warn'))).toEqual([
      'warn: evaluated before there was data: fallback values are returned',
      'warn: evaluating data of unknown age: no source has confirmed it yet',
    ])
  })
})

/** Data of an initializer without a selector, which no source has confirmed. */
const aged = {
  name: 'aged',
  async *fetch() {
    const object = serving('a', true)
    yield {
      type: 'changeSet',
      changeSet: { type: 'full', changes: [{ op: 'put', kind: 'flag', key: 'a', version: 1, object }] },
    } as const
  },
}

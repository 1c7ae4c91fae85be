import { describe, expect, it } from 'vitest'
import { constant } from '../../support/stored.ts'
import { ENV_ID, FOR_BROWSERS, FOR_MOBILE, HIDDEN, MOBILE_KEY } from '../client-side/starting.ts'
import { FOR_ALL, startForClients } from '../client-side/starting-clients.ts'
import { ask, NOWHERE, start } from '../starting.ts'
import { ALL, askOfrep, flagsOf, KEYED, openStream, streamOf } from './asking.ts'

const BETA = {
  ...FOR_ALL,
  variations: ['off', 'on'],
  rules: [
    {
      id: 'r-1',
      variation: 1,
      clauses: [{ attribute: 'plan', op: 'in', values: ['beta'], contextKind: 'user' }],
    },
  ],
}

const SPLIT = {
  rollout: {
    variations: [
      { variation: 0, weight: 0 },
      { variation: 1, weight: 100_000 },
    ],
  },
}

/** One flag for each kind of value and reason. */
const FLAGS = {
  yes: constant('yes', 1, true, FOR_ALL),
  text: constant('text', 1, 'blue', FOR_ALL),
  number: constant('number', 1, 1.5, FOR_ALL),
  object: constant('object', 1, { a: [1] }, FOR_ALL),
  list: constant('list', 1, [1, 2], FOR_ALL),
  nothing: constant('nothing', 1, null, FOR_ALL),
  off: constant('off', 1, 'x', { ...FOR_ALL, on: false, offVariation: 0 }),
  unset: constant('unset', 1, 'x', { ...FOR_ALL, on: false, offVariation: null }),
  beta: constant('beta', 1, 'off', BETA),
  split: constant('split', 1, 'a', { ...FOR_ALL, variations: ['a', 'b'], fallthrough: SPLIT }),
  target: constant('target', 1, 'a', { ...FOR_ALL, targets: [{ values: ['t'], variation: 0 }] }),
  needs: constant('needs', 1, 'x', {
    ...FOR_ALL,
    offVariation: 0,
    prerequisites: [{ key: 'off', variation: 0 }],
  }),
  broken: constant('broken', 1, 'x', { ...FOR_ALL, fallthrough: { variation: 7 } }),
}

describe('evaluated flags', () => {
  it('(RO1.1, RO1.2, RO1.3) have value, reason, variant and metadata', async () => {
    const { relay } = await startForClients({ flags: FLAGS })
    const answer = await askOfrep(relay, { context: { targetingKey: 't', plan: 'beta' } })
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/json'])
    const first = { variant: '0', metadata: { reasonKind: 'FALLTHROUGH', variationIndex: 0 } }
    const flags = flagsOf(answer)
    expect(flags).toMatchObject({
      yes: { key: 'yes', value: true, reason: 'STATIC', ...first },
      text: { key: 'text', value: 'blue', reason: 'STATIC', ...first },
      number: { key: 'number', value: 1.5, reason: 'STATIC', ...first },
      object: { key: 'object', value: { a: [1] }, reason: 'STATIC', ...first },
      list: { key: 'list', value: [1, 2], reason: 'STATIC', ...first },
      off: { value: 'x', reason: 'DISABLED', metadata: { reasonKind: 'OFF' } },
      beta: {
        value: 'on',
        reason: 'TARGETING_MATCH',
        variant: '1',
        metadata: { reasonKind: 'RULE_MATCH', ruleIndex: 0, ruleId: 'r-1', variationIndex: 1 },
      },
      split: { value: 'b', reason: 'SPLIT', variant: '1' },
      target: { value: 'a', reason: 'TARGETING_MATCH', metadata: { reasonKind: 'TARGET_MATCH' } },
      needs: { value: 'x', reason: 'DISABLED', metadata: { prerequisiteKey: 'off' } },
    })
    expect(flags.nothing).toEqual({ key: 'nothing', reason: 'STATIC', ...first })
    expect(flags.unset).toEqual({ key: 'unset', reason: 'DISABLED', metadata: { reasonKind: 'OFF' } })
    const other = flagsOf(await askOfrep(relay))
    expect(other.beta).toMatchObject({ value: 'off', reason: 'TARGETING_MATCH' })
  })

  it('(RO1.4) one that cannot be evaluated is an error of its own', async () => {
    const { relay } = await startForClients({ flags: FLAGS })
    const error = { key: 'broken', errorCode: 'PARSE_ERROR', errorDetails: 'the flag is malformed' }
    const all = await askOfrep(relay)
    expect([all.status, flagsOf(all).broken]).toEqual([200, error])
    const { status, body } = await askOfrep(relay, { path: `${ALL}/broken` })
    expect([status, body]).toEqual([400, error])
  })

  it('(RO1.6) are those of /sdk/evalx', async () => {
    const { relay } = await startForClients({ flags: FLAGS })
    const context = Buffer.from(JSON.stringify({ kind: 'user', key: 't', plan: 'beta' })).toString(
      'base64url',
    )
    const { body } = await ask(relay, `/sdk/evalx/contexts/${context}`, { authorization: KEYED['x-api-key'] })
    const flags = flagsOf(await askOfrep(relay, { context: { targetingKey: 't', plan: 'beta' } }))
    const evaluated = body as Readonly<Record<string, { readonly value: unknown }>>
    for (const [key, { value }] of Object.entries(evaluated))
      if (key !== 'broken') expect(flags[key].value ?? null, key).toEqual(value)
    expect(Object.keys(flags).toSorted()).toEqual(Object.keys(evaluated).toSorted())
  })

  it('(RO1.1) a single one is the element of the list', async () => {
    const { relay } = await startForClients({ flags: FLAGS })
    const context = { targetingKey: 't', plan: 'beta' }
    const flags = flagsOf(await askOfrep(relay, { context }))
    for (const key of Object.keys(FLAGS).filter((each) => each !== 'broken')) {
      const { status, body } = await askOfrep(relay, { path: `${ALL}/${key}`, context })
      expect([status, body], key).toEqual([200, flags[key]])
    }
  })

  it.each(['a/b', 'ä ö', '100%', '%2F', 'a%2Fb', '__proto__', 'constructor', '🙂', '<b>', 'a?b#c', ''])(
    '(RO1.5) the key %j in a path is decoded once',
    async (key) => {
      const { relay } = await startForClients({ flags: { [key]: constant(key, 1, 'found') } })
      const { status, body } = await askOfrep(relay, { path: `${ALL}/${encodeURIComponent(key)}` })
      expect([status, body.key, body.value]).toEqual([200, key, 'found'])
    },
  )

  it.each(['..', 'a//b', 'a\\b', '.'])('(RO1.5) the key %j in a path is answered 400', async (key) => {
    const { relay } = await startForClients({ flags: {} })
    expect((await askOfrep(relay, { path: `${ALL}/${encodeURIComponent(key)}` })).status).toBe(400)
  })

  it('a missing flag is answered 404 with its key', async () => {
    const { relay } = await startForClients({ flags: FLAGS })
    const { status, body } = await askOfrep(relay, { path: `${ALL}/toString` })
    expect([status, body.key, body.errorCode]).toEqual([404, 'toString', 'FLAG_NOT_FOUND'])
  })
})

const BY_KIND = {
  b: constant('b', 1, 1, FOR_BROWSERS),
  m: constant('m', 1, 1, FOR_MOBILE),
  h: constant('h', 1, 1, HIDDEN),
}

describe('keys', () => {
  it.each([
    ['SDK key', KEYED['x-api-key'], ['b', 'h', 'm']],
    ['mobile key', MOBILE_KEY, ['m']],
    ['client-side ID', ENV_ID, ['b']],
  ])('(RO2.2) a %s sees the flags of its kind of client', async (_, key, visible) => {
    const { relay } = await startForClients({ flags: BY_KIND })
    for (const headers of [
      { authorization: key },
      { authorization: `Bearer  ${key}` },
      { 'x-api-key': ` ${key} ` },
    ]) {
      expect(Object.keys(flagsOf(await askOfrep(relay, { headers }))).toSorted()).toEqual(visible)
      const single = await askOfrep(relay, { headers, path: `${ALL}/h` })
      expect(single.status).toBe(visible.includes('h') ? 200 : 404)
    }
  })

  it('(RO2.3, RO2.4) a wrong key is answered 401, and two keys 400', async () => {
    const { relay } = await startForClients({ flags: BY_KIND })
    for (const headers of [{}, { authorization: 'sdk-other' }, { 'x-api-key': `${ENV_ID}x` }]) {
      const { status, body } = await askOfrep(relay, { headers })
      expect([status, body.errorCode]).toEqual([401, 'GENERAL'])
    }
    const two = { authorization: `Bearer ${ENV_ID}`, 'x-api-key': MOBILE_KEY }
    const { status, body } = await askOfrep(relay, { headers: two, path: `${ALL}/b` })
    expect([status, body.key, body.errorCode]).toEqual([400, 'b', 'GENERAL'])
    expect((await askOfrep(relay, { headers: { ...two, 'x-api-key': ENV_ID } })).status).toBe(200)
  })
})

describe('an environment that accepts every key', () => {
  it.each([
    ['no key', {}, ['b', 'h', 'm']],
    ['an unknown key', { authorization: 'Bearer anything' }, ['b', 'h', 'm']],
    ['an unknown mobile key', { authorization: 'mob-anything' }, ['m']],
    ['its client-side ID', { 'x-api-key': ENV_ID }, ['b']],
  ])('(RO2.5) decides by the key what a client sees: %s', async (_, headers, visible) => {
    const { relay } = await startForClients({ flags: BY_KIND }, { environment: { acceptsAnyKey: true } })
    const answer = await askOfrep(relay, { headers })
    expect(Object.keys(flagsOf(answer)).toSorted()).toEqual(visible)
    expect((await openStream(relay, streamOf(answer))).answer.statusCode).toBe(200)
  })
})

describe('the answer with all flags', () => {
  it('(RO5.1) is answered 304 to its entity tag, until it changes for this context', async () => {
    const { relay, served } = await startForClients({ flags: FLAGS })
    const first = await askOfrep(relay)
    const headers = { ...KEYED, 'if-none-match': String(first.headers.etag) }
    const again = await askOfrep(relay, { headers })
    expect([again.status, again.body]).toEqual([304, ''])
    const other = await askOfrep(relay, { headers, context: { targetingKey: 'u', plan: 'beta' } })
    expect(other.status).toBe(200)
    served.change({
      op: 'put',
      kind: 'flag',
      key: 'text',
      version: 2,
      object: constant('text', 2, 'red', FOR_ALL),
    })
    await expect.poll(async () => (await askOfrep(relay, { headers })).status).toBe(200)
  })

  it('(RO5.2) has the same stream on another relay, and none of its keys', async () => {
    const [one, two] = [await startForClients({ flags: FLAGS }), await startForClients({ flags: FLAGS })]
    const uri = streamOf(await askOfrep(one.relay))
    expect(uri).toMatch(/^\/ofrep\/v1\/events\?token=[\w-]{43}$/)
    expect(streamOf(await askOfrep(two.relay))).toBe(uri)
    const others = [MOBILE_KEY, ENV_ID].map((key) => askOfrep(one.relay, { headers: { 'x-api-key': key } }))
    const uris = [uri, ...(await Promise.all(others)).map(streamOf)]
    expect(new Set(uris).size).toBe(3)
    for (const key of [KEYED['x-api-key'], MOBILE_KEY, ENV_ID]) expect(uris.join()).not.toContain(key)
  })

  it('(RO5.3) accepts the parameters of a change', async () => {
    const { relay } = await startForClients({ flags: FLAGS })
    const query = '?flagConfigLastModified=1771622898'
    expect((await askOfrep(relay, { path: ALL + query })).body).toEqual((await askOfrep(relay)).body)
  })

  it('(RO8.3) is gzipped for a client that accepts it', async () => {
    const { relay } = await startForClients({ flags: { long: constant('long', 1, 'x'.repeat(5_000)) } })
    const response = await fetch(relay.url + ALL, {
      method: 'POST',
      headers: { ...KEYED, 'content-type': 'application/json', 'accept-encoding': 'gzip' },
      body: '{"context":{"targetingKey":"u"}}',
    })
    expect(response.headers.get('content-encoding')).toBe('gzip')
    expect(Number(response.headers.get('content-length'))).toBeLessThan(1_000)
    expect(((await response.json()) as { readonly flags: unknown }).flags).toHaveLength(1)
  })
})

describe('without data', () => {
  it('requests are answered 503 with Retry-After', async () => {
    const relay = await start({ endpoints: NOWHERE, initTimeoutMs: 1 })
    for (const path of [ALL, `${ALL}/a`]) {
      const { status, headers, body } = await askOfrep(relay, { path })
      expect([status, headers['retry-after'], body.errorCode]).toEqual([503, '1', 'GENERAL'])
    }
  })
})

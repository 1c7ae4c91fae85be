import { inspect } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../../src/async/clock.ts'
import type { OpenedStore } from '../../../src/model/persistent-store.ts'
import { consulStore } from '../../../src/store/consul/consul-store.ts'
import type { ConsulStoreOptions } from '../../../src/store/consul/options.ts'
import { CA, certificatePath } from '../../support/certificates.ts'
import { describeWithConsul, startConsulAgent } from '../../support/consul-agent.ts'
import { listen } from '../../support/listen.ts'
import { delta, full, never, row } from '../../support/store-writes.ts'
import { open, rejection } from './opened.ts'
import { type Reply, startScripted } from './scripted-agent.ts'

const TOKEN = '3f1c9d2e-secret-4b7a-8c55-0123456789ab'

/** All operations of a store, by name. */
function calls({ store, lease }: OpenedStore): readonly (readonly [string, () => Promise<unknown>])[] {
  return [
    ['initialized', () => store.initialized(never)],
    ['get', () => store.get('flag', 'a', never)],
    ['readAll', () => store.readAll(never)],
    ['full write', () => store.write(full(row('a', 1)), never)],
    ['delta', () => store.write(delta(row('a', 1)), never)],
    ['write with a fence', () => store.write({ ...delta(row('a', 1)), fencingToken: 1 }, never)],
    ['acquire', () => lease.acquire('me', 1_000, never)],
    ['release', () => lease.release('me', never)],
  ]
}

describe('(S84) the token', () => {
  it('is sent in its header with every request, and nowhere else', async () => {
    const agent = await startScripted(() => ({ status: 500, body: 'no' }))
    const opened = open({ url: agent.url, token: TOKEN })
    for (const [, call] of calls(opened)) await rejection(call())
    await listen(opened).next()
    expect(agent.asked.length).toBeGreaterThan(8)
    for (const { headers, path, query, body } of agent.asked) {
      expect(headers['x-consul-token']).toBe(TOKEN)
      expect(headers['content-type']).toBe(body === '' ? undefined : 'application/json')
      expect(`${path}?${query} ${body}`).not.toContain(TOKEN)
    }
  })

  it.each<readonly [string, ConsulStoreOptions]>([
    ['token', { token: TOKEN }],
    ['consulOptions', { consulOptions: { defaults: { token: TOKEN } } }],
  ])('given as %s does not show when a description, an opened store or a name is printed', (_, options) => {
    const description = consulStore({ ...options, tls: { ca: CA, passphrase: TOKEN } })
    const opened = description.open({ clock: systemClock, random: () => 0, logger: console })
    for (const thing of [description, opened, opened.store, opened.feed, opened.lease, opened.store.name]) {
      const printed = inspect(thing, { depth: 20, showHidden: true }) + (JSON.stringify(thing) ?? '')
      expect(printed).not.toContain(TOKEN)
      expect(printed).not.toContain('BEGIN CERTIFICATE')
    }
  })

  it.each<readonly [string, Reply]>([
    ['in an answer', { status: 403, body: `token ${TOKEN} lacks permission` }],
    ['nowhere', 'cut'],
  ])('does not show in an error when Consul repeats it %s', async (_, reply) => {
    const agent = await startScripted(() => reply)
    const opened = open({ url: agent.url, token: TOKEN })
    for (const [name, call] of calls(opened)) {
      const error = (await rejection(call())) as Error
      expect(error, name).toMatchObject({ name: 'StoreError' })
      expect(error.message).toContain(agent.url)
      expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(TOKEN)
    }
    expect(inspect(await listen(opened).next())).not.toContain(TOKEN)
  })
})

describe('(S84) a request', () => {
  it('has datacenter, namespace and consistency if they are configured', async () => {
    const agent = await startScripted(({ path, operations }) => {
      if (path !== 'txn') return { headers: { 'x-consul-index': '1' }, body: '[]' }
      if (operations[0]?.Verb !== 'get') return { body: '{"Results":[]}' }
      const errors = operations.map((_, OpIndex) => ({ OpIndex, What: "it doesn't exist" }))
      return { status: 409, body: JSON.stringify({ Errors: errors }) }
    })
    const opened = open({
      url: agent.url,
      datacenter: 'dc two',
      namespace: 'team',
      consistency: 'consistent',
    })
    for (const [, call] of calls(opened)) await call().catch(() => undefined)
    await listen(opened).next()
    for (const { query, path, operations } of agent.asked) {
      expect(query.get('dc')).toBe('dc two')
      if (path === 'txn') expect(operations.every(({ Namespace }) => Namespace === 'team')).toBe(true)
      else expect(query.get('ns')).toBe('team')
    }
    const consistent = agent.asked.filter(({ query }) => query.has('consistent'))
    expect(consistent.map(({ path }) => path)).toContain('kv/%24halyard/launchdarkly/sidecar')
    expect(consistent.map(({ operations }) => operations[0]?.Verb)).toContain('get')
    const writing = agent.asked.filter(({ operations }) =>
      operations.some(({ Verb }) => !Verb.startsWith('get')),
    )
    expect(writing.length).toBeGreaterThan(2)
    expect(writing.filter(({ query }) => query.has('consistent'))).toEqual([])
  })

  it('has no other parameters, and supports an address with a path', async () => {
    const agent = await startScripted(() => ({ body: '{"Results":[]}' }))
    await rejection(open({ url: `${agent.url}/v1/behind/` }).store.initialized(never))
    const [asked] = agent.asked
    expect(asked?.path).toBe('behind/v1/txn')
    expect([...(asked?.query ?? [])]).toEqual([])
    expect(asked?.headers['x-consul-token']).toBeUndefined()
  })
})

describe('(S84) a failure', () => {
  it.each<readonly [what: string, reply: Reply, kind: string, words: string]>([
    [
      '403',
      { status: 403, body: 'ACL not found' },
      'refused',
      '403: ACL not found; check the token and its ACL policy',
    ],
    ['401', { status: 401 }, 'refused', '401; check the token and its ACL policy'],
    ['400', { status: 400, body: 'Bad request\nmore' }, 'refused', '400: Bad request'],
    ['301', { status: 301, headers: { location: 'http://elsewhere.test/' } }, 'refused', '301'],
    ['404', { status: 404 }, 'refused', '404'],
    ['429', { status: 429 }, 'unavailable', '429'],
    [
      '500 without a leader',
      { status: 500, body: 'No cluster leader' },
      'unavailable',
      '500: No cluster leader',
    ],
    ['503', { status: 503, body: '<html>'.repeat(1_000) }, 'unavailable', '503'],
    ['a cut connection', 'cut', 'unavailable', 'does not answer'],
    ['something else', { body: 'hello' }, 'unavailable', 'an invalid response'],
    [
      'something that is not UTF-8',
      { body: '{}', headers: { 'content-encoding': 'x' } },
      'unavailable',
      'encoding',
    ],
  ])('%s is reported with reason and address for every operation', async (_, reply, kind, words) => {
    const agent = await startScripted(() => reply)
    for (const [name, call] of calls(open({ url: agent.url }))) {
      const error = (await rejection(call())) as Error
      if (name === 'full write' && words === '404') continue // Consul answers 404 for an empty folder.
      expect(error, name).toMatchObject({ name: 'StoreError', kind })
      expect(error.message.length).toBeLessThan(400)
      if (name === 'full write' && kind === 'unavailable') continue // A full write lists keys, with a different message.
      expect(error.message).toContain(words)
      expect(error.message).toContain(agent.url)
    }
  })

  it('a refused connection is reported with its code', async () => {
    const { store } = open({ host: '127.0.0.1', port: 1 })
    expect(await rejection(store.initialized(never))).toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('ECONNREFUSED') as string,
    })
  })

  it('an unanswered call rejects when its signal aborts', async () => {
    const agent = await startScripted(() => 'hang')
    const { store, lease } = open({ url: agent.url })
    const controller = new AbortController()
    const { signal: limited } = controller
    const pending = [
      store.initialized(limited),
      store.get('flag', 'a', limited),
      store.readAll(limited),
      store.write(full(row('a', 1)), limited),
      store.write(delta(row('a', 1)), limited),
      lease.acquire('me', 1_000, limited),
      lease.release('me', limited),
    ].map(rejection)
    while (agent.asked.length < pending.length) await new Promise((resolve) => setTimeout(resolve, 1))
    controller.abort(new Error('no answer in 10 s'))
    for (const error of await Promise.all(pending)) {
      expect(error).toMatchObject({
        kind: 'unavailable',
        message: expect.stringContaining('no answer in 10 s'),
      })
    }
  })

  it('a closed store sends no request', async () => {
    const agent = await startScripted(() => 'hang')
    const opened = open({ url: agent.url })
    const pending = rejection(opened.store.initialized(never))
    while (agent.asked.length < 1) await new Promise((resolve) => setTimeout(resolve, 1))
    await opened.store.close()
    expect(await pending).toMatchObject({ kind: 'unavailable' })
    for (const [, call] of calls(opened))
      expect(await rejection(call())).toMatchObject({ kind: 'unavailable' })
    expect(agent.asked).toHaveLength(1)

    const unused = open({ url: agent.url })
    await unused.store.close()
    expect(await rejection(unused.store.initialized(never))).toMatchObject({
      message: expect.stringContaining('the store is closed') as string,
    })
    expect(agent.asked).toHaveLength(1)
  })
})

describeWithConsul('(S84) ACLs and TLS of Consul', () => {
  const ROOT = '11111111-2222-3333-4444-555555555555'

  it('a token without permission is reported as such, not as missing data', async () => {
    const agent = await startConsulAgent({
      configuration: { acl: { enabled: true, default_policy: 'deny', tokens: { master: ROOT } } },
      token: ROOT,
    })
    onTestFinished(() => agent.stop())
    const tokenFor = async (name: string, policy: 'read' | 'write'): Promise<string> => {
      const put = (path: string, body: unknown): Promise<Response> =>
        fetch(`${agent.url}/v1/acl/${path}`, {
          method: 'PUT',
          headers: { 'x-consul-token': ROOT },
          body: JSON.stringify(body),
        })
      const rule = (prefix: string): string => `key_prefix "${prefix}/" { policy = "${policy}" }`
      const Rules = `${rule(name)} ${rule(`$halyard/${name}`)}`
      await put('policy', { Name: `${name}-${policy}`, Rules })
      const answer = await put('token', { Policies: [{ Name: `${name}-${policy}` }] })
      return ((await answer.json()) as { readonly SecretID: string }).SecretID
    }
    const openWith = (token?: string): OpenedStore =>
      open({ url: agent.url, prefix: 'ld', ...(token !== undefined && { token }) })

    const writer = openWith(await tokenFor('ld', 'write'))
    await writer.store.write({ ...full(row('a', 1)), fencingToken: 1 }, never)
    await writer.store.write({ ...delta(row('a', 2)), fencingToken: 1 }, never)
    expect(await writer.lease.acquire('me', 1_000, never)).toBeGreaterThan(0)

    const reader = openWith(await tokenFor('ld', 'read'))
    expect((await reader.store.readAll(never)).rows).toHaveLength(1)
    expect(await listen(reader).next()).toEqual({ type: 'replaced' })
    for (const write of [full, delta]) {
      expect(await rejection(reader.store.write(write(row('a', 3)), never))).toMatchObject({
        kind: 'refused',
      })
    }
    expect(await rejection(reader.lease.acquire('me', 1_000, never))).toMatchObject({ kind: 'refused' })

    for (const token of [
      undefined,
      await tokenFor('other', 'write'),
      '99999999-2222-3333-4444-555555555555',
    ]) {
      const stranger = openWith(token)
      for (const [name, call] of calls(stranger)) {
        expect(await rejection(call()), name).toMatchObject({
          kind: 'refused',
          message: expect.stringContaining('check the token and its ACL policy') as string,
        })
      }
      expect(await listen(stranger).next()).toMatchObject({ type: 'interrupted' })
    }
  })

  it('https is used, and the certificate is verified', async () => {
    const agent = await startConsulAgent({
      tls: {
        cert: certificatePath('leaf.cert.pem'),
        key: certificatePath('leaf.key.pem'),
        ca: certificatePath('ca.cert.pem'),
      },
    })
    onTestFinished(() => agent.stop())
    const log: string[] = []
    const { store } = open({ url: agent.tlsUrl, tls: { ca: CA } })
    await store.write(full(row('a', 1)), never)
    expect((await store.readAll(never)).rows).toHaveLength(1)
    expect(await rejection(open({ url: agent.tlsUrl }).store.initialized(never))).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('tls.ca') as string,
    })
    const careless = open({ url: agent.tlsUrl, tls: { verify: 'never' } }, undefined, log)
    expect(await careless.store.initialized(never)).toBe(true)
    expect(log.join()).toContain('NOT verified')
  })
})

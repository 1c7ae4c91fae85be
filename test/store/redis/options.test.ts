import { inspect } from 'node:util'
import { Redis } from 'ioredis'
import { expect, it, onTestFinished } from 'vitest'
import { ConfigError, type ConfigIssue } from '../../../src/model/errors.ts'
import { parseRedisUrl } from '../../../src/store/redis/options.ts'
import { type RedisStoreOptions, redisStore } from '../../../src/store/redis/redis-store.ts'
import { openRedis } from './opened.ts'

function issuesOf(options: unknown): readonly ConfigIssue[] {
  try {
    redisStore(options as RedisStoreOptions)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.issues
    throw error
  }
}

it('(S70) describes type, place, prefix and use, with the defaults of the layout', () => {
  expect(redisStore()).toEqual({
    open: expect.any(Function) as unknown,
    type: 'redis',
    name: 'Redis at localhost:6379',
    prefix: 'launchdarkly',
  })
})

it('(S70) prints no credential', () => {
  const secrets: readonly RedisStoreOptions[] = [
    { url: 'rediss://somebody:hunter2@flags.example.test:6380/3' },
    { host: 'flags.example.test', password: 'hunter2', username: 'somebody' },
    { redisOpts: { host: 'flags.example.test', password: 'hunter2' } },
    { sentinels: [{ host: 's', port: 1 }], name: 'm', password: 'hunter2', sentinelPassword: 'hunter2' },
    { cluster: [{ host: 'c', port: 1 }], password: 'hunter2' },
  ]
  for (const options of secrets) {
    const description = redisStore(options)
    const opened = openRedis(options)
    for (const value of [description, opened]) {
      const printed = inspect(value, { depth: 9, showHidden: true }) + JSON.stringify(value)
      expect(printed).not.toContain('hunter2')
    }
  }
})

it.each([
  ['where it is', { url: 'redis://cache.example.test:7000/2' }, 'Redis at cache.example.test:7000'],
  ['a port alone', { port: 7000 }, 'Redis at localhost:7000'],
  ['a socket', { path: '/run/redis.sock' }, 'Redis at /run/redis.sock'],
  ['the words of LaunchDarkly', { redisOpts: { host: 'my-redis', port: 6379 } }, 'Redis at my-redis:6379'],
  [
    'Sentinels',
    { sentinels: [{ host: 's', port: 1 }], name: 'flags' },
    'Redis master flags of the Sentinels s:1',
  ],
  ['a cluster', { cluster: [{ host: 'c', port: 1 }] }, 'Redis Cluster at c:1'],
])('its name is taken from %s', (_what, options, name) => {
  expect(redisStore(options).name).toBe(name)
})

it('(S70) reads cacheTTL in seconds, as the Node.js SDK of LaunchDarkly does', () => {
  expect(redisStore({ cacheTTL: 15 }).cacheTtlMs).toBe(15_000)
  expect(redisStore({ cacheTTL: 0 }).cacheTtlMs).toBe(0)
  expect(redisStore({ cacheTtlMs: Infinity }).cacheTtlMs).toBe(Infinity)
  expect(redisStore({ reads: 'snapshot', writers: 'one', staleOnErrorMs: 9 })).toMatchObject({
    reads: 'snapshot',
    writers: 'one',
    staleOnErrorMs: 9,
  })
})

it('(S70) reports all errors at once, without the values', () => {
  const issues = issuesOf({
    url: 'https://somebody:hunter2@example.test',
    port: 99_999,
    prefix: '',
    cacheTtlMs: -1,
    reads: 'eager',
    sentinels: [{ host: 's' }],
    client: { password: 'hunter2' },
    tls: { ca: '/etc/ca.pem' },
  })
  expect(issues.map(({ path }) => path)).toEqual([
    'redisStore.url',
    'redisStore.port',
    'redisStore.client',
    'redisStore.sentinels[0].port',
    'redisStore.tls.ca',
    'redisStore.prefix',
    'redisStore.cacheTtlMs',
    'redisStore.reads',
    // One of these is enough.
    'redisStore.client',
    'redisStore.sentinels',
    'redisStore.port',
  ])
  expect(JSON.stringify(issues)).not.toContain('hunter2')
})

it.each([
  ['two places', { url: 'redis://a', host: 'b' }, 'redisStore.host'],
  ['a client beside a port', { port: 1, client: { duplicate() {}, isCluster: false } }, 'redisStore.client'],
  ['a host that hides a password', { host: 'somebody:hunter2@a' }, 'redisStore.host'],
  ['a port beside a URL', { url: 'redis://a', port: 1 }, 'redisStore.port'],
  ['sentinels without a name', { sentinels: [{ host: 's', port: 1 }] }, 'redisStore'],
  ['a name without sentinels', { name: 'flags' }, 'redisStore'],
  ['two lifetimes', { cacheTTL: 1, cacheTtlMs: 1 }, 'redisStore.cacheTTL'],
  ['another database of a cluster', { cluster: [{ host: 'c', port: 1 }], db: 1 }, 'redisStore.db'],
  ['a certificate without its key', { tls: { cert: '-----BEGIN' } }, 'redisStore.tls'],
  ['no options at all', 5, 'redisStore'],
])('%s are refused', (_what, options, path) => {
  expect(issuesOf(options)).toMatchObject([{ path }])
})

it('(S70) requires a hash tag in the prefix of a cluster, and adds one to the default prefix', () => {
  const cluster = [{ host: 'c', port: 1 }]
  expect(redisStore({ cluster }).prefix).toBe('{launchdarkly}')
  expect(redisStore({ cluster, prefix: 'ld:{spree}' }).prefix).toBe('ld:{spree}')
  for (const prefix of ['spree', 'ld:{}', '{}{spree}', '}spree{']) {
    expect(issuesOf({ cluster, prefix })).toMatchObject([{ path: 'redisStore.prefix' }])
  }
})

it('(S160) refuses an unknown name, also within tls', () => {
  expect(issuesOf({ tsl: true, tls: { cas: 1 } })).toMatchObject([
    { path: 'redisStore.tls.cas', expected: 'a known option (did you mean ca?)' },
    { path: 'redisStore.tsl', expected: 'a known option (did you mean tls?)' },
  ])
})

it('warns about options without effect and about dangerous ones when it is opened', () => {
  const client = new Redis({ lazyConnect: true })
  onTestFinished(() => client.disconnect())
  const beside: object = { client, password: 'p', tls: {} }
  expect(openRedis(beside).log).toEqual([
    'warn: redisStore.password has no effect beside client',
    'warn: redisStore.tls has no effect beside client',
  ])
  expect(openRedis({ tls: { verify: 'never' } }).log).toEqual([
    expect.stringContaining('certificates are NOT verified'),
  ])
  expect(openRedis({}).log).toEqual([])
})

it.each([
  ['redis://localhost', { host: 'localhost', port: 6379, secure: false }],
  ['rediss://a.test:1/', { host: 'a.test', port: 1, secure: true }],
  ['redis://[::1]:7/4', { host: '::1', port: 7, db: 4, secure: false }],
  ['redis://u%40x:p%2Fw@h', { host: 'h', port: 6379, username: 'u@x', password: 'p/w', secure: false }],
  ['redis://:pw@h', { host: 'h', port: 6379, password: 'pw', secure: false }],
  ['http://h', undefined],
  ['redis://', undefined],
  ['redis://h/db', undefined],
  ['redis://h:p%ZZ@h', undefined],
  ['h:6379', undefined],
])('reads the URL %s', (url, parsed) => {
  expect(parseRedisUrl(url)).toEqual(parsed)
})

import { expect, it } from 'vitest'
import { createClient } from '../../../src/client/create-client.ts'
import { ConfigError } from '../../../src/model/errors.ts'
import { consulStore } from '../../../src/store/consul/consul-store.ts'
import { redisStore } from '../../../src/store/redis/redis-store.ts'
import { readText, wrongs, wrongsOf } from './reading.ts'

const ONE = '[Environment "one"]\nsdkKey = k\nprefix = {ld:one}\n'
const KEY = { LD_ENV_one: 'k', LD_PREFIX_one: '{ld:one}' }

const thrown = (call: () => unknown): string => {
  try {
    call()
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  return ''
}

it.each([
  ['redis://h/abc', 'nothing after host and port but / and the number of a database, such as /0'],
  ['redis://h/0?x=1', 'nothing after host and port but / and the number of a database, such as /0'],
  ['redis://h:99999', 'a port from 1 to 65535 after the host'],
  ['rediss://h:0', 'a port from 1 to 65535 after the host'],
  ['redis://:12s3cret#x@h', 'a user and a password in which # is written as %23'],
  ['redis://u:12/s3cret@h:1', 'a user and a password in which / is written as %2F'],
  ['redis://u?:s3cret@h', 'a user and a password in which ? is written as %3F'],
  ['redis://:s3cret%@h', 'a user and a password in which % is written as %25'],
  ['redis://:s3cret@', 'the name or address of a host'],
  ['http://s3cret@h', 'a redis: or rediss: URL'],
])('(S185) the store and the relay name the wrong part of %s', (url, expected) => {
  const byStore = thrown(() => redisStore({ url }))
  expect(byStore).toContain(`redisStore.url: expected ${expected}`)
  const [byRelay = ''] = wrongsOf(ONE, { USE_REDIS: '1', REDIS_URL: url })
  expect(byRelay).toContain(`REDIS_URL: ${expected}`)
  expect(byStore + byRelay).not.toContain('s3cret')
})

it('(S185) decodes a password, which may contain @', () => {
  const { config } = readText(ONE, { USE_REDIS: '1', REDIS_URL: 'redis://:a%23b%2Fc%25@d@h/3' })
  expect(config.store).toMatchObject({ url: 'redis://h:6379/3', password: 'a#b/c%@d' })
})

it.each(['#', ';'])('(S185) refuses a value that %s would cut, unless it is quoted', (character) => {
  const settings = (value: string): string => `[Redis]\nhost = h\npassword = ${value}\n${ONE}`
  const [wrong = ''] = wrongsOf(settings(`abc${character}s3cret`))
  expect(wrong).toBe(
    `relay.conf:3: a value with ${character} in double quotes, or a space before a comment, ${character} without a space before it`,
  )
  expect(readText(settings(`"abc${character}s3cret"`)).config.store).toMatchObject({
    password: `abc${character}s3cret`,
  })
  expect(readText(settings(`abc ${character} a comment`)).config.store).toMatchObject({ password: 'abc' })
})

it('(S185) ignores line breaks at the end of a variable', () => {
  const { config } = readText('', {
    LD_ENV_one: 'k\n',
    LD_PREFIX_one: 'p\r\n',
    USE_REDIS: '1\n',
    REDIS_URL: 'redis://h\n',
    REDIS_USERNAME: 'me\n',
    REDIS_PASSWORD: 'secret\n',
  })
  expect(config.environments).toMatchObject([{ sdkKey: 'k', prefix: 'p' }])
  expect(config.store).toMatchObject({ url: 'redis://h:6379', username: 'me', password: 'secret' })
})

it('(S185) refuses secrets of a program that end with a line break, by name', () => {
  const sentinels = [{ host: 's', port: 1 }]
  const message = thrown(() =>
    redisStore({
      sentinels,
      name: 'm',
      password: 's3cret\n',
      username: 'me\n',
      sentinelPassword: 's3cret\r\n',
    }),
  )
  for (const name of ['username', 'password', 'sentinelPassword']) {
    expect(message).toContain(
      `redisStore.${name}: expected a string that is not empty and does not end with a line break`,
    )
  }
  const others =
    thrown(() => redisStore({ redisOpts: { password: 's3cret\n' } })) +
    thrown(() => consulStore({ token: 's3cret\n' })) +
    thrown(() => createClient('s3cret\n'))
  expect(others).toContain(
    'redisStore.redisOpts.password: expected a string that does not end with a line break',
  )
  expect(others).toContain('consulStore.token: expected a token')
  expect(others).toContain(
    'sdkKey: expected an SDK key, received a string that begins or ends with white space',
  )
  expect(message + others).not.toContain('s3cret')
})

it('(S186) reads the nodes of a cluster from a file and a variable', () => {
  const clusterNodes = [
    { host: 'a', port: 7000 },
    { host: '::1', port: 6379 },
  ]
  const expected = { type: 'redis', clusterNodes, localTtlMs: 30_000 }
  const file = `[Redis]\nclusterNodes = a:7000\nclusterNodes = [::1]\n${ONE}`
  expect(readText(file).config.store).toEqual(expected)
  const { config } = readText('', { ...KEY, USE_REDIS: '1', REDIS_CLUSTER_NODES: 'a:7000, [::1]:6379' })
  expect(config.store).toEqual(expected)
  expect(readText(`[Redis]\nclusterNodes = a\ntls = true\npassword = p\n${ONE}`).config.store).toEqual({
    ...expected,
    clusterNodes: [{ host: 'a', port: 6379 }],
    tls: true,
    password: 'p',
  })
})

it('(S186) reads Sentinels with their master, login and database', () => {
  const { config } = readText('', {
    ...KEY,
    USE_REDIS: '1',
    REDIS_SENTINELS: 's1,s2:7001',
    REDIS_SENTINEL_MASTER: 'flags',
    REDIS_SENTINEL_PASSWORD: 'of the sentinels',
    REDIS_DATABASE: '2',
  })
  expect(config.store).toEqual({
    type: 'redis',
    sentinels: [
      { host: 's1', port: 26_379 },
      { host: 's2', port: 7001 },
    ],
    sentinelMaster: 'flags',
    sentinelPassword: 'of the sentinels',
    database: 2,
    localTtlMs: 30_000,
  })
})

it.each([
  ['clusterNodes = a:0', 'clusterNodes: nodes as host:port'],
  ['clusterNodes = me:s3cret@a', 'clusterNodes: nodes as host:port'],
  ['clusterNodes = a\nhost = b', 'host: host and port in the list of nodes, both'],
  [
    'url = redis://h\nsentinels = a\nsentinelMaster = m',
    'sentinels: only one of url, clusterNodes and sentinels, several',
  ],
  ['sentinels = a', 'sentinels: sentinels and sentinelMaster, only one of them'],
  ['host = h\nsentinelMaster = m', 'sentinelMaster: sentinels and sentinelMaster, only one of them'],
  ['clusterNodes = a\ndatabase = 1', 'database: no database number, because a cluster has one database'],
  ['url = redis://h\ndatabase = 1', 'database: the database number in the url'],
])('(S186) %s is refused', (settings, wrong) => {
  const wrongs = wrongsOf(`[Redis]\n${settings}\n${ONE}`)
  expect(wrongs).toEqual([expect.stringContaining(wrong)])
  expect(wrongs.join()).not.toContain('s3cret')
})

it('(S186, S70) requires a hash tag in each prefix with a cluster', () => {
  const [wrong] = wrongsOf('[Redis]\nclusterNodes = a\n[Environment "one"]\nsdkKey = k\nprefix = ld:one\n')
  expect(wrong).toContain('prefix: a prefix with a hash tag')
  const offline = '[Redis]\nclusterNodes = a\n[OfflineMode]\nfileDataSource = f\nenvDatastorePrefix = '
  expect(wrongsOf(`${offline}ld-$CID\n`)).toEqual([expect.stringContaining('a prefix with a hash tag')])
  expect(readText(`${offline}{ld-$CID}\n`).config.offline).toMatchObject({ prefix: '{ld-$CID}' })
})

it.each([
  ['http://me:s3cret@h:1', 'a user and password (the part before "@")'],
  ['http://h:1?s3cret', 'a query (the part from "?" on)'],
  ['https://h#s3cret', 'a fragment (the part from "#" on)'],
])('(S185) names the wrong part of %s, an address of Consul or DynamoDB', (url, part) => {
  const expected = `an http or https URL without ${part}`
  const messages = [
    thrown(() => consulStore({ url })),
    ...wrongsOf(ONE, { USE_CONSUL: '1', CONSUL_HOST: url }),
    ...wrongsOf(`${ONE}tableName = t\n`, { USE_DYNAMODB: '1', DYNAMODB_URL: url }),
  ]
  expect(messages).toEqual([
    expect.stringContaining(`consulStore.url: expected the address of an agent, ${expected}`),
    expect.stringContaining(`CONSUL_HOST: host:port, or ${expected}`),
    expect.stringContaining(`DYNAMODB_URL: ${expected}`),
  ])
  expect(messages.join()).not.toContain('s3cret')
})

it('(S185) refuses logins of an object that end with a line break, by name', () => {
  const environments = [{ name: 'one', sdkKey: 'k', prefix: 'p' }]
  const login = { username: 's3cret\n', password: 's3cret\r\n' }
  const sentinel = { sentinelUsername: 's3cret\n', sentinelPassword: 's3cret\n' }
  const sentinels = { sentinels: [{ host: 'a', port: 1 }], sentinelMaster: 'm' }
  const messages = [
    ...wrongs({ options: { environments, store: { type: 'redis', ...login, ...sentinels, ...sentinel } } }),
    ...wrongs({ options: { environments, store: { type: 'consul', token: 's3cret\n' } } }),
    ...wrongs({ options: { environments: [{ name: 'one', sdkKey: 's3cret\n' }] } }),
  ]
  expect(messages.map((each) => each.split(':', 1)[0])).toEqual([
    'options.store.username',
    'options.store.password',
    'options.store.sentinelUsername',
    'options.store.sentinelPassword',
    'options.store.token',
    'options.environments[0].sdkKey',
  ])
  for (const each of messages) expect(each).toContain('line break')
  expect(messages.join()).not.toContain('s3cret')
})

it('(S186) refuses an infinite database number', () => {
  const environments = [{ name: 'one', sdkKey: 'k', prefix: 'p' }]
  expect(wrongs({ options: { environments, store: { type: 'redis', database: Infinity } } })).toEqual([
    'options.store.database: a whole number that is not negative, number Infinity',
  ])
})

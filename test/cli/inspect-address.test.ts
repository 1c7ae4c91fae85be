import { expect, it } from 'vitest'
import { readStoreAddress } from '../../src/cli/inspect/store-address.ts'

const read = (text: string, prefix?: string, env: Record<string, string> = {}) =>
  readStoreAddress(text, { prefix, env }).options

it.each([
  ['redis://localhost:6379', { url: 'redis://localhost:6379' }],
  ['redis://h/3?prefix=ld:spree:production', { url: 'redis://h/3', prefix: 'ld:spree:production' }],
  ['rediss://me:p%40ss@[::1]:7000', { url: 'rediss://me:p%40ss@[::1]:7000' }],
  [
    'rediss-cluster://me:p%40ss@a,[::1]:7000?prefix={p}',
    {
      cluster: [
        { host: 'a', port: 6379 },
        { host: '::1', port: 7000 },
      ],
      username: 'me',
      password: 'p@ss',
      tls: {},
      prefix: '{p}',
    },
  ],
  [
    'redis-sentinel://a,b:1/2?master=m',
    {
      sentinels: [
        { host: 'a', port: 26_379 },
        { host: 'b', port: 1 },
      ],
      name: 'm',
      db: 2,
    },
  ],
  ['REDIS://h', { url: 'redis://h' }],
  ['dynamodb://My_Table.v-2', { tableName: 'My_Table.v-2', clientOptions: {} }],
  ['dynamodb://t?prefix=', { tableName: 't', prefix: '', clientOptions: {} }],
  [
    'dynamodb://arn%3Aaws%3Adynamodb%3Aeu-west-1%3A1%3Atable%2FFlags',
    { tableName: 'arn:aws:dynamodb:eu-west-1:1:table/Flags', clientOptions: {} },
  ],
  [
    'dynamodb://t?prefix=p&region=eu-west-1&endpoint=http://localhost:8000',
    {
      tableName: 't',
      prefix: 'p',
      clientOptions: { region: 'eu-west-1', endpoint: 'http://localhost:8000' },
    },
  ],
  ['consul://h', { url: 'http://h:8500' }],
  ['consul://h:1/below?prefix=a/b', { url: 'http://h:1/below', prefix: 'a/b' }],
  ['consuls://:to%2Fken@h:1', { url: 'https://h:1', token: 'to/ken' }],
  ['file:///var/flags%20here', { path: '/var/flags here' }],
  ['./flags', { path: './flags' }],
  ['/var/flags', { path: '/var/flags' }],
  ['C:\\flags', { path: 'C:\\flags' }],
])('S88: parses %s', (text, address) => {
  expect(read(text)).toEqual(address)
})

it('S88: takes the prefix from --prefix', () => {
  expect(read('redis://h', 'p')).toMatchObject({ prefix: 'p' })
  expect(read('consul://h', 'p')).toMatchObject({ prefix: 'p' })
  expect(read('dynamodb://t', 'p')).toMatchObject({ prefix: 'p' })
})

it('S88: takes credentials from environment variables if the URL has none', () => {
  const env = { REDIS_USERNAME: 'me', REDIS_PASSWORD: 'p@ss\n', CONSUL_HTTP_TOKEN: 'token\n' }
  expect(read('redis://h', undefined, env)).toMatchObject({ url: 'redis://me:p%40ss@h' })
  expect(read('redis://you@h', undefined, env)).toMatchObject({ url: 'redis://you:p%40ss@h' })
  expect(read('redis://:own@h', undefined, env)).toMatchObject({ url: 'redis://:own@h' })
  expect(read('consul://h', undefined, env)).toMatchObject({ token: 'token' })
  expect(read('consul://:own@h', undefined, env)).toMatchObject({ token: 'own' })
})

it.each([
  ['postgres://me:s3cret@h/db', 'unknown store postgres://'],
  ['redis://', 'expected the name or address of a host'],
  ['redis://:s3cret@h:99999', 'expected a port from 1 to 65535 after the host'],
  ['redis://h/abc', '/ and the number of a database'],
  ['redis://:s3c#ret@h', 'in which # is written as %23'],
  ['redis-cluster://me:s3cret@', 'expected redis-cluster://HOST:PORT,HOST:PORT'],
  ['redis-cluster://me:s3#cret@h', 'in which # is written as %23'],
  ['rediss-cluster://me:s3cret@h/1/2', 'expected redis-cluster://HOST:PORT,HOST:PORT'],
  ['redis-sentinel://me:s3cret%@h?master=m', 'in which % is written as %25'],
  ['redis-sentinel://s3cret:1', '?master=NAME'],
  ['redis://:s3cret%@h', 'in which % is written as %25'],
  ['redis://:s3cret@h?pfx=a', 'redis:// has no parameter pfx; it has prefix'],
  ['dynamodb://', 'expected dynamodb://TABLE'],
  ['dynamodb://t/other', 'expected dynamodb://TABLE with nothing else'],
  ['dynamodb://me:s3cret@t', 'expected dynamodb://TABLE with nothing else'],
  ['consul://s3cret@h', 'consul://:TOKEN@HOST:PORT'],
  ['file://elsewhere/flags', 'expected file:///PATH'],
])('S88: refuses %s without repeating its password', (text, reason) => {
  expect(() => read(text)).toThrow(reason)
  expect(() => read(text)).not.toThrow(/s3#?cret/)
})

it('S88: refuses two prefixes, and a prefix of a file', () => {
  expect(() => read('redis://h?prefix=a', 'a')).toThrow('STORE and --prefix both have a prefix')
  expect(() => read('./flags', 'a')).toThrow('a file has no prefix')
})

it.each([
  ['dynamodb://t?endpoint=http://host/%3Fa=b', 'without a query (the part from "?" on)'],
  ['dynamodb://t?endpoint=http://user:s3cret@host', 'without a user and password (the part before "@")'],
  ['dynamodb://t?endpoint=http://host/%23x', 'without a fragment (the part from "#" on)'],
  ['dynamodb://t#x', 'without a fragment (the part from "#" on)'],
  ['consul://h#x', 'without a fragment (the part from "#" on)'],
  ['file:///var/flags?x', 'with ? and # percent-encoded'],
  ['file:///var/flags#x', 'with ? and # percent-encoded'],
])('S156: refuses %s without repeating it', (text, expected) => {
  expect(() => read(text)).toThrow(expected)
  expect(() => read(text)).not.toThrow('s3cret')
})

import type { IncomingMessage } from 'node:http'
import { expect, it } from 'vitest'
import { addressOf } from '../../src/relay/addresses.ts'
import {
  credentialsOf,
  digestOf,
  eventTokenOf,
  guessedCredential,
  presentedIn,
} from '../../src/relay/credentials.ts'

/** Returns what a request with these headers presents. */
const presented = (path: string, headers: object, query = '') =>
  presentedIn(addressOf(path), { headers } as IncomingMessage, query)

const of = (path: string, authorization?: string, query = '') =>
  guessedCredential(presented(path, { authorization }, query))

it.each([
  ['/sdk/poll', 'sdk-1', 'server'],
  ['/bulk', 'sdk-1', 'server'],
  ['/msdk/evalx/context', 'mob-1', 'mobile'],
  ['/mping', 'mob-1', 'mobile'],
  ['/mobile/events/bulk', 'mob-1', 'mobile'],
  // Only FDv2 has addresses for both kinds of clients.
  ['/sdk/poll/eval', 'mob-1', 'mobile'],
  ['/sdk/stream/eval/e30', 'env-1', 'browser'],
])('(S205.1) %s: the key %s in Authorization is one for %s', (path, value, audience) => {
  expect(of(path, value)).toEqual({ audience, value })
})

it('(S205.1) a browser sends its ID in the path, and Authorization has no effect', () => {
  for (const path of ['/sdk/evalx/env-1/contexts/e30', '/eval/env-1', '/sdk/goals/env-1', '/a/env-1.gif'])
    expect(of(path, 'sdk-1'), path).toEqual({ audience: 'browser', value: 'env-1' })
})

it('(S205.3) the prefix `api_key ` of former SDKs is removed, and no other', () => {
  expect(of('/all', 'api_key sdk-1').value).toBe('sdk-1')
  expect(of('/mping', 'api_key mob-1').value).toBe('mob-1')
  for (const other of ['Bearer sdk-1', 'api_key  sdk-1', 'API_KEY sdk-1', ' api_key sdk-1'])
    expect(of('/all', other).value, other).not.toBe('sdk-1')
})

it('(S205.4) FDv2 of clients accepts the parameter `auth`, and prefers the header', () => {
  expect(of('/sdk/poll/eval', undefined, 'auth=mob-1&x=1')).toEqual({ audience: 'mobile', value: 'mob-1' })
  expect(of('/sdk/stream/eval', undefined, 'auth=env-1')).toEqual({ audience: 'browser', value: 'env-1' })
  expect(of('/sdk/poll/eval', 'env-2', 'auth=mob-1')).toEqual({ audience: 'browser', value: 'env-2' })
  expect(of('/sdk/poll/eval')).toEqual({ audience: 'browser', value: '' })
  // All others ignore it.
  expect(of('/msdk/evalx/context', undefined, 'auth=mob-1').value).toBe('')
})

it('(S205.2) an environment has all of its keys, and its ID', () => {
  const config = {
    name: 'test',
    sdkKey: 'sdk-1',
    moreSdkKeys: [{ value: 'sdk-0', until: 5 }],
    mobileKey: 'mob-1',
    moreMobileKeys: [{ value: 'mob-0' }],
    envId: 'env-1',
  }
  expect(credentialsOf(config)).toEqual([
    { audience: 'server', value: 'sdk-1', until: Infinity },
    { audience: 'server', value: 'sdk-0', until: 5 },
    { audience: 'mobile', value: 'mob-1', until: Infinity },
    { audience: 'mobile', value: 'mob-0', until: Infinity },
    { audience: 'browser', value: 'env-1', until: Infinity },
  ])
  expect(credentialsOf({ name: 'test', sdkKey: 'sdk-1' })).toHaveLength(1)
})

it('(S205.2) a digest does not contain the key, and differs by the kind of client', () => {
  const digests = (['server', 'mobile', 'browser'] as const).map((audience) =>
    digestOf({ audience, value: 'k-1' }),
  )
  expect(new Set(digests).size).toBe(3)
  expect(digests.join()).not.toContain('k-1')
})

const FLAGS = '/ofrep/v1/evaluate/flags'
const EVENTS = '/ofrep/v1/events'

it.each<[string, object, string]>([
  ['the key in Authorization', { authorization: 'sdk-1' }, 'sdk-1'],
  ['a bearer token', { authorization: 'Bearer sdk-1' }, 'sdk-1'],
  ['another spelling, with spaces', { authorization: '  bEARER \t sdk-1  ' }, 'sdk-1'],
  ['the prefix of former SDKs', { authorization: 'api_key sdk-1' }, 'sdk-1'],
  ['X-API-Key', { 'x-api-key': ' env-1 ' }, 'env-1'],
  ['the same key twice', { authorization: 'Bearer sdk-1', 'x-api-key': 'sdk-1, sdk-1' }, 'sdk-1'],
  ['no key', {}, ''],
  ['a scheme alone', { authorization: 'Bearer' }, ''],
])('(RO2.1) OFREP accepts %s', (_, headers, value) => {
  expect(presented(FLAGS, headers)).toEqual({ type: 'key', value })
  expect(presented(EVENTS, headers)).toEqual({ type: 'key', value })
})

it('(RO2.4) two different keys contradict each other', () => {
  for (const headers of [{ authorization: 'a', 'x-api-key': 'b' }, { 'x-api-key': 'a, b' }])
    expect(presented(FLAGS, headers)).toEqual({ type: 'contradiction' })
})

it('(RO6.3) a stream presents the token in its URL, which is no key', () => {
  const headers = { authorization: 'sdk-1' }
  expect(presented(EVENTS, headers, 'token=t-1')).toEqual({ type: 'event token', value: 't-1' })
  expect(presented(FLAGS, headers, 'token=t-1')).toEqual({ type: 'key', value: 'sdk-1' })
})

it('(RO6.3) a token differs by key and kind of client, and does not contain the key', () => {
  const tokens = [
    eventTokenOf({ audience: 'server', value: 'k-1' }),
    eventTokenOf({ audience: 'mobile', value: 'k-1' }),
    eventTokenOf({ audience: 'server', value: 'k-2' }),
    eventTokenOf({ audience: 'server', value: '' }),
  ]
  expect(new Set(tokens).size).toBe(4)
  for (const token of tokens) expect(token).toMatch(/^[\w-]{43}$/)
})

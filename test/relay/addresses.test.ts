import { expect, it } from 'vitest'
import { addressOf } from '../../src/relay/addresses.ts'

/** The addresses of LaunchDarkly's Relay Proxy other than those of data: method, path, service and kind of client. */
const ADDRESSES = [
  ['GET', '/sdk/evalx/contexts/e30', 'evaluation', 'server'],
  ['GET', '/sdk/evalx/users/e30', 'evaluation', 'server'],
  ['REPORT', '/sdk/evalx/context', 'evaluation', 'server'],
  ['REPORT', '/sdk/evalx/user', 'evaluation', 'server'],
  ['POST', '/bulk', 'events', 'server'],
  ['POST', '/diagnostic', 'diagnostic', 'server'],
  ['GET', '/msdk/evalx/contexts/e30', 'evaluation', 'mobile'],
  ['GET', '/msdk/evalx/users/e30', 'evaluation', 'mobile'],
  ['REPORT', '/msdk/evalx/context', 'evaluation', 'mobile'],
  ['REPORT', '/msdk/evalx/user', 'evaluation', 'mobile'],
  ['GET', '/mping', 'pings', 'mobile'],
  ['GET', '/meval/e30', 'pings', 'mobile'],
  ['REPORT', '/meval', 'pings', 'mobile'],
  ['POST', '/mobile', 'events', 'mobile'],
  ['POST', '/mobile/events', 'events', 'mobile'],
  ['POST', '/mobile/events/bulk', 'events', 'mobile'],
  ['POST', '/mobile/events/diagnostic', 'diagnostic', 'mobile'],
  ['GET', '/sdk/evalx/env-1/contexts/e30', 'evaluation', 'browser'],
  ['GET', '/sdk/evalx/env-1/users/e30', 'evaluation', 'browser'],
  ['REPORT', '/sdk/evalx/env-1/context', 'evaluation', 'browser'],
  ['REPORT', '/sdk/evalx/env-1/user', 'evaluation', 'browser'],
  ['GET', '/ping/env-1', 'pings', 'browser'],
  ['GET', '/eval/env-1/e30', 'pings', 'browser'],
  ['REPORT', '/eval/env-1', 'pings', 'browser'],
  ['GET', '/sdk/goals/env-1', 'goals', 'browser'],
  ['POST', '/events/bulk/env-1', 'events', 'browser'],
  ['POST', '/events/diagnostic/env-1', 'diagnostic', 'browser'],
  ['GET', '/a/env-1.gif', 'event image', 'browser'],
  ['GET', '/sdk/poll/eval/e30', 'evaluation poll', 'client'],
  ['POST', '/sdk/poll/eval', 'evaluation poll', 'client'],
  ['REPORT', '/sdk/poll/eval', 'evaluation poll', 'client'],
  ['GET', '/sdk/stream/eval/e30', 'pings', 'client'],
  ['POST', '/sdk/stream/eval', 'pings', 'client'],
  ['REPORT', '/sdk/stream/eval', 'pings', 'client'],
] as const

it.each(ADDRESSES)('(S205.1) %s %s is %s for %s', (method, path, service, audience) => {
  const address = addressOf(path)
  expect(address).toMatchObject({ service, audience })
  expect(address.methods).toContain(method)
  expect(address.envId).toBe(audience === 'browser' ? 'env-1' : undefined)
  expect(address.context).toBe(path.endsWith('/e30') ? 'e30' : undefined)
})

it('(S205.1) REPORT accepts the plural of the documents, which the Relay Proxy does not', () => {
  for (const path of ['/sdk/evalx/contexts', '/msdk/evalx/users', '/sdk/evalx/env-1/contexts'])
    expect(addressOf(path), path).toMatchObject({ service: 'evaluation', methods: ['REPORT'] })
})

it.each([
  '/sdk/poll',
  '/sdk/stream',
  '/all',
  '/flags',
  '/sdk/latest-all',
  '/sdk/flags/evalx',
  '/nothing',
  '/mpings',
])('(S205.1) %s is an address of data, for servers', (path) => {
  expect(addressOf(path)).toMatchObject({ service: 'data', audience: 'server', methods: ['GET'] })
})

it('(S205.1) an ID in the path is decoded once', () => {
  expect(addressOf('/ping/a%2541').envId).toBe('a%41')
  expect(addressOf('/eval/env%201/x%3D').context).toBe('x=')
})

it('(S220.2) the route of each address is its path with the ID and the context as placeholders', () => {
  for (const [, path] of ADDRESSES) {
    const expected = path
      .replace('env-1', '{envId}')
      .replace('e30', '{context}')
      .replace(/\/users(?=\/)/, '/contexts')
      .replace(/\/user$/, '/context')
    expect(addressOf(path).route).toBe(expected)
  }
  for (const [path, route] of [
    ['/sdk/evalx/contexts', '/sdk/evalx/context'],
    ['/sdk/flags/a%2Fb', '/sdk/flags/{key}'],
    ['/sdk/segments/a/b', '/sdk/segments/{key}'],
    ['/sdk/poll', '/sdk/poll'],
    ['/sdk/poll/x/y', 'other'],
    ['/', 'other'],
  ] as const)
    expect(addressOf(path).route, path).toBe(route)
})

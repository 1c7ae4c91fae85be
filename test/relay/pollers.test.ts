import { EventEmitter } from 'node:events'
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import { expect, it } from 'vitest'
import { addressOf } from '../../src/relay/addresses.ts'
import { PollerCounter } from '../../src/relay/pollers.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'

function counting() {
  const clock = new VirtualClock()
  const counter = new PollerCounter(clock)
  const request = (path: string, headers: IncomingHttpHeaders): EventEmitter => {
    const response = new EventEmitter()
    counter.add({
      address: addressOf(path),
      request: { headers, socket: { remoteAddress: '192.0.2.1' } },
      response: response as ServerResponse,
    } as unknown as Parameters<PollerCounter['add']>[0])
    return response
  }
  return { clock, counter, request }
}

const agent = (name: string): IncomingHttpHeaders => ({ 'user-agent': name })

it('(S225.1) counts a client from its second poll until ten minutes after the last', async () => {
  const { clock, counter, request } = counting()
  request('/sdk/poll', agent('a/1'))
  request('/sdk/latest-all', agent('b/1'))
  expect(counter.count).toBe(0)
  await clock.advance(30_000)
  request('/sdk/poll', agent('a/1'))
  request('/sdk/latest-all', agent('b/1'))
  request('/sdk/poll', agent('c/1'))
  expect(counter.count).toBe(2)
  await clock.advance(600_000)
  expect(counter.count).toBe(2)
  await clock.advance(2_000)
  expect(counter.count).toBe(0)
})

it('(S225.1) requests within two seconds are one poll', async () => {
  const { clock, counter, request } = counting()
  for (let count = 0; count < 10; count++) request('/sdk/flags', agent('a/1'))
  await clock.advance(1_000)
  request('/sdk/segments', agent('a/1'))
  expect(counter.count).toBe(0)
})

it('(S225.2) does not count a client with an open stream, nor other requests', async () => {
  const { clock, counter, request } = counting()
  request('/sdk/poll', agent('a/1'))
  const stream = request('/sdk/stream', agent('a/1'))
  await clock.advance(60_000)
  request('/sdk/poll', agent('a/1'))
  for (let count = 0; count < 3; count++) {
    await clock.advance(30_000)
    request('/bulk', agent('b/1'))
  }
  expect(counter.count).toBe(0)
  stream.emit('close')
  await clock.advance(2_000)
  expect(counter.count).toBe(1)
})

it('(S225.3) distinguishes clients by instance ID, otherwise by address and user agent', async () => {
  const { clock, counter, request } = counting()
  for (let round = 0; round < 2; round++) {
    for (let id = 0; id < 5; id++)
      request('/sdk/poll', { ...agent('a/1'), 'x-launchdarkly-instance-id': `instance-${id}` })
    request('/sdk/poll', { ...agent('a/1'), 'x-forwarded-for': '198.51.100.7' })
    request('/sdk/poll', agent('a/1'))
    request('/sdk/poll', agent('a/2'))
    await clock.advance(30_000)
  }
  expect(counter.count).toBe(8)
})

it.each([100, 1_000, 10_000])(
  '(S225.4) estimates %d clients with a constant amount of memory',
  async (clients) => {
    const { clock, counter, request } = counting()
    for (let round = 0; round < 2; round++) {
      for (let id = 0; id < clients; id++) request('/sdk/poll', { 'x-launchdarkly-instance-id': `id-${id}` })
      await clock.advance(30_000)
    }
    expect(Math.abs(counter.count - clients) / clients).toBeLessThan(clients > 5_000 ? 0.2 : 0.1)
  },
)

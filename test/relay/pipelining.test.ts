import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { readRelayConfig } from '../../src/relay/config/read-relay-config.ts'
import { RequestQueue } from '../../src/relay/connections.ts'
import { operatorEndpoints } from '../../src/relay/operator-routes.ts'
import type { RelayServer } from '../../src/relay/relay.ts'
import { type RelayState, sharedState } from '../../src/relay/status/relay-state.ts'
import type { HttpAnswer } from '../../src/server/event-stream.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { notes } from '../client/starting.ts'
import { SDK_KEY } from '../support/engine.ts'
import { ask, at, NOWHERE, start, upstream } from './starting.ts'
import { environmentView, NO_REQUESTS, relayView } from './status/views.ts'

const ENVIRONMENTS = Array.from({ length: 500 }, (_, serial) => ({
  name: `environment ${serial}`,
  sdkKey: `sdk-${serial}-0b5e`,
}))

async function open(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  return socket
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`

function answer(path: string, state: () => RelayState): HttpAnswer {
  const surface = operatorEndpoints({ onError: () => {} } as never)(path)
  if (surface?.type !== 'document') throw new Error(`${path} is no document`)
  return surface.answer({ path, query: '' }, state, new AbortController().signal)
}

const connectionsOf = ({ view }: RelayServer) => view.connections

it('(S193) prepares one answer for 65 KB of pipelined requests of a client that never reads, and serves others', async () => {
  const { log, logger } = notes()
  const relay = await start({ endpoints: NOWHERE, environments: ENVIRONMENTS, initTimeoutMs: 1 }, { logger })
  const { rss } = process.memoryUsage()
  const sockets = await Promise.all(Array.from({ length: 10 }, () => open(relay.url)))
  for (const socket of sockets) {
    socket.pause()
    socket.write(get('/metrics').repeat(1_600))
  }
  expect((await ask(relay, '/healthz')).status).toBe(200)
  await expect.poll(() => connectionsOf(relay).pipelined).toBe(10)
  expect((process.memoryUsage().rss - rss) / 1_024 / 1_024).toBeLessThan(300)
  expect(log.filter((line) => line.includes('more than 16 pipelined requests'))).toHaveLength(1)
  expect((await fetch(`${relay.url}/metrics`)).status).toBe(200)
})

it('(S193.1) answers pipelined requests of one connection in order', async () => {
  let running = 0
  let most = 0
  const listener: RequestListener = (_, response) => {
    most = Math.max(most, ++running)
    setImmediate(() => {
      running--
      response.end('.')
    })
  }
  const queue = new RequestQueue(listener, () => {
    throw new Error('16 requests are few')
  })
  const http = createServer((request, response) => queue.add(request, response)).listen(0, '127.0.0.1')
  onTestFinished(() => {
    http.closeAllConnections()
    http.close()
  })
  await once(http, 'listening')
  const socket = await open(`http://127.0.0.1:${(http.address() as AddressInfo).port}`)
  let text = ''
  socket.on('data', (chunk) => {
    text += String(chunk)
  })
  socket.write(get('/').repeat(17))
  await expect.poll(() => text.split('HTTP/1.1 200 OK').length - 1).toBe(17)
  expect(most).toBe(1)
})

it('(S193.3) reads the state once for all answers to operators within 250 ms', async () => {
  const clock = new VirtualClock()
  const { config: read } = readRelayConfig({ options: { environments: ENVIRONMENTS } })
  let config = read
  let looks = 0
  const view = () => {
    looks++
    return relayView(environmentView())
  }
  const state = sharedState({ clock, view, requests: () => NO_REQUESTS, config: () => config })
  const answers = () =>
    ['/status', '/metrics', '/readyz', '/status/test', '/status'].map((path) => answer(path, state))
  const first = answers()
  await clock.advance(249)
  // The same buffer, so that many pending answers share the memory.
  expect(
    answers()
      .slice(0, 3)
      .map(({ bytes }, index) => bytes === first[index]?.bytes),
  ).toEqual([true, true, true])
  expect(looks).toBe(1)
  await clock.advance(1)
  answers()
  expect(looks).toBe(2)
  config = { ...config, ready: { requires: [] } }
  answers()
  expect(looks).toBe(3)
})

it('(S194) disconnects and counts a client of an operator endpoint that does not read', async () => {
  const clock = new VirtualClock()
  // The answer of /metrics is larger than the kernel's buffers of a connection.
  const environments = ENVIRONMENTS.map(({ name, sdkKey }) => ({ name: name.padEnd(800, 'x'), sdkKey }))
  const relay = await start({ endpoints: NOWHERE, environments, stallMs: 10_000 }, { clock })
  const stalled = await open(relay.url)
  stalled.pause()
  stalled.write(get('/metrics'))
  const other = await open(relay.url)
  other.write(get('/healthz'))
  await once(other, 'data')
  await clock.advance(9_999)
  expect(connectionsOf(relay).notReading).toBe(0)
  await clock.advance(1)
  expect(connectionsOf(relay).notReading).toBe(1)
  stalled.resume()
  await once(stalled, 'close')
})

it('(S193.4) does not answer garbage behind a request within the answer to that request', async () => {
  const relay = await start({ endpoints: at(await upstream('one')) })
  await relay.started
  const socket = await open(relay.url)
  let text = ''
  socket.on('data', (chunk) => {
    text += String(chunk)
  })
  socket.write(`GET /sdk/stream HTTP/1.1\r\nhost: x\r\nauthorization: ${SDK_KEY}\r\n\r\n`)
  await expect.poll(() => text).toContain('payload-transferred')
  socket.write('garbage\r\n\r\n')
  await once(socket, 'close')
  expect(text).not.toContain('400 Bad Request')
})

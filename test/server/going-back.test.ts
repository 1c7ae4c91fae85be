import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { createFlagServer } from '../../src/server/flag-server.ts'
import type { Step } from '../../src/server/history.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import {
  fetchRaw,
  openStream,
  outlinePoll,
  publishFull,
  publishPartial,
  put,
  remove,
  serve,
} from './raw-http.ts'

const intent = (body: Buffer): unknown => JSON.parse(body.toString()).events[0].data.payloads[0].intentCode

test('(S8.6) sends a full payload if an item went back, because the official SDK ignores it in a delta', async () => {
  const { url, flagServer } = await serve()
  publishFull(flagServer, 's1', [put('a', 5)])
  publishFull(flagServer, 's2', [put('a', 3)])
  expect(intent((await fetchRaw(`${url}/sdk/poll?basis=s1`)).body)).toBe('xfer-full')
})

test('(S8) sends a full payload if an item was deleted and came back in an older version', async () => {
  const { url, flagServer } = await serve()
  publishFull(flagServer, 's1', [put('a', 5), put('b', 1)])
  publishFull(flagServer, 's2', [put('b', 1)])
  publishFull(flagServer, 's3', [put('a', 3), put('b', 1)])
  expect(intent((await fetchRaw(`${url}/sdk/poll?basis=s1`)).body)).toBe('xfer-full')
  expect(intent((await fetchRaw(`${url}/sdk/poll?basis=s2`)).body)).toBe('xfer-full')
})

test('(S8) sends a full payload if an item was deleted twice, the second time in an older version', async () => {
  const { url, flagServer } = await serve()
  publishFull(flagServer, 's1', [put('a', 5), put('b', 1)])
  publishPartial(flagServer, 's2', [remove('a', 10)])
  publishPartial(flagServer, 's3', [remove('a', 3)])
  publishPartial(flagServer, 's4', [put('a', 7)])
  expect(intent((await fetchRaw(`${url}/sdk/poll?basis=s3`)).body)).toBe('xfer-full')
})

test('(S8) sends a full payload for a deletion whose version is not greater than that of the item', async () => {
  const { url, flagServer } = await serve()
  publishFull(flagServer, 's1', [put('a', 5), put('b', 1)])
  publishPartial(flagServer, 's2', [remove('a', 5)])
  expect(intent((await fetchRaw(`${url}/sdk/poll?basis=s1`)).body)).toBe('xfer-full')
})

test('(S8.7) ignores items that arrive unchanged', async () => {
  const { url, flagServer } = await serve()
  publishFull(flagServer, 's1', [put('a', 5), put('b', 1)])
  publishPartial(flagServer, 's2', [put('a', 6)])
  publishPartial(flagServer, 's3', [put('a', 6), put('b', 2)])
  const { body } = await fetchRaw(`${url}/sdk/poll?basis=s1`)
  expect(outlinePoll(body)).toEqual([
    'server-intent xfer-changes stale',
    'put-object a',
    'put-object b',
    'payload-transferred s3',
  ])
})

test('(S8) sends an older version in a full payload to FDv1 streams too', async () => {
  const told: unknown[] = []
  const server = createFlagServer({
    clock: new VirtualClock(),
    onError: () => {},
    onDifference: (changeSet) => told.push(changeSet.type),
  })
  publishFull(server, 's1', [put('a', 5)])
  publishFull(server, 's2', [put('a', 3)])
  expect(told).toEqual(['full', 'full'])
})

test('(S8) sends changes of data without a selector as deltas to open streams', async () => {
  const { url, flagServer } = await serve()
  const big = put('x'.repeat(1_000_000), 1)
  flagServer.accept({ changeSet: { type: 'full', changes: [big] }, selector: undefined })
  const stream = await openStream(`${url}/sdk/stream`)
  await stream.until('payload-transferred')
  flagServer.accept({ changeSet: { type: 'partial', changes: [put('a', 2)] }, selector: undefined })
  await expect.poll(() => stream.text().includes('"version":2')).toBe(true)
  expect(stream.text().match(/xfer-full/g)).toHaveLength(1)
})

test('(S121) forgets a client that left while the shared history was read', async () => {
  const asked = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<readonly Step[]>()
  const peerHistory = {
    append() {},
    steps: () => {
      asked.resolve()
      return answer.promise
    },
  }
  const { url, flagServer, http } = await serve({ peerHistory })
  publishFull(flagServer, 's1', [put('a', 1)])
  publishPartial(flagServer, 's2', [put('a', 2)])
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  await once(socket, 'connect')
  socket.write('GET /sdk/stream?basis=s0 HTTP/1.1\r\nhost: x\r\n\r\n')
  await asked.promise
  socket.destroy()
  await expect.poll(() => promisify(http.getConnections.bind(http))()).toBe(0)
  answer.resolve([{ from: 's0', to: 's1', at: 0, touches: [] }])
  // The answer reaches the client that left before this one is served.
  await (await openStream(`${url}/sdk/stream`)).until('payload-transferred')
  expect(flagServer.clients).toBe(1)
})

test('(S119) disconnects a client that does not read its goodbye', async () => {
  const clock = new VirtualClock()
  const onError = (error: unknown): never => {
    throw error
  }
  const flagServer = createFlagServer({ clock, onError, stallMs: 10_000 })
  let response: ServerResponse | undefined
  const http = createServer((request, answering) => {
    response = answering
    flagServer.handler(request, answering)
  }).listen(0, '127.0.0.1')
  await once(http, 'listening')
  onTestFinished(() => {
    http.closeAllConnections()
    http.close()
  })
  publishFull(flagServer, 's1', [put('a', 1)])
  const socket = connect((http.address() as AddressInfo).port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  socket.pause()
  socket.write('GET /sdk/stream HTTP/1.1\r\nhost: x\r\n\r\n')
  await expect.poll(() => flagServer.clients).toBe(1)
  // Changes of 1 KB each, until kernel buffers are full and the last one waits in the process, below its high water mark.
  const text = 'x'.repeat(1_000)
  for (let version = 2; response?.socket?.writableLength === 0; version++) {
    const object = { key: 'a', version, text } as never
    publishPartial(flagServer, `s${version}`, [{ op: 'put', kind: 'flag', key: 'a', version, object }])
    await new Promise((resolve) => setImmediate(resolve))
  }
  const closed = flagServer.close()
  await clock.advance(3_600_000)
  // It never resolves if the client that does not read is left connected.
  await closed
})

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { Admission } from '../../src/server/admission.ts'
import { TrafficCounter } from '../../src/server/traffic.ts'
import { fetchRaw, openStream, outline, publishFull, publishPartial, put, serve } from './raw-http.ts'

/** More bytes than kernels buffer for a client that does not read. */
const BIG = put('x'.repeat(32 * 1024 * 1024), 1)

/** Asks for the path and never reads a byte of the answer. */
async function stall(url: string, path: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  socket.pause()
  socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`)
  onTestFinished(() => void socket.destroy())
  return socket
}

test.each(['/sdk/stream', '/sdk/poll'])(
  '(S119.2) disconnects a client of %s that reads nothing, without effect on others',
  async (path) => {
    const traffic = new TrafficCounter()
    const { url, flagServer, clock } = await serve({ traffic, stallMs: 10_000 })
    publishFull(flagServer, 's1', [BIG])
    await stall(url, path)
    await expect.poll(() => traffic.current.full).toBe(1)
    const other = await openStream(`${url}/sdk/stream?basis=s1`)
    await clock.advance(9_999)
    publishPartial(flagServer, 's2', [put('a', 2)])
    await other.until('"s2"')
    expect(traffic.current.stalledStreams).toBe(0)
    await clock.advance(1)
    expect(traffic.current.stalledStreams).toBe(1)
    await expect.poll(() => flagServer.clients).toBe(1)
    publishPartial(flagServer, 's3', [put('a', 3)])
    await other.until('"s3"')
  },
)

test('(S119.3) keeps a client that reads slowly, and sends the changes it missed at the end', async () => {
  const traffic = new TrafficCounter()
  const { url, flagServer, clock } = await serve({ traffic, stallMs: 10_000 })
  publishFull(flagServer, 's1', [BIG])
  const socket = await stall(url, '/sdk/stream')
  let text = ''
  socket.on('data', (chunk) => {
    text = (text + chunk.toString('latin1')).slice(-4_096)
  })
  await expect.poll(() => traffic.current.full).toBe(1)
  for (let version = 2; version <= 4; version++)
    publishPartial(flagServer, `s${version}`, [put('a', version)])
  // Reads briefly, then waits almost as long as the stall time-out.
  await expect
    .poll(
      async () => {
        socket.resume()
        await once(socket, 'data')
        socket.pause()
        await clock.advance(100)
        return text.includes('"s4"')
      },
      { interval: 0 },
    )
    .toBe(true)
  expect(traffic.current).toMatchObject({ stalledStreams: 0, deltas: 1 })
  expect(text).not.toContain('"s3"')
})

test('(S118) a full payload waits in the queue, a delta does not', async () => {
  const admission = new Admission({ maxConcurrent: 1, maxQueued: 1 })
  const traffic = new TrafficCounter()
  const { url, flagServer } = await serve({ admission, traffic })
  publishFull(flagServer, 's1', [BIG])
  const slow = await stall(url, '/sdk/stream')
  await expect.poll(() => traffic.current.full).toBe(1)
  const waiting = fetchRaw(`${url}/sdk/poll`)
  expect((await fetchRaw(`${url}/sdk/poll?basis=s1`)).status).toBe(200)
  const { etag = '' } = (await fetchRaw(`${url}/sdk/poll?basis=s1`)).headers
  expect((await fetchRaw(`${url}/sdk/poll`, { headers: { 'if-none-match': etag } })).status).toBe(304)
  await expect.poll(async () => (await fetchRaw(`${url}/sdk/poll`)).headers['retry-after']).toBe('2')
  expect(traffic.current.refusedRequests).toBeGreaterThan(0)
  slow.destroy()
  expect((await waiting).status).toBe(200)
})

test('(S118) a stream releases its place when its client has read all data, not when it leaves', async () => {
  const { url, flagServer } = await serve({ admission: new Admission({ maxConcurrent: 1, maxQueued: 0 }) })
  publishFull(flagServer, 's1', [put('a', 1)])
  for (let serial = 0; serial < 3; serial++) await (await openStream(`${url}/sdk/stream`)).until('"s1"')
  expect(flagServer.clients).toBe(3)
})

test('(S118) a client that is admitted and leaves at the same moment releases its place', async () => {
  const traffic = new TrafficCounter()
  const { url, flagServer } = await serve({ admission: new Admission({ maxConcurrent: 1 }), traffic })
  publishFull(flagServer, 's1', [BIG])
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  // Of requests on one connection the second waits for the first, and all of them end together.
  socket.pause().write('GET /sdk/poll HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(3))
  await expect.poll(() => traffic.current.full).toBe(1)
  socket.destroy()
  expect((await fetchRaw(`${url}/sdk/poll`)).status).toBe(200)
})

test('(S120, S201) a stream that has reached its lifetime sends a goodbye between two events', async () => {
  const { url, flagServer, clock } = await serve({ lifetimeMs: () => 60_000, heartbeatMs: 300_000 })
  publishFull(flagServer, 's1', [put('a', 1)])
  const stream = await openStream(`${url}/sdk/stream`)
  await stream.until('"s1"')
  await clock.advance(59_999)
  publishPartial(flagServer, 's2', [put('a', 2)])
  await stream.until('"s2"')
  await clock.advance(1)
  await stream.ended
  expect(outline(stream.text()).at(-1)).toBe('goodbye the connection reached its maximum lifetime')
  expect(stream.text()).toContain('"silent":true')
  expect([flagServer.clients, clock.armed]).toEqual([0, 0])
})

test('(S120) a stream whose lifetime ends during the shutdown sends one goodbye and leaves no timer behind', async () => {
  const { url, flagServer, clock } = await serve({ lifetimeMs: () => 20_000 })
  publishFull(flagServer, 's1', [BIG])
  const slow = await stall(url, '/sdk/stream')
  await expect.poll(() => flagServer.clients).toBe(1)
  await clock.advance(20_000)
  const closed = flagServer.close()
  slow.destroy()
  await closed
  expect(clock.armed).toBe(0)
})

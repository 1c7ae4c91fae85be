import { expect, test } from 'vitest'
import { openStream, outline, publishFull, publishPartial, put, remove, serve } from './raw-http.ts'

test('sends the answer to the basis, then each change', async () => {
  const { url, flagServer } = await serve()
  publishFull(flagServer, 's1', [put('a', 1)])
  const stream = await openStream(`${url}/sdk/stream`)
  await stream.until('"s1"')
  publishPartial(flagServer, 's2', [put('b', 1), remove('a', 2)])
  await stream.until('"s2"')
  expect(stream.response.headers['content-type']).toBe('text/event-stream')
  expect(outline(stream.text())).toEqual([
    'server-intent xfer-full payload-missing',
    'put-object a',
    'payload-transferred s1',
    'server-intent xfer-changes stale',
    'put-object b',
    'delete-object a',
    'payload-transferred s2',
  ])
})

test('(S242.1) sends events in chunks', async () => {
  const { url, flagServer } = await serve()
  publishFull(flagServer, 's1', [put('a', 1)])
  const stream = await openStream(`${url}/sdk/stream`)
  await stream.until('"s1"')
  expect(stream.response.headers['transfer-encoding']).toBe('chunked')
})

test('begins with the intent none if the client is up to date', async () => {
  const { url, flagServer } = await serve()
  publishFull(flagServer, 's1', [put('a', 1)])
  const stream = await openStream(`${url}/sdk/stream?basis=s1`)
  await stream.until('\n\n')
  publishPartial(flagServer, 's2', [put('a', 2)])
  await stream.until('"s2"')
  expect(outline(stream.text())).toEqual([
    'server-intent none up-to-date',
    'server-intent xfer-changes stale',
    'put-object a',
    'payload-transferred s2',
  ])
})

test('begins with the missed changes if the basis is known', async () => {
  const { url, flagServer } = await serve()
  publishFull(flagServer, 's1', [put('a', 1)])
  publishPartial(flagServer, 's2', [put('b', 1)])
  const stream = await openStream(`${url}/sdk/stream?basis=s1`)
  await stream.until('"s2"')
  expect(outline(stream.text())[0]).toBe('server-intent xfer-changes stale')
})

test('S8: sends the differences to connected clients after a full payload', async () => {
  const { url, flagServer } = await serve()
  publishFull(flagServer, 's1', [put('a', 1)])
  const stream = await openStream(`${url}/sdk/stream?basis=s1`)
  publishFull(flagServer, 's2', [put('b', 1)])
  await stream.until('"s2"')
  expect(outline(stream.text()).slice(1)).toEqual([
    'server-intent xfer-changes stale',
    'put-object b',
    'delete-object a',
    'payload-transferred s2',
  ])
})

test('D23: sends a comment at each heartbeat, and announces the interval', async () => {
  const { url, flagServer, clock } = await serve({ heartbeatMs: 5_000 })
  publishFull(flagServer, 's1', [])
  const stream = await openStream(`${url}/sdk/stream?basis=s1`)
  await stream.until('up-to-date')
  expect(stream.response.headers['x-halyard-heartbeat-ms']).toBe('5000')
  await clock.advance(4_999)
  expect(stream.text()).not.toContain(':\n\n')
  await clock.advance(1)
  await stream.until('\n\n:\n\n')
  await clock.advance(5_000)
  await stream.until('\n\n:\n\n:\n\n')
})

test('S10, S201: sends a goodbye on every stream and ends it when the server closes', async () => {
  const { url, flagServer } = await serve()
  publishFull(flagServer, 's1', [])
  const streams = [await openStream(`${url}/sdk/stream`), await openStream(`${url}/sdk/stream`)]
  expect(flagServer.clients).toBe(2)
  await flagServer.close()
  for (const stream of streams) {
    await stream.ended
    expect(outline(stream.text()).at(-1)).toBe('goodbye the server is shutting down')
    expect(stream.text()).toContain('"silent":true')
  }
  expect(flagServer.clients).toBe(0)
})

test('stops the heartbeat of a client that has left', async () => {
  const { url, flagServer, clock } = await serve()
  publishFull(flagServer, 's1', [])
  const stream = await openStream(`${url}/sdk/stream`)
  expect([flagServer.clients, clock.armed]).toEqual([1, 1])
  stream.response.destroy()
  await expect.poll(() => [flagServer.clients, clock.armed]).toEqual([0, 0])
})

test('sends the missed changes in one delta to a client that is slower than the changes', async () => {
  const { url, flagServer } = await serve()
  publishFull(flagServer, 's1', [])
  const stream = await openStream(`${url}/sdk/stream?basis=s1`)
  publishPartial(flagServer, 's2', [put('x'.repeat(1024 * 1024), 1)])
  for (let version = 3; version <= 100; version++) {
    publishPartial(flagServer, `s${version}`, [put('b', version)])
  }
  await stream.until('"s100"')
  expect(outline(stream.text()).slice(3)).toEqual([
    'payload-transferred s2',
    'server-intent xfer-changes stale',
    'put-object b',
    'payload-transferred s100',
  ])
})

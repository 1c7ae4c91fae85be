import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import type { Snapshot } from '../../src/model/change-set.ts'
import { Admission } from '../../src/server/admission.ts'
import { Fdv1Feed, Fdv1Server } from '../../src/server/fdv1-server.ts'
import { TrafficCounter } from '../../src/server/traffic.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { fetchRaw, openStream } from './raw-http.ts'

/** Counts how often it is encoded. */
function counting(): { readonly object: { readonly key: string }; readonly count: () => number } {
  let encoded = 0
  const toJSON = (): object => {
    encoded++
    return { key: 'a', version: 1 }
  }
  return { object: { key: 'a', toJSON } as { readonly key: string }, count: () => encoded }
}

/** Serves one flag over FDv1, one full payload at a time. */
async function serve(object: { readonly key: string }) {
  const clock = new VirtualClock()
  const closing = new AbortController()
  const admission = new Admission({ maxConcurrent: 1 })
  const settings = {
    clock,
    heartbeatMs: 30_000,
    stallMs: 30_000,
    lifetimeMs: () => Infinity,
    closing: closing.signal,
    onStall() {},
  }
  const onError = (error: unknown): never => {
    throw error
  }
  const snapshot: Snapshot = {
    flags: new Map([['a', { key: 'a', version: 1, object }]]),
    segments: new Map(),
    selector: undefined,
  }
  const traffic = new TrafficCounter()
  let looks = 0
  const server = new Fdv1Server({
    settings,
    admission,
    traffic,
    onError,
    snapshot: () => {
      looks++
      return snapshot
    },
  })
  const http = createServer((request, response) => {
    server.answer({ target: { path: request.url ?? '', query: '' }, request, response }).catch(onError)
  }).listen(0, '127.0.0.1')
  await once(http, 'listening')
  onTestFinished(() => {
    http.closeAllConnections()
    http.close()
  })
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  return { url, admission, closing, server, looks: () => looks }
}

/** Takes the only place. */
const hold = async (admission: Admission): Promise<() => void> =>
  (await admission.acquire(new AbortController().signal)) ?? (() => {})

test.each(['/sdk/latest-all', '/sdk/flags'])(
  '(S118) a client that has all data of %s does not wait',
  async (path) => {
    const { url, admission } = await serve({ key: 'a' })
    const { headers } = await fetchRaw(url + path)
    await hold(admission)
    const again = await fetchRaw(url + path, { headers: { 'if-none-match': headers.etag ?? '' } })
    expect(again.status).toBe(304)
  },
)

test('(S10) answers 503 to a stream that is admitted after the server has closed', async () => {
  const { url, admission, closing, server, looks } = await serve({ key: 'a' })
  const leave = await hold(admission)
  const waiting = fetchRaw(`${url}/all`)
  await expect.poll(looks).toBeGreaterThan(0)
  closing.abort()
  leave()
  expect((await waiting).status).toBe(503)
  expect(server.clients).toBe(0)
})

test.each(['/sdk/latest-all', '/sdk/flags'])('(S119) encodes %s once for all clients', async (path) => {
  const { object, count } = counting()
  const { url } = await serve(object)
  for (let serial = 0; serial < 3; serial++) expect((await fetchRaw(url + path)).status).toBe(200)
  expect(count()).toBe(1)
})

test('(S118) a stream releases its place when its client has read all data, not when it leaves', async () => {
  const { url, admission } = await serve({ key: 'a' })
  const stream = await openStream(`${url}/all`)
  await stream.until('\n\n')
  await hold(admission)
  expect(stream.response.destroyed).toBe(false)
})

test('sends all data to a stream that missed more than one change', () => {
  const snapshot = { flags: new Map(), segments: new Map(), selector: undefined }
  const news = new Fdv1Feed({
    snapshot: () => snapshot,
    traffic: new TrafficCounter(),
    onError: console.error,
  })
  const stream = news.subscribe('all', () => {})
  const changes = [{ op: 'delete', kind: 'flag', key: 'b', version: 2 }] as const
  expect(String(stream.next())).toContain('event: put')
  news.publish({ type: 'partial', changes })
  expect(String(stream.next())).toContain('event: delete')
  news.publish({ type: 'partial', changes })
  news.publish({ type: 'partial', changes })
  expect(String(stream.next())).toContain('event: put')
  expect(stream.next()).toBeUndefined()
})

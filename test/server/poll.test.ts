import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { fetchRaw, outlinePoll, publishFull, publishPartial, put, remove, serve } from './raw-http.ts'

const many = Array.from({ length: 50 }, (_, index) => put(`flag-${index}`, 1))

test('encodes a poll as exactly these bytes', async () => {
  const { url, flagServer } = await serve()
  publishFull(flagServer, '(p:x:1)', [put('a', 3)])
  publishPartial(flagServer, '(p:x:2)', [remove('a', 4)])
  const { status, headers, body } = await fetchRaw(`${url}/sdk/poll?basis=(p:x:1)`)
  expect(status).toBe(200)
  expect(headers['content-type']).toBe('application/json')
  expect(body.toString()).toBe(
    '{"events":[' +
      '{"event":"server-intent","data":{"payloads":[{"id":"halyard","target":2,"intentCode":"xfer-changes","reason":"stale"}]}},' +
      '{"event":"delete-object","data":{"version":4,"kind":"flag","key":"a"}},' +
      '{"event":"payload-transferred","data":{"state":"(p:x:2)","version":2,"id":"halyard"}}]}',
  )
})

test('answers 304 to the current entity tag, until the data changes', async () => {
  const { url, flagServer } = await serve()
  publishFull(flagServer, 's1', [put('a', 1)])
  const etag = (await fetchRaw(`${url}/sdk/poll`)).headers.etag ?? ''
  expect(etag).toMatch(/^W\/"[\w-]+"$/)

  const again = await fetchRaw(`${url}/sdk/poll`, { headers: { 'if-none-match': etag } })
  expect([again.status, again.body.length, again.headers.etag]).toEqual([304, 0, etag])

  publishPartial(flagServer, 's2', [put('a', 2)])
  const changed = await fetchRaw(`${url}/sdk/poll`, { headers: { 'if-none-match': etag } })
  expect(changed.status).toBe(200)
  expect(changed.headers.etag).not.toBe(etag)
})

test('recognises an entity tag in a list, and as a weak tag', async () => {
  const { url, flagServer } = await serve()
  publishFull(flagServer, 's1', [put('a', 1)])
  const { etag } = (await fetchRaw(`${url}/sdk/poll`)).headers
  for (const header of [`"other", ${etag}`, etag?.replace('W/', '') ?? '']) {
    expect((await fetchRaw(`${url}/sdk/poll`, { headers: { 'if-none-match': header } })).status).toBe(304)
  }
  expect((await fetchRaw(`${url}/sdk/poll`, { headers: { 'if-none-match': '"other"' } })).status).toBe(200)
})

test.each([['gzip'], ['gzip, deflate, br'], ['br;q=1, gzip;q=0.5'], ['GZIP']])(
  'a client that accepts %s gets gzip',
  async (coding) => {
    const { url, flagServer } = await serve()
    publishFull(flagServer, 's1', many)
    const { headers, body } = await fetchRaw(`${url}/sdk/poll`, { headers: { 'accept-encoding': coding } })
    expect(headers['content-encoding']).toBe('gzip')
    expect(headers['content-length']).toBe(String(body.length))
    expect(outlinePoll(gunzipSync(body))).toHaveLength(52)
  },
)

test.each([[''], ['br'], ['gzip;q=0'], ['gzip;q=0.000'], ['x-gzip-like']])(
  'a client that accepts "%s" gets plain JSON',
  async (coding) => {
    const { url, flagServer } = await serve()
    publishFull(flagServer, 's1', many)
    const { headers, body } = await fetchRaw(`${url}/sdk/poll`, { headers: { 'accept-encoding': coding } })
    expect(headers['content-encoding']).toBeUndefined()
    expect(headers.vary).toBe('accept-encoding, authorization, x-halyard-accept')
    expect(outlinePoll(body)).toHaveLength(52)
  },
)

test('compresses the new answer after a change', async () => {
  const { url, flagServer } = await serve()
  publishFull(flagServer, 's1', many)
  const gzipped = { headers: { 'accept-encoding': 'gzip' } }
  await fetchRaw(`${url}/sdk/poll`, gzipped)
  publishPartial(flagServer, 's2', [put('new', 1)])
  const { body } = await fetchRaw(`${url}/sdk/poll`, gzipped)
  expect(outlinePoll(gunzipSync(body))).toContain('put-object new')
})

test('does not compress a small answer', async () => {
  const { url, flagServer } = await serve()
  publishFull(flagServer, 's1', [])
  const { headers } = await fetchRaw(`${url}/sdk/poll`, { headers: { 'accept-encoding': 'gzip' } })
  expect(headers['content-encoding']).toBeUndefined()
})

import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { fdv1Poll } from '../../src/exchange/poll.ts'
import {
  type Answer,
  body,
  bytes,
  everything,
  fdv1Body,
  full,
  put,
  startOrigin,
  status,
} from '../support/origin.ts'
import { at, brief, endpointAt, NEVER, resultsOf } from './asking.ts'

/** A poll of an origin that gives these answers. */
async function polling(...answers: readonly Answer[]) {
  const origin = await startOrigin()
  origin.fdv1.poll.next(...answers)
  const poll = fdv1Poll(endpointAt(`${origin.url}/sdk/latest-all`))
  const ask = async (state?: string): Promise<string> =>
    (await resultsOf(poll(state === undefined ? undefined : at(state), NEVER))).map(brief).join(', ')
  const asked = (header: string) => origin.fdv1.poll.received.map(({ headers }) => headers[header])
  return { origin, poll, ask, asked }
}

describe('fdv1Poll', () => {
  it('sends the headers for identity, content type and compression to /sdk/latest-all', async () => {
    const { origin, ask } = await polling(fdv1Body([put('a')]))
    expect(await ask()).toBe('full a @nowhere')
    expect(origin.fdv1.poll.received[0]?.headers).toMatchObject({
      authorization: 'sdk-test',
      'user-agent': 'Halyard/test',
      accept: 'application/json',
      'accept-encoding': 'gzip, br',
    })
  })

  it('(D8.12, D12) sends no basis, and its data has no selector', async () => {
    const { origin, ask } = await polling(fdv1Body([put('a')]), fdv1Body([put('b')]))
    expect(await ask('s1')).toBe('full a @nowhere')
    expect(await ask('(p:x:9)')).toBe('full b @nowhere')
    expect(origin.received.map(({ url }) => url)).toEqual(['/sdk/latest-all', '/sdk/latest-all'])
  })

  it('(S5) keeps the ETag of a full payload; a 304 for it means no change, with or without a basis', async () => {
    const { ask, asked } = await polling(
      fdv1Body([put('a')], { etag: '"e1"' }),
      status(304),
      fdv1Body([put('a', 2)], { etag: '"e2"' }),
      status(304),
    )
    const results = [await ask(), await ask('s1'), await ask(), await ask()]
    expect(results).toEqual(['full a @nowhere', 'none', 'full a @nowhere', 'none'])
    expect(asked('if-none-match')).toEqual([undefined, '"e1"', '"e1"', '"e2"'])
  })

  it('(S5) keeps the ETag after a failure and drops it after an answer without one', async () => {
    const { ask, asked } = await polling(
      fdv1Body([], { etag: '"e1"' }),
      status(503),
      fdv1Body([]),
      fdv1Body([]),
    )
    for (let index = 0; index < 4; index++) await ask()
    expect(asked('if-none-match')).toEqual([undefined, '"e1"', '"e1"', undefined])
  })

  it('(S5) keeps the ETag for one poll; the poll of a new turn requests a full payload', async () => {
    const { origin, ask, asked } = await polling(fdv1Body([put('a')], { etag: '"e1"' }))
    await ask()
    origin.fdv1.poll.next(fdv1Body([put('a')], { etag: '"e1"' }))
    await resultsOf(fdv1Poll(endpointAt(`${origin.url}/sdk/latest-all`))(undefined, NEVER))
    expect(asked('if-none-match')).toEqual([undefined, undefined])
  })

  it.each([
    ['a page of HTML', bytes(200, { 'content-type': 'text/html', etag: '"bad"' }, '<html></html>')],
    ['a flag that is no object', bytes(200, { etag: '"bad"' }, '{"flags":{"a":true},"segments":{}}')],
    ['a body cut short', bytes(200, { etag: '"bad"' }, '{"flags":{')],
    ['nothing', bytes(200, { etag: '"bad"' }, '')],
  ])('(D13, S6) never remembers the ETag of %s: 304 to it would pass for an answer', async (_, bad) => {
    const { ask, asked } = await polling(bad, fdv1Body([put('a')]))
    expect(await ask()).toBe('interrupted')
    expect(await ask()).toBe('full a @nowhere')
    expect(asked('if-none-match')).toEqual([undefined, undefined])
  })

  it('reports a 304 to an unconditional request as a failure', async () => {
    const { ask } = await polling(status(304))
    expect(await ask()).toBe('interrupted')
  })

  it('(S6) does not accept the answer of another service as an empty environment', async () => {
    const { poll } = await polling(
      body(full('s1', put('a'))),
      bytes(200, { 'content-type': 'application/json' }, '{"message":"back in an hour"}'),
    )
    for (let index = 0; index < 2; index++) {
      expect(await resultsOf(poll(undefined, NEVER))).toMatchObject([
        { type: 'interrupted', error: { kind: 'invalid_data', event: 'poll' } },
      ])
    }
  })

  it('reads a body that is compressed with gzip, and reports its progress', async () => {
    const packed = gzipSync(JSON.stringify(everything(put('a'), put('b'))))
    const { poll } = await polling(bytes(200, { 'content-encoding': 'gzip' }, packed))
    const types: string[] = []
    for await (const result of poll(undefined, NEVER)) {
      types.push(result.type === 'activity' ? result.of : brief(result))
    }
    expect(types.at(-1)).toBe('full a b @nowhere')
    expect(types.slice(0, -1)).toContain('payload')
  })

  it('(D13) refuses bytes that are not UTF-8', async () => {
    const text = JSON.stringify(everything(put('a', 1, { salt: 'AB-CD' })))
    const broken = Buffer.from(text)
    broken[text.indexOf('-')] = 0xff
    const { poll } = await polling(bytes(200, { 'content-type': 'application/json' }, broken))
    expect(await resultsOf(poll(undefined, NEVER))).toMatchObject([
      { type: 'interrupted', error: { kind: 'invalid_data', message: 'the body is not UTF-8' } },
    ])
  })

  it.each([
    [401, 'terminalError'],
    [403, 'terminalError'],
    [404, 'terminalError'],
    [400, 'interrupted'],
    [429, 'interrupted'],
    [500, 'interrupted'],
  ])('(D9) tells what is worth another try: %i is %s', async (code, type) => {
    const { ask } = await polling(status(code))
    expect(await ask()).toBe(type)
  })

  it('S166.3: a 404 has no hint about the protocol', async () => {
    const { poll } = await polling(status(404))
    expect(await resultsOf(poll(undefined, NEVER))).toMatchObject([
      { error: { message: 'the server answered 404' } },
    ])
  })

  it('(D21) refuses a body that is longer than the limit', async () => {
    const origin = await startOrigin()
    origin.fdv1.poll.next(fdv1Body([put('a', 1, { salt: 'x'.repeat(1_000) })]))
    const poll = fdv1Poll(endpointAt(`${origin.url}/sdk/latest-all`, { maxBytes: 500 }))
    expect(await resultsOf(poll(undefined, NEVER))).toMatchObject([
      { type: 'interrupted', error: { kind: 'invalid_data' } },
    ])
  })
})

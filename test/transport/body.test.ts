import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { SourceResult } from '../../src/model/source-result.ts'
import { drain, InvalidDataError, readText } from '../../src/transport/body.ts'
import type { HttpResponse } from '../../src/transport/transport.ts'
import { brokenAfter, pieces, response, sliced } from './bytes.ts'

const LIMIT = 10_000

async function read(
  answer: HttpResponse,
  maxBytes = LIMIT,
): Promise<{ readonly text: string; readonly signs: readonly SourceResult[] }> {
  const signs: SourceResult[] = []
  const reading = readText(answer, maxBytes)
  for (let next = await reading.next(); ; next = await reading.next()) {
    if (next.done) return { text: next.value, signs }
    signs.push(next.value)
  }
}

async function failure(answer: HttpResponse, maxBytes = LIMIT): Promise<unknown> {
  return read(answer, maxBytes).then(
    () => expect.fail('it was believed'),
    (error: unknown) => error,
  )
}

describe('readText', () => {
  const text = JSON.stringify({ greeting: 'grüß göd 👋', filler: 'x'.repeat(2_000) })

  it.each([
    ['plain', {}, Buffer.from(text)],
    ['identity', { 'content-encoding': 'identity' }, Buffer.from(text)],
    ['gzip', { 'content-encoding': 'gzip' }, gzipSync(text)],
    ['x-gzip', { 'content-encoding': 'x-gzip' }, gzipSync(text)],
    ['gzip in another case', { 'content-encoding': ' GZip ' }, gzipSync(text)],
    ['br', { 'content-encoding': 'br' }, brotliCompressSync(text)],
  ])('reads a body that is %s, even byte by byte', async (_, headers, bytes) => {
    expect((await read(response(sliced(bytes, 1), headers))).text).toBe(text)
  })

  it('reads an empty body as an empty text', async () => {
    expect((await read(response(pieces()))).text).toBe('')
  })

  it('(D4) counts every chunk as progress of a payload', async () => {
    const { signs } = await read(response(pieces('{', '"a":1', '}')))
    expect(signs).toEqual(Array.from({ length: 3 }, () => ({ type: 'activity', of: 'payload' })))
  })

  it.each([
    ['plain', {}, (long: string) => Buffer.from(long)],
    ['gzip', { 'content-encoding': 'gzip' }, (long: string) => gzipSync(long)],
    ['br', { 'content-encoding': 'br' }, (long: string) => brotliCompressSync(long)],
  ])(
    '(D21.6) refuses a body of %s that inflates beyond the cap, however small it travels',
    async (_, headers, encode) => {
      const atTheCap = response(pieces(encode('a'.repeat(LIMIT))), headers)
      expect((await read(atTheCap)).text).toHaveLength(LIMIT)

      const bomb = encode('a'.repeat(LIMIT * 1_000))
      const error = await failure(response(pieces(bomb), headers))
      expect(error).toBeInstanceOf(InvalidDataError)
      expect(error).toHaveProperty('message', `the body is longer than ${LIMIT} bytes`)
    },
  )

  it('(D21) lets go of the connection as soon as the cap is passed', async () => {
    let taken = 0
    let released = false
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) {
          taken++
          yield await Promise.resolve(Buffer.alloc(1_000))
        }
      } finally {
        released = true
      }
    }
    await failure(response(endless()))
    expect(taken).toBe(LIMIT / 1_000 + 1)
    expect(released).toBe(true)
  })

  it.each([
    ['gzip', gzipSync(text)],
    ['br', brotliCompressSync(text)],
  ])('(D13) refuses %s that is cut short: invalid data, not a network error', async (encoding, bytes) => {
    const short = bytes.subarray(0, bytes.length - 6)
    const error = await failure(response(pieces(short), { 'content-encoding': encoding }))
    expect(error).toBeInstanceOf(InvalidDataError)
    expect(error).toHaveProperty('message', expect.stringMatching(/^the body cannot be inflated: /))
  })

  it.each(['gzip', 'br'])('(D13) refuses %s that is something else', async (encoding) => {
    const error = await failure(
      response(pieces('<html>not compressed</html>'), { 'content-encoding': encoding }),
    )
    expect(error).toBeInstanceOf(InvalidDataError)
  })

  it('refuses an encoding that was not requested, by name', async () => {
    const error = await failure(response(pieces(deflateSync(text)), { 'content-encoding': 'deflate' }))
    expect(error).toBeInstanceOf(InvalidDataError)
    expect(error).toHaveProperty('message', expect.stringContaining('deflate'))
  })

  it.each([
    ['a stray byte', Buffer.from([0x22, 0xff, 0x22])],
    ['half a character at the end', Buffer.from('"é').subarray(0, 2)],
    ['an overlong form', Buffer.from([0x22, 0xc0, 0x80, 0x22])],
    ['a surrogate', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
  ])('(D13) refuses bytes that are not UTF-8: %s', async (_, bytes) => {
    const error = await failure(response(pieces(bytes)))
    expect(error).toBeInstanceOf(InvalidDataError)
    expect(error).toHaveProperty('message', 'the body is not UTF-8')
  })

  it('reports a connection that broke as what it is, also below an inflater', async () => {
    const reset = Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' })
    expect(await failure(response(brokenAfter(reset, '{"a"')))).toBe(reset)
    const half = gzipSync(text).subarray(0, 30)
    expect(await failure(response(brokenAfter(reset, half), { 'content-encoding': 'gzip' }))).toBe(reset)
  })
})

describe('drain', () => {
  it('reads a body that is not needed to its end, so that its connection can be used again', async () => {
    const body = pieces('moved', ' ', 'away')
    await drain(response(body))
    expect((await body.next()).done).toBe(true)
  })

  it('(D21) does not read without end for that', async () => {
    let released = false
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield await Promise.resolve(Buffer.alloc(10_000))
      } finally {
        released = true
      }
    }
    await expect(drain(response(endless()))).rejects.toBeInstanceOf(InvalidDataError)
    expect(released).toBe(true)
  })
})

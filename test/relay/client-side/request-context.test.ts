import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressOf } from '../../../src/relay/addresses.ts'
import { ByteBudget } from '../../../src/relay/client-side/request-body.ts'
import {
  type ContextText,
  parseContext,
  type Refused,
  readContextText,
  statusOf,
} from '../../../src/relay/client-side/request-context.ts'

const LIMIT = { maxBytes: 100, memory: new ByteBudget(1_000) }

const address = addressOf('/sdk/evalx/context')

/** Reads the context of a path, after `addressOf` has decoded it. */
async function inPath(context: string): Promise<ContextText | Refused | undefined> {
  const request = Object.assign(new PassThrough(), { headers: {} }) as unknown as IncomingMessage
  return readContextText({ request, address: { ...address, context } }, LIMIT)
}

async function inBody(
  body: string | Buffer,
  headers: Record<string, string> = { 'content-type': 'application/json' },
  limit = LIMIT,
): Promise<ContextText | Refused | undefined> {
  const request = Object.assign(new PassThrough(), { headers })
  request.end(body)
  return readContextText({ request: request as unknown as IncomingMessage, address }, limit)
}

describe('contexts in a path', () => {
  it('(CS2.1) reads Base64 of either alphabet, with or without padding', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (text) => {
        const bytes = Buffer.from(text)
        for (const context of [
          bytes.toString('base64'),
          bytes.toString('base64url'),
          bytes.toString('base64').replace(/=+$/, ''),
          bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_'),
        ]) {
          expect(await inPath(context)).toEqual({ type: 'text', json: bytes.toString() })
        }
      }),
    )
  })

  it.each(['%', 'ab=cd', 'a b', 'ä', '====', 'YQ===', '\0'])('(CS2.5) refuses %j', async (context) => {
    expect(await inPath(context)).toEqual({
      type: 'refused',
      cause: 'malformed',
      message: 'the context in the path is not Base64',
    })
  })

  it('(CS2.5) refuses bytes that are not UTF-8', async () => {
    const context = Buffer.from([0x22, 0xff, 0x22]).toString('base64url')
    expect(await inPath(context)).toMatchObject({
      cause: 'malformed',
      message: 'the context in the path is not UTF-8',
    })
  })
})

describe('contexts in a body', () => {
  it.each([
    'application/json',
    'Application/JSON; charset=utf-8',
    'application/json;charset=UTF-8',
    'application/json ;a=b',
  ])('(CS2.2) accepts the content type %s', async (type) => {
    expect(await inBody('{}', { 'content-type': type })).toEqual({ type: 'text', json: '{}' })
  })

  it.each([
    '',
    'text/plain',
    'application/jsonp',
    'application/json2; charset=utf-8',
    'text/application/json',
  ])('(CS2.2) refuses the content type %j', async (type) => {
    expect(await inBody('{}', { 'content-type': type })).toMatchObject({ cause: 'wrong type' })
  })

  it('(CS2.6) refuses a longer body, whether or not its length is announced', async () => {
    const type = { 'content-type': 'application/json' }
    expect(await inBody('x'.repeat(100))).toMatchObject({ type: 'text' })
    expect(await inBody('x'.repeat(101))).toMatchObject({ cause: 'too long' })
    expect(await inBody('', { ...type, 'content-length': '101' })).toMatchObject({ cause: 'too long' })
  })

  it('(CS2.8) refuses a body while others take all memory, and releases the memory of each', async () => {
    const memory = new ByteBudget(150)
    const limit = { maxBytes: 100, memory }
    const first = Object.assign(new PassThrough(), { headers: { 'content-type': 'application/json' } })
    const reading = readContextText({ request: first as unknown as IncomingMessage, address }, limit)
    first.write('x'.repeat(90))
    await new Promise((resolve) => setImmediate(resolve))
    expect(await inBody('x'.repeat(70), undefined, limit)).toMatchObject({ cause: 'busy' })
    expect(await inBody('x'.repeat(60), undefined, limit)).toMatchObject({ type: 'text' })
    first.end()
    expect(await reading).toMatchObject({ type: 'text' })
    expect(memory.take(150)).toBe(true)
  })

  it('resolves with undefined if the client leaves', async () => {
    const request = Object.assign(new PassThrough(), { headers: { 'content-type': 'application/json' } })
    const reading = readContextText({ request: request as unknown as IncomingMessage, address }, LIMIT)
    request.write('{')
    request.destroy(new Error('aborted'))
    expect(await reading).toBeUndefined()
  })
})

describe('parseContext', () => {
  const parse = (json: string): ReturnType<typeof parseContext> => parseContext({ type: 'text', json })

  it('(CS2.3) reads single contexts, several kinds and legacy users, with the canonical key', () => {
    expect(parse('{"kind":"org","key":"o:1"}')).toMatchObject({ type: 'context', canonicalKey: 'org:o%3A1' })
    expect(parse('{"key":"u"}')).toMatchObject({ canonicalKey: 'u', prepared: { kind: 'user', key: 'u' } })
    expect(parse('{"kind":"multi","user":{"key":"u"},"org":{"key":"o"}}')).toMatchObject({
      canonicalKey: 'org:o:user:u',
    })
  })

  it.each([
    ['', 'the context is not JSON'],
    ['{', 'the context is not JSON'],
    ['null', 'The context is not an object'],
    ['[]', 'The context is not an object'],
    ['"secret"', 'The context is not an object'],
    ['{}', 'The user has no key'],
    ['{"key":""}', 'The key of the user is empty'],
    ['{"kind":"user","key":""}', 'The key of the user is not a string, or is empty'],
    ['{"kind":"user","key":7}', 'The key of the user is not a string, or is empty'],
    ['{"kind":"multi"}', 'The context of several kinds has no part'],
    ['{"kind":"multi","user":null}', 'The context of several kinds has a part that is not an object'],
    ['{"kind":7,"key":"secret"}', 'The kind of the context is not a string'],
  ])('(CS2.5) refuses %s', (json, message) => {
    const refused = parse(json)
    expect(refused).toMatchObject({ type: 'refused', message })
    expect(refused.type === 'refused' && statusOf(refused)).toBe(400)
  })

  it('(CS2.5) repeats no attribute of a context in its message', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        const parsed = parse(`{"kind":"secret value","key":${json}}`)
        expect(parsed.type === 'refused' && parsed.message).not.toContain('secret value')
      }),
    )
  })
})

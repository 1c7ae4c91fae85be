import { describe, expect, it } from 'vitest'
import type { Directive } from '../../src/model/source-result.ts'
import { Decoder } from '../../src/protocol/decoder.ts'
import { directiveOf, directiveOfGoodbye } from '../../src/protocol/events.ts'

const FALLBACK = 'x-ld-fd-fallback'
const TTL = 'x-ld-fd-fallback-ttl'

describe('the order to use FDv1 in response headers', () => {
  it.each(['true', 'TRUE', 'True', 'tRuE', ' true', 'true ', '\t true\t'])('(D8.1) is %j', (value) => {
    expect(directiveOf({ [FALLBACK]: value })).toEqual({})
  })

  it.each(['', ' ', 'false', '1', 'yes', 'truee', 'not true', '"true"', 'null'])(
    '(D8.1) is not %j',
    (value) => {
      expect(directiveOf({ [FALLBACK]: value, [TTL]: '60' })).toBeUndefined()
    },
  )

  it('(D8) is not its time alone', () => {
    expect(directiveOf({ [TTL]: '60' })).toBeUndefined()
    expect(directiveOf({})).toBeUndefined()
  })

  // The data system limits the time. A value that is not a whole number of seconds is ignored.
  it.each<[ttl: string | undefined, directive: Directive]>([
    [undefined, {}],
    ['', {}],
    ['0', { ttlSeconds: 0 }],
    ['-1', {}],
    ['1', { ttlSeconds: 1 }],
    ['60', { ttlSeconds: 60 }],
    [' 60 ', { ttlSeconds: 60 }],
    ['060', { ttlSeconds: 60 }],
    ['60.5', {}],
    ['6e1', {}],
    ['0x3c', {}],
    ['60s', {}],
    ['abc', {}],
    ['NaN', {}],
    ['Infinity', {}],
    ['3600', { ttlSeconds: 3_600 }],
    ['5000', { ttlSeconds: 5_000 }],
  ])('(D8) reads a time of %j as %o', (ttl, directive) => {
    expect(directiveOf({ [FALLBACK]: 'true', ...(ttl !== undefined && { [TTL]: ttl }) })).toStrictEqual(
      directive,
    )
  })
})

describe('the order to use FDv1 in a goodbye', () => {
  it.each<[ttl: unknown, directive: Directive | undefined]>([
    [60, { ttlSeconds: 60 }],
    [60.9, { ttlSeconds: 60 }],
    [0, { ttlSeconds: 0 }],
    [-1, { ttlSeconds: -1 }],
    [5_000, { ttlSeconds: 5_000 }],
    ['60', undefined],
    [true, undefined],
    [null, undefined],
    [{}, undefined],
    [[60], undefined],
    [undefined, undefined],
  ])('(D8) reads any number: %j as %o', (protocolFallbackTTL, directive) => {
    expect(directiveOfGoodbye({ reason: 'x', protocolFallbackTTL })).toStrictEqual(directive)
  })

  it('(D8) has to be called protocolFallbackTTL', () => {
    expect(directiveOfGoodbye({ reason: 'x', protocolFallbackTtl: 60, ttl: 60 })).toBeUndefined()
  })

  it('(D8) is part of a decoded goodbye, also before any data and within a payload', () => {
    const data = { reason: 'use v1', protocolFallbackTTL: 60 }
    const goodbye = { type: 'goodbye', reason: 'use v1', directive: { ttlSeconds: 60 } }
    const decoder = new Decoder()
    expect(decoder.decode('goodbye', data)).toStrictEqual(goodbye)
    decoder.decode('server-intent', { payloads: [{ intentCode: 'xfer-full' }] })
    expect(decoder.decode('goodbye', data)).toStrictEqual(goodbye)
    expect(decoder.transferring).toBe(false)
    expect(new Decoder().decode('goodbye', { reason: 'x' })).toStrictEqual({ type: 'goodbye', reason: 'x' })
  })
})

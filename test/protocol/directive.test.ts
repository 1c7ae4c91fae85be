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

  // What is believed of it is for the data system to say; what is no whole number of seconds is no time at all.
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
  ])('(D8) a time of %j is told as %o', (ttl, directive) => {
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
  ])('(D8) is a number, whatever number: %j is told as %o', (protocolFallbackTTL, directive) => {
    expect(directiveOfGoodbye({ reason: 'x', protocolFallbackTTL })).toStrictEqual(directive)
  })

  it('(D8) has to be called protocolFallbackTTL', () => {
    expect(directiveOfGoodbye({ reason: 'x', protocolFallbackTtl: 60, ttl: 60 })).toBeUndefined()
  })

  it('(D8) is part of what the decoder says of a goodbye, before any data and in the midst of a payload too', () => {
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

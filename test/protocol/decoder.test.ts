import { describe, expect, it } from 'vitest'
import { type Decoded, Decoder } from '../../src/protocol/decoder.ts'
import { conversations } from './conversations.ts'
import { decodeEventStream, fixtureBytes, fixtureNames, fixtureText, ignored, violation } from './wire.ts'

/** Not text at all: test/properties/chunking.test.ts shows what becomes of it. */
const notText = 'not-utf8'

describe('Decoder', () => {
  const table = Object.entries(conversations).map(([name, { rule, decoded }]) => ({ rule, name, decoded }))

  it.each(table)('$rule ($name.sse)', ({ name, decoded }) => {
    expect(structuredClone(decodeEventStream(fixtureText(`${name}.sse`)))).toStrictEqual(decoded)
  })

  it('is shown every recorded stream', () => {
    expect([...Object.keys(conversations), notText].toSorted()).toEqual(fixtureNames('sse').toSorted())
    expect(() => new TextDecoder('utf-8', { fatal: true }).decode(fixtureBytes(`${notText}.sse`))).toThrow()
  })

  it('returns nothing until the transfer, so that a payload is applied as a whole (3.2)', () => {
    const decoder = new Decoder()
    const said = ['server-intent', 'put-object', 'delete-object'].map(
      (event) => decoder.decode(event, data[event]).type,
    )
    expect(said).toEqual(['pending', 'pending', 'pending'])
  })

  it('leaves prototypes alone whatever kinds and members the wire names (D21.7)', () => {
    for (const name of ['reserved-keys', 'reserved-members', 'unknown-kind', 'unknown-events-everywhere']) {
      decodeEventStream(fixtureText(`${name}.sse`))
    }
    expect('polluted' in {}).toBe(false)
    expect('polluted' in Object).toBe(false)
  })
})

const data: Record<string, object> = {
  'server-intent': { payloads: [{ id: 'p-7f', target: 42, intentCode: 'xfer-full', reason: 'initial' }] },
  'put-object': { version: 1, kind: 'flag', key: 'a', object: { key: 'a', version: 1 } },
  'delete-object': { version: 1, kind: 'flag', key: 'a' },
  'payload-transferred': { state: '(p:p-7f:42)', version: 42 },
}

/** A decoder in the midst of a full payload, with one flag received. */
function midTransfer(): Decoder {
  const decoder = new Decoder()
  decoder.decode('server-intent', data['server-intent'])
  decoder.decode('put-object', data['put-object'])
  return decoder
}

describe('a known event must have the shape the protocol gives it (D13)', () => {
  const object = { key: 'a', version: 1 }
  const malformed: [string, unknown, string, string?][] = [
    ['server-intent', {}, 'no payload'],
    ['server-intent', { payloads: {} }, 'no payload'],
    ['server-intent', { payloads: [null] }, 'no payload'],
    ['server-intent', { payloads: [{ id: 'p' }] }, 'intentCode'],
    ['server-intent', { payloads: [{ intentCode: 'XFER-FULL' }] }, 'intentCode'],
    ['put-object', { key: 'a', version: 1, object }, 'kind', 'a'],
    ['put-object', { kind: 7, key: 'a', version: 1, object }, 'kind', 'a'],
    ['put-object', { kind: 'flag', version: 1, object }, 'key'],
    ['put-object', { kind: 'flag', key: 7, version: 1, object }, 'key'],
    ['put-object', { kind: 'flag', key: 'a', object }, 'version', 'a'],
    ['put-object', { kind: 'flag', key: 'a', version: '1', object }, 'version', 'a'],
    ['put-object', { kind: 'flag', key: 'a', version: null, object }, 'version', 'a'],
    ['put-object', { kind: 'flag', key: 'a', version: Number.POSITIVE_INFINITY, object }, 'version', 'a'],
    ['put-object', { kind: 'flag', key: 'a', version: 1 }, 'object', 'a'],
    ['put-object', { kind: 'flag', key: 'a', version: 1, object: 'a' }, 'object', 'a'],
    ['put-object', { kind: 'flag', key: '', version: 1, object: false }, 'object', ''],
    ['put-object', { kind: 'unheard-of', key: 'a', version: '1', object }, 'version', 'a'],
    ['delete-object', { key: 'a', version: 1 }, 'kind', 'a'],
    ['delete-object', { kind: 'flag', version: 1 }, 'key'],
    ['delete-object', { kind: 'segment', key: 'a', version: true }, 'version', 'a'],
    ['payload-transferred', { version: 1 }, 'state'],
    ['payload-transferred', { state: 42, version: 42 }, 'state'],
    ['payload-transferred', { state: 's' }, 'version'],
    ['payload-transferred', { state: 's', version: '42' }, 'version'],
  ]
  for (const event of [
    'server-intent',
    'put-object',
    'patch-object',
    'payload-transferred',
    'goodbye',
    'error',
  ]) {
    for (const value of [null, [], 'text', 7, true, undefined])
      malformed.push([event, value, 'not an object'])
  }

  it.each(malformed)('%s with %j: %s', (event, value, about, key) => {
    const decoder = midTransfer()
    expect(decoder.decode(event, value)).toStrictEqual(violation(event, about, key))
    expect(decoder.transferring).toBe(false)
    expect(decoder.decode('payload-transferred', data['payload-transferred']).type).toBe('violation')
  })

  it('takes goodbye and error without a reason', () => {
    expect(midTransfer().decode('goodbye', {})).toEqual({ type: 'goodbye', reason: 'no reason given' })
    expect(midTransfer().decode('error', { reason: 7 })).toEqual({
      type: 'aborted',
      reason: 'no reason given',
    })
  })

  it('does not parse the data of events it does not know', () => {
    const decoder = midTransfer()
    for (const name of ['', 'message', 'PUT-OBJECT', 'put-object ', 'toString', 'heart-beat', 'ping']) {
      expect(decoder.decodeText(name, '{"not json')).toEqual(ignored)
    }
    expect(decoder.transferring).toBe(true)
  })
})

describe('what each word means depends on what came before (3.1)', () => {
  type Word = 'full' | 'changes' | 'none' | 'put' | 'transfer' | 'error' | 'goodbye' | 'garbage'
  const words: Record<Word, readonly [event: string, data: unknown]> = {
    full: ['server-intent', { payloads: [{ intentCode: 'xfer-full' }] }],
    changes: ['server-intent', { payloads: [{ intentCode: 'xfer-changes' }] }],
    none: ['server-intent', { payloads: [{ intentCode: 'none' }] }],
    put: ['put-object', data['put-object']],
    transfer: ['payload-transferred', data['payload-transferred']],
    error: ['error', {}],
    goodbye: ['goodbye', {}],
    garbage: ['put-object', null],
  }

  const outcome = (decoded: Decoded): string =>
    decoded.type === 'changeSet' ? decoded.changeSet.type : decoded.type

  const endings: [history: readonly Word[], onPut: string, onTransfer: string, transferring: boolean][] = [
    [[], 'violation', 'violation', false],
    [['full'], 'pending', 'full', true],
    [['full', 'put'], 'pending', 'full', true],
    [['full', 'transfer'], 'pending', 'partial', false],
    [['full', 'transfer', 'put'], 'pending', 'partial', true],
    [['full', 'transfer', 'put', 'transfer'], 'pending', 'partial', false],
    [['full', 'transfer', 'error'], 'pending', 'partial', false],
    [['full', 'transfer', 'put', 'error'], 'pending', 'partial', false],
    [['full', 'error'], 'violation', 'violation', false],
    [['full', 'put', 'error'], 'violation', 'violation', false],
    [['full', 'error', 'error'], 'violation', 'violation', false],
    [['full', 'error', 'full'], 'pending', 'full', true],
    [['full', 'error', 'changes'], 'pending', 'partial', true],
    [['full', 'error', 'none'], 'pending', 'partial', false],
    [['full', 'changes'], 'pending', 'partial', true],
    [['changes'], 'pending', 'partial', true],
    [['changes', 'put', 'error'], 'pending', 'partial', false],
    [['changes', 'full'], 'pending', 'full', true],
    [['none'], 'pending', 'partial', false],
    [['none', 'put'], 'pending', 'partial', true],
    [['error'], 'violation', 'violation', false],
    [['full', 'goodbye'], 'violation', 'violation', false],
    [['full', 'transfer', 'goodbye'], 'violation', 'violation', false],
    [['full', 'transfer', 'garbage'], 'violation', 'violation', false],
    [['full', 'garbage', 'full'], 'pending', 'full', true],
  ]

  it.each(endings)('after [%s] a put is %s, a transfer %s', (history, onPut, onTransfer, transferring) => {
    const replay = (): Decoder => {
      const decoder = new Decoder()
      for (const word of history) decoder.decode(...words[word])
      return decoder
    }
    expect(replay().transferring).toBe(transferring)
    expect(outcome(replay().decode(...words.put))).toBe(onPut)
    expect(outcome(replay().decode(...words.transfer))).toBe(onTransfer)
  })
})

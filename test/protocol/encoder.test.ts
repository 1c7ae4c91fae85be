import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Change, ChangeSet } from '../../src/model/change-set.ts'
import type { Decoded } from '../../src/protocol/decoder.ts'
import {
  changeEvent,
  encodeChangeSet,
  goodbyeEvent,
  type PayloadInfo,
  toEventStream,
  toPollBody,
} from '../../src/protocol/encoder.ts'
import { decodePollBody } from '../../src/protocol/poll-body.ts'
import { decodeEventStream, deleteOf, fixtureText, putFlag, putSegment } from './wire.ts'

const info: PayloadInfo = {
  id: 'p-7f',
  target: { state: '(p:p-7f:42)', version: 42 },
  reason: 'payload-missing',
}

describe('encodeChangeSet', () => {
  it('writes a full payload byte for byte as recorded, for a poll and for a stream (2.1)', () => {
    const changes = [putFlag('checkout', 12), putSegment('beta', 3)]
    const events = encodeChangeSet({ type: 'full', changes }, info)
    expect(JSON.parse(toPollBody(events))).toStrictEqual(JSON.parse(fixtureText('full.json')))
    expect(toEventStream(events)).toBe(fixtureText('crlf-line-endings.sse').replaceAll('\r\n', '\n'))
  })

  it('writes a delta with its intent, in order (2.3.1)', () => {
    const changes = [putFlag('checkout', 13), deleteOf('segment', 'beta', 4)]
    const events = encodeChangeSet(
      { type: 'partial', changes },
      { id: 'p-7f', target: { state: '(p:p-7f:43)', version: 43 }, reason: 'stale' },
    )
    expect(JSON.parse(toPollBody(events))).toStrictEqual(JSON.parse(fixtureText('changes.json')))
  })

  it('writes none as an intent alone (2.3.2)', () => {
    const events = encodeChangeSet({ type: 'none' }, { ...info, reason: 'up-to-date' })
    expect(JSON.parse(toPollBody(events))).toStrictEqual(JSON.parse(fixtureText('none.json')))
    expect(toEventStream(events)).toBe(fixtureText('none.sse'))
  })

  it('writes a goodbye and a change alone, as an idle stream needs them', () => {
    const events = [...encodeChangeSet({ type: 'none' }, info), changeEvent(putFlag('search', 1))]
    const decoded = decodeEventStream(toEventStream([...events, goodbyeEvent('rebalancing')]))
    expect(decoded.map(({ type }) => type)).toEqual(['changeSet', 'pending', 'goodbye'])
  })
})

describe('decoding reverses encoding', () => {
  const plain = { noNullPrototype: true } as const
  /** Any text at all: odd names, line breaks, lone surrogates, other planes. */
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 8 }),
    fc.constantFrom(
      '',
      '__proto__',
      'constructor',
      'toString',
      '$inited',
      ':',
      'data: x\n\n',
      '\r',
      '\ud800',
    ),
  )
  const version = fc.oneof(fc.nat(), fc.maxSafeInteger(), fc.constant(1.5)).map((n) => (n === 0 ? 0 : n))
  const kind = fc.constantFrom('flag' as const, 'segment' as const)
  const members = fc.dictionary(
    text.filter((name) => name !== 'version' && name !== 'deleted'),
    fc.jsonValue({ noUnicodeString: false }),
    { maxKeys: 4, noNullPrototype: true },
  )
  const put: fc.Arbitrary<Change> = fc
    .record({ kind, key: text, version, members, own: fc.boolean() }, plain)
    .map(({ kind, key, version, members, own }) => {
      const object = JSON.parse(JSON.stringify(own ? { ...members, version } : members)) as object
      return { op: 'put', kind, key, version, object }
    })
  const deletion: fc.Arbitrary<Change> = fc.record(
    { op: fc.constant('delete' as const), kind, key: text, version },
    plain,
  )
  const changes = fc.array(fc.oneof(put, deletion), { maxLength: 6 })
  const selector = fc.record({ state: text.filter((state) => state.isWellFormed()), version }, plain)
  const changeSet: fc.Arbitrary<ChangeSet> = fc.oneof(
    { weight: 1, arbitrary: fc.constant<ChangeSet>({ type: 'none' }) },
    {
      weight: 6,
      arbitrary: fc
        .record({ type: fc.constantFrom('full' as const, 'partial' as const), changes, selector }, plain)
        // An empty state is how "no selector" is written.
        .map(({ type, changes, selector }) =>
          selector.state ? { type, changes, selector } : { type, changes },
        ),
    },
  )
  const conversation = fc.array(changeSet, { minLength: 1, maxLength: 4 })

  const written = (changeSets: readonly ChangeSet[]) =>
    changeSets.flatMap((changeSet) => {
      const target = (changeSet.type !== 'none' && changeSet.selector) || { state: '', version: 7 }
      return encodeChangeSet(changeSet, { id: 'p-7f', target, reason: 'any' })
    })
  const read = (decoded: Iterable<Decoded>): Decoded[] =>
    structuredClone([...decoded].filter(({ type }) => type !== 'pending'))
  const expected = (changeSets: readonly ChangeSet[]): Decoded[] =>
    changeSets.map((changeSet) => ({ type: 'changeSet', changeSet }))

  // Not expect(): it cannot compare members named `constructor` or `__proto__`.
  it('on a stream, whatever keys and values there are', () => {
    const property = fc.property(conversation, (changeSets) => {
      deepStrictEqual(read(decodeEventStream(toEventStream(written(changeSets)))), expected(changeSets))
    })
    fc.assert(property, { numRuns: 300 })
  })

  it('in the body of a poll, whatever keys and values there are', () => {
    const property = fc.property(conversation, (changeSets) => {
      deepStrictEqual(read(decodePollBody(toPollBody(written(changeSets)))), expected(changeSets))
    })
    fc.assert(property, { numRuns: 300 })
  })
})

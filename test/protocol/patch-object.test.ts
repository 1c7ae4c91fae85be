import { describe, expect, it } from 'vitest'
import type { ItemLookup, PutChange } from '../../src/model/change-set.ts'
import { type Decoded, Decoder } from '../../src/protocol/decoder.ts'
import { encodeChangeSet, toPollBody } from '../../src/protocol/encoder.ts'
import type { WireEvent } from '../../src/protocol/events.ts'
import { applyOperations, type Operation } from '../../src/protocol/patch.ts'
import { decodePollBody } from '../../src/protocol/poll-body.ts'
import { patched } from '../simulation/patched.ts'
import { deleteOf, full, partial, pending, putFlag, putSegment, violation } from './wire.ts'

const checkout = putFlag('checkout', 1)
const beta = putSegment('beta', 1)

/** Returns the held object. */
const held: ItemLookup = (kind, key) =>
  [checkout, beta].find((put) => put.kind === kind && put.key === key)?.object

const info = { id: 'p-7f', target: { state: '(p:p-7f:42)', version: 42 }, reason: 'stale' }
const [changes, transferred] = encodeChangeSet({ type: 'partial', changes: [] }, info) as [
  WireEvent,
  WireEvent,
]
const [everything] = encodeChangeSet({ type: 'full', changes: [] }, info) as [WireEvent]

/** Returns the patch between two versions of an object, as our server encodes it. */
function patch(before: PutChange, after: PutChange): WireEvent {
  return patched(before.object, after) ?? expect.fail('there is no patch')
}

/** Returns a patch with these operations. */
function raw({ kind, key, version }: PutChange, patch: readonly Operation[]): WireEvent {
  return { event: 'patch-object', data: { kind, key, version, patch } }
}

function decode(...events: readonly WireEvent[]): Decoded[] {
  const decoder = new Decoder(held)
  return events.map(({ event, data }) => decoder.decodeText(event, JSON.stringify(data)))
}

describe('patch-object (D19)', () => {
  it('becomes a put, and does not change the held object', () => {
    const after = putFlag('checkout', 2, { on: false })
    const decoded = decode(changes, patch(checkout, after), patch(beta, putSegment('beta', 2)), transferred)
    expect(structuredClone(decoded)).toStrictEqual([
      pending,
      pending,
      pending,
      partial(42, after, putSegment('beta', 2)),
    ])
    expect(checkout).toStrictEqual(putFlag('checkout', 1))
  })

  it('has the version inside the patched object, or that of its envelope (D11)', () => {
    const remove = { op: 'remove', path: '/version' } as const
    const unversioned = raw({ ...checkout, version: 7 }, [remove])
    const contradicted = raw({ ...beta, version: 7 }, [])
    const { version: _, ...object } = checkout.object
    expect(structuredClone(decode(changes, unversioned, contradicted, transferred).at(-1))).toStrictEqual(
      partial(42, { ...checkout, version: 7, object }, beta),
    )
  })

  it('is a delete where it makes a tombstone (S4)', () => {
    const buried = raw(checkout, [{ op: 'add', path: '/deleted', value: true }])
    expect(decode(changes, buried, transferred).at(-1)).toStrictEqual(
      partial(42, deleteOf('flag', 'checkout', 1)),
    )
  })

  const on = { op: 'replace', path: '/on', value: false } as const
  const lost: [why: string, events: readonly WireEvent[], about: string][] = [
    ['does not apply', [changes, raw(checkout, [{ op: 'remove', path: '/gone' }])], 'does not apply'],
    [
      'was made for another version (S97)',
      [changes, patch(putFlag('checkout', 5), putFlag('checkout', 6))],
      'TEST_OPERATION_FAILED',
    ],
    [
      'has no patch',
      [changes, { event: 'patch-object', data: { ...checkout, object: undefined } }],
      'does not apply',
    ],
    [
      'has no version',
      [changes, { event: 'patch-object', data: { kind: 'flag', key: 'checkout' } }],
      'version',
    ],
    [
      'is of what the payload has deleted',
      [changes, { event: 'delete-object', data: deleteOf('flag', 'checkout', 2) }, raw(checkout, [on])],
      'not held',
    ],
    ['is of what a full payload has not brought', [everything, raw(checkout, [on])], 'not held'],
    ['comes before any intent', [raw(checkout, [on])], 'server-intent first'],
  ]

  it.each(lost)('that %s ends the conversation, and the payload with it', (_, events, about) => {
    const decoded = decode(...events, transferred).slice(-2)
    expect(decoded).toStrictEqual([
      violation('patch-object', about, 'checkout'),
      violation('payload-transferred', 'server-intent first'),
    ])
  })

  it('in the body of a poll applies to the held object', () => {
    const after = putFlag('checkout', 2, { on: false })
    const body = toPollBody([changes, patch(checkout, after), transferred])
    expect(structuredClone([...decodePollBody(body, held)])).toStrictEqual([partial(42, after)])
    expect([...decodePollBody(body)]).toStrictEqual([violation('patch-object', 'not held', 'checkout')])
  })

  it('in a later payload of the same body has nothing to apply to: the one before is not held yet (S97)', () => {
    const [first, second] = [putFlag('checkout', 2, { on: false }), putFlag('checkout', 3)]
    const body = toPollBody([changes, patch(checkout, first), transferred, patch(first, second), transferred])
    expect(structuredClone([...decodePollBody(body, held)])).toStrictEqual([
      partial(42, first),
      violation('patch-object', 'not held', 'checkout'),
    ])
    expect([
      ...decodePollBody(toPollBody([everything, transferred, patch(checkout, first)]), held),
    ]).toStrictEqual([full(42), violation('patch-object', 'not held', 'checkout')])
  })
})

describe('patchOf', () => {
  it('makes sure first that the client holds the version it is made for (S97)', () => {
    expect(patched(checkout.object, putFlag('checkout', 2))).toStrictEqual({
      event: 'patch-object',
      data: {
        version: 2,
        kind: 'flag',
        key: 'checkout',
        patch: [
          { op: 'test', path: '/version', value: 1 },
          { op: 'replace', path: '/version', value: 2 },
        ],
      },
    })
    expect(patched({}, { ...checkout, object: { on: true } })?.data).toMatchObject({
      patch: [{ op: 'add', path: '/on', value: true }],
    })
  })

  it.each([998, 999, 1_000])(
    'makes no patch that would be refused for its length: %d changes (S97)',
    (length) => {
      const list = (by: number): PutChange =>
        putFlag('checkout', 1, { list: Array.from({ length }, (_, i) => i + by) })
      const event = patched(list(0).object, list(1))
      expect(event === undefined).toBe(length === 1_000)
      const { patch } = (event?.data ?? { patch: [] }) as { readonly patch: unknown }
      expect(applyOperations(list(0).object, patch).type).toBe('patched')
    },
  )

  it('leaves it to a put where a patch could only reach past a prototype (S97)', () => {
    expect(patched({}, { ...checkout, object: JSON.parse('{"__proto__":1}') as object })).toBeUndefined()
  })
})

import { expect } from 'vitest'
import type { Change } from '../../src/model/change-set.ts'
import type { Decoded } from '../../src/protocol/decoder.ts'
import {
  aborted,
  deleteOf,
  full,
  ignored,
  none,
  partial,
  pending,
  putFlag,
  putSegment,
  skipped,
  violation,
} from './wire.ts'

const times = (count: number, decoded: Decoded): Decoded[] => Array<Decoded>(count).fill(decoded)
const bare = (key: string, version: number, object: object = { key, version }): Change => ({
  op: 'put',
  kind: 'flag',
  key,
  version,
  object,
})

const RESERVED_MEMBERS =
  '{"key":"checkout","version":1,"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'

const plain = [...times(3, pending), full(42, putFlag('checkout', 12), putSegment('beta', 3))]

/** The decoded events of each recorded stream, and the rule that it tests. */
export const conversations: Record<string, { readonly rule: string; readonly decoded: Decoded[] }> = {
  // Legal sequences of events
  'full-then-deltas': {
    rule: 'an intent, its objects, a transfer; then deltas',
    decoded: [
      ...times(4, pending),
      full(42, putFlag('checkout', 12), putFlag('old-banner', 7), putSegment('beta', 3)),
      ...times(3, pending),
      partial(43, deleteOf('flag', 'old-banner', 43), putSegment('beta', 4)),
      pending,
      partial(44, putFlag('checkout', 14)),
    ],
  },
  none: { rule: 'an intent none stands alone', decoded: [none] },
  'none-then-delta': {
    rule: 'after none, a delta needs no intent',
    decoded: [none, pending, partial(43, putFlag('checkout', 13))],
  },
  'none-then-transfer': {
    rule: 'a transfer that ends an intent none is an empty delta (D12 gives it no first selector)',
    decoded: [none, partial(42)],
  },
  'intentless-deltas': {
    rule: 'D13 after a transfer, deltas without intents may follow for ever',
    decoded: [
      ...times(2, pending),
      full(42, putFlag('checkout', 12)),
      pending,
      partial(43, putFlag('checkout', 13)),
      pending,
      partial(44, deleteOf('flag', 'checkout', 14)),
      ...times(2, pending),
      partial(45, deleteOf('segment', 'beta', 5), putFlag('search', 1)),
    ],
  },
  'full-replaces-mid-connection': {
    rule: 'a new intent discards an uncommitted payload',
    decoded: [
      ...times(3, pending),
      full(42, putFlag('checkout', 12), putFlag('search', 1)),
      ...times(5, pending),
      full(50, putFlag('checkout', 13)),
    ],
  },
  'none-mid-transfer': {
    rule: 'an intent none discards an uncommitted payload',
    decoded: [...times(2, pending), none, pending, partial(43, putFlag('search', 1))],
  },
  'unknown-events-everywhere': {
    rule: 'D13.1 unknown events are ignored wherever they are, and their data not parsed',
    decoded: [
      ignored,
      pending,
      ignored,
      pending,
      ...times(3, ignored),
      full(42, putFlag('checkout', 12)),
      ignored,
      pending,
      ignored,
      partial(43, putFlag('checkout', 13)),
      ignored,
    ],
  },
  'heartbeat-comments': {
    rule: 'comments and heartbeats may be anywhere',
    decoded: [...times(2, pending), full(42, putFlag('checkout', 12)), ...times(2, ignored)],
  },
  'empty-delta': {
    rule: 'an empty delta moves the selector, with an intent or without',
    decoded: [...times(2, pending), full(42, putFlag('checkout', 12)), pending, partial(43), partial(44)],
  },
  'empty-full': { rule: 'a full payload may be empty', decoded: [pending, full(42)] },
  'same-key-twice': {
    rule: 'a key may come more than once: all are passed on, in order',
    decoded: [
      ...times(3, pending),
      full(42, putFlag('checkout', 12), putFlag('checkout', 11, { on: false })),
      ...times(2, pending),
      partial(43, putFlag('checkout', 13), deleteOf('flag', 'checkout', 14)),
    ],
  },
  'patch-in-the-same-payload': {
    rule: 'D19 a patch applies to what the payload has made of the object, and is passed on as a put',
    decoded: [
      ...times(5, pending),
      partial(43, putFlag('checkout', 12), putFlag('checkout', 13, { on: false }), putFlag('checkout', 14)),
    ],
  },

  'patch-of-nothing': {
    rule: 'D19 a patch of an object that is not held is a violation',
    decoded: [
      ...times(2, pending),
      full(42, putFlag('checkout', 12)),
      violation('patch-object', 'not held', 'search'),
      violation('payload-transferred', 'server-intent first'),
    ],
  },

  // The state machine (D13)
  'error-before-intent': {
    rule: 'error while nothing is going on changes nothing',
    decoded: [aborted, ...times(2, pending), full(42, putFlag('checkout', 12))],
  },
  'error-mid-full': {
    rule: 'D13 after error inside a full transfer a new intent starts over',
    decoded: [...times(2, pending), aborted, ...times(2, pending), full(42, putFlag('search', 1))],
  },
  'error-mid-full-then-put': {
    rule: 'D13 after error inside a full transfer anything but an intent is a violation',
    decoded: [
      ...times(2, pending),
      aborted,
      violation('put-object', 'a new server-intent after error', 'search'),
      violation('payload-transferred', 'a server-intent first'),
    ],
  },
  'error-mid-full-then-transfer': {
    rule: 'D13 half a full payload never passes for a whole one',
    decoded: [
      ...times(2, pending),
      aborted,
      violation('payload-transferred', 'a new server-intent after error'),
    ],
  },
  'error-mid-delta': {
    rule: 'D13 error drops pending changes; after a completed transfer the rest is a change set',
    decoded: [
      ...times(2, pending),
      full(42, putFlag('checkout', 12)),
      pending,
      aborted,
      pending,
      partial(43, putFlag('search', 1)),
    ],
  },
  'error-mid-delta-with-intent': {
    rule: 'error keeps the intent of a delta',
    decoded: [...times(2, pending), aborted, pending, partial(43, putFlag('search', 1))],
  },
  'goodbye-mid-transfer': {
    rule: 'D7 goodbye in the middle of a payload',
    decoded: [...times(2, pending), { type: 'goodbye', reason: 'rebalancing' }],
  },
  'goodbye-after-transfer': {
    rule: 'D7 goodbye between payloads',
    decoded: [
      ...times(2, pending),
      full(42, putFlag('checkout', 12)),
      { type: 'goodbye', reason: 'rebalancing' },
    ],
  },
  'goodbye-with-directive': {
    rule: 'D8 goodbye with a time-to-live for FDv1',
    decoded: [
      ...times(2, pending),
      full(42, putFlag('checkout', 12)),
      expect.objectContaining({ type: 'goodbye', reason: 'please use v1' }) as Decoded,
    ],
  },
  'put-without-intent': {
    rule: 'a put needs an intent before it; a decoder that was fed on regardless can start over',
    decoded: [
      violation('put-object', 'a server-intent first', 'checkout'),
      violation('payload-transferred', 'a server-intent first'),
      ...times(2, pending),
      full(42, putFlag('checkout', 12)),
    ],
  },
  'delete-without-intent': {
    rule: 'a delete needs an intent before it',
    decoded: [violation('delete-object', 'a server-intent first', 'checkout')],
  },
  'transfer-without-intent': {
    rule: 'a transfer needs an intent before it',
    decoded: [violation('payload-transferred', 'a server-intent first')],
  },
  'unknown-intent-code': {
    rule: 'an unknown intent is a violation: what follows has no meaning',
    decoded: [
      ...times(2, pending),
      full(42, putFlag('checkout', 12)),
      violation('server-intent', 'intentCode'),
      violation('put-object', 'a server-intent first', 'checkout'),
      violation('payload-transferred', 'a server-intent first'),
    ],
  },
  'intent-without-payload': {
    rule: 'an intent without a payload is a violation',
    decoded: [violation('server-intent', 'no payload')],
  },
  'intent-with-two-payloads': {
    rule: 'only the first payload of an intent counts',
    decoded: [...times(2, pending), full(42, putFlag('checkout', 12))],
  },

  // Malformed and odd input: D13, D11, D21
  'malformed-json': {
    rule: 'D13 a known event that is not JSON drops the unfinished payload',
    decoded: [
      ...times(2, pending),
      violation('put-object', 'not JSON'),
      violation('put-object', 'a server-intent first', 'banner'),
      violation('payload-transferred', 'a server-intent first'),
    ],
  },
  'malformed-put': {
    rule: 'D13 a malformed put drops the unfinished payload and names the key',
    decoded: [
      ...times(2, pending),
      violation('put-object', 'object is not an object', 'search'),
      violation('put-object', 'a server-intent first', 'banner'),
      violation('payload-transferred', 'a server-intent first'),
    ],
  },
  'malformed-delete': {
    rule: 'D13 a malformed delete names the key',
    decoded: [
      ...times(2, pending),
      full(42, putFlag('checkout', 12)),
      violation('delete-object', 'version is not a number', 'checkout'),
    ],
  },
  'malformed-transferred': {
    rule: 'D13 a malformed transfer commits nothing',
    decoded: [
      ...times(2, pending),
      violation('payload-transferred', 'state is not a string'),
      violation('put-object', 'a server-intent first', 'search'),
    ],
  },
  'known-event-with-empty-data': {
    rule: 'D13 a known event may come with empty data, where it needs none',
    decoded: [...times(2, pending), { type: 'goodbye', reason: 'no reason given' }],
  },
  'null-object': {
    rule: 'D13 a put whose object is null is skipped and reported, the rest goes on',
    decoded: [
      ...times(2, pending),
      skipped('ghost'),
      skipped('shade'),
      pending,
      full(42, putFlag('checkout', 12), putFlag('search', 1)),
    ],
  },
  'unknown-kind': {
    rule: 'D13.2 objects of unknown kinds are skipped, put or deleted',
    decoded: [...times(8, pending), full(42, putFlag('checkout', 12))],
  },
  'reserved-keys': {
    rule: 'D21 __proto__, constructor and the empty string are ordinary keys',
    decoded: [
      ...times(7, pending),
      full(
        42,
        putFlag('__proto__', 1),
        putFlag('constructor', 2),
        putFlag('toString', 3),
        putFlag('hasOwnProperty', 4),
        putFlag('', 5),
        putSegment('__proto__', 6),
      ),
      ...times(3, pending),
      partial(
        43,
        deleteOf('flag', '__proto__', 43),
        deleteOf('flag', 'constructor', 43),
        deleteOf('flag', '', 43),
      ),
    ],
  },
  'reserved-members': {
    rule: 'D21 members named __proto__ and constructor are data like any other',
    decoded: [
      ...times(2, pending),
      full(
        42,
        // vitest cannot compare members of this name, so the text is compared.
        bare(
          'checkout',
          1,
          expect.toSatisfy((object: unknown) => JSON.stringify(object) === RESERVED_MEMBERS) as object,
        ),
      ),
    ],
  },
  'versions-differ': {
    rule: 'D11 the version is the one inside the object, else the envelope; the key is the envelope',
    decoded: [
      ...times(7, pending),
      full(
        42,
        bare('inner', 7),
        bare('none', 42, { key: 'none' }),
        bare('text', 42, { key: 'text', version: '7' }),
        bare('zero', 0),
        bare('other-key', 1, { key: 'renamed', version: 1 }),
        deleteOf('flag', 'gone', 41),
      ),
    ],
  },
  'put-tombstone': {
    rule: 'S4 a put whose object has deleted: true is a delete of the envelope key',
    decoded: [
      ...times(5, pending),
      full(
        42,
        deleteOf('flag', 'old-banner', 9),
        deleteOf('segment', 'beta', 42),
        bare('checkout', 12, { key: 'checkout', version: 12, deleted: 'true' }),
        bare('search', 1, { key: 'search', version: 1, deleted: false }),
      ),
    ],
  },
  'empty-state': {
    rule: 'an empty state is no selector',
    decoded: [
      ...times(2, pending),
      { type: 'changeSet', changeSet: { type: 'full', changes: [putFlag('checkout', 12)] } },
    ],
  },
  'non-ascii': {
    rule: 'text of any script survives',
    decoded: [
      ...times(6, pending),
      {
        type: 'changeSet',
        changeSet: {
          type: 'full',
          changes: [
            putFlag('grüße', 1, { variations: ['naïve', '漢字', '🚩', '👩‍👩‍👧', '\u2028line\u2029'] }),
            putFlag('🏴‍☠️', 2),
            putFlag('\u0000', 3),
            bare('🚩', 4),
            bare('\ud800', 5),
          ],
          selector: { state: '(p:fänrik-🚩:42)', version: 42 },
        },
      },
    ],
  },

  // Framing
  'multi-line-data': {
    rule: 'data may span several lines, an empty one included',
    decoded: [...times(2, pending), full(42, putFlag('checkout', 12))],
  },
  'crlf-line-endings': { rule: 'lines may end in CR LF', decoded: plain },
  'cr-line-endings': { rule: 'lines may end in CR', decoded: plain },
  'no-space-after-colon': { rule: 'the space after a colon is optional', decoded: plain },
  'byte-order-mark': { rule: 'a byte order mark is no content', decoded: plain },
  'id-and-retry-fields': { rule: 'other fields change nothing', decoded: plain },
  'cut-mid-event': { rule: 'an event without its blank line never happened', decoded: times(3, pending) },
}

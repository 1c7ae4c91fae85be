import { deepStrictEqual } from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { createParser } from 'eventsource-parser'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Change } from '../../src/model/change-set.ts'
import type { Decoded } from '../../src/protocol/decoder.ts'
import { decodeFdv1Body, Fdv1Decoder } from '../../src/protocol/fdv1.ts'
import { sseBatches } from '../../src/transport/sse.ts'
import { deleteOf, fixtureBytes, fixtureText, ignored, putFlag, putSegment, violation } from './wire.ts'

// FDv1 recordings have their own folders, because FDv2's decoder cannot read them.
const streamFile = (name: string): string => `fdv1-streams/${name}.sse`
const bodyFile = (name: string): string => `fdv1-bodies/${name}.json`

function recorded(folder: 'fdv1-streams' | 'fdv1-bodies'): string[] {
  const files = readdirSync(new URL(`../../fixtures/wire/${folder}/`, import.meta.url))
  return files.map((file) => file.replace(/\.(sse|json)$/, '')).toSorted()
}

const everything = (...changes: Change[]): Decoded => ({
  type: 'changeSet',
  changeSet: { type: 'full', changes },
})
const change = (only: Change): Decoded => ({
  type: 'changeSet',
  changeSet: { type: 'partial', changes: [only] },
})
const flag = (key: string, version: number, object: object): Change => ({
  op: 'put',
  kind: 'flag',
  key,
  version,
  object,
})

const begun = everything(putFlag('checkout', 12), putFlag('old-banner', 7), putSegment('beta', 3))
const checkout13 = change(putFlag('checkout', 13))
const ODD_KEYS = ['__proto__', 'constructor', '', 'a/b', '/', 'a%2Fb', 'grüße 🚩', 'toString'] as const

/** The decoded events of each recorded stream, and the rule that it tests. */
const streams: Record<string, { readonly rule: string; readonly decoded: Decoded[] }> = {
  'put-then-changes': {
    rule: 'a put is everything under "/", a patch or delete one object under its path, each a change set',
    decoded: [
      begun,
      checkout13,
      change(putSegment('beta', 4)),
      change(deleteOf('flag', 'old-banner', 8)),
      change(putFlag('search', 1)),
    ],
  },
  'stale-changes': {
    rule: 'D11 stale patches and deletes are dropped: only a version greater than the one this connection has seen counts',
    decoded: [
      begun,
      ignored,
      ignored,
      ignored,
      change(putFlag('checkout', 14)),
      ignored,
      change(deleteOf('flag', 'checkout', 15)),
      ignored,
      change(putFlag('checkout', 16)),
      change(putSegment('checkout', 1)),
      change(deleteOf('flag', 'never-seen', 3)),
      ignored,
    ],
  },
  'put-again': {
    rule: 'D11 a put replaces all data, also with older versions',
    decoded: [
      begun,
      checkout13,
      everything(putFlag('checkout', 5)),
      change(putFlag('checkout', 6)),
      change(putFlag('old-banner', 1)),
    ],
  },
  'patch-before-put': {
    rule: 'D13 a patch before the first put is out of order, and named; a put still begins',
    decoded: [violation('patch', 'before the first put', 'checkout'), begun],
  },
  'delete-before-put': {
    rule: 'D13 a delete before the first put is out of order, and named',
    decoded: [violation('delete', 'before the first put', 'beta')],
  },
  'unknown-paths': {
    rule: 'D13 an event with an unknown kind or path is skipped',
    decoded: [begun, ...Array<Decoded>(10).fill(ignored), checkout13],
  },
  'unknown-events': {
    rule: 'D13 unknown events, those of FDv2 included, are ignored and their data not parsed',
    decoded: [ignored, ignored, begun, ...Array<Decoded>(5).fill(ignored), checkout13],
  },
  'malformed-json': {
    rule: 'D13 a known event that is not JSON is malformed',
    decoded: [begun, violation('patch', 'not JSON')],
  },
  'malformed-put-json': {
    rule: 'D13 a put that is not JSON is malformed',
    decoded: [violation('put', 'not JSON')],
  },
  'put-without-data': {
    rule: 'D13 a put without data is malformed, not empty',
    decoded: [violation('put', 'not an object')],
  },
  'put-with-flags-true': {
    rule: 'D13 a put whose flags are no object is malformed',
    decoded: [violation('put', 'flags are not an object')],
  },
  'patch-without-data': {
    rule: 'D13 a patch without data is malformed',
    decoded: [begun, violation('patch', 'data is not an object')],
  },
  'patch-with-data-true': {
    rule: 'D13 a patch whose data is no object is malformed',
    decoded: [begun, violation('patch', 'data is not an object')],
  },
  'patch-without-path': {
    rule: 'D13 a patch without a path is malformed',
    decoded: [begun, violation('patch', 'no path')],
  },
  'delete-without-version': {
    rule: 'D13 a delete without a version is malformed',
    decoded: [begun, violation('delete', 'version is not a number')],
  },
  'known-event-with-empty-data': {
    rule: 'D13 a known event with empty data is malformed',
    decoded: [violation('put', 'not JSON')],
  },
  'odd-keys': {
    rule: 'D21 a key is everything after the kind, slashes included; __proto__, constructor and "" are ordinary',
    decoded: [
      everything(...ODD_KEYS.map((key) => putFlag(key, 1)), putSegment('__proto__', 1)),
      ...ODD_KEYS.map((key) => change(putFlag(key, 2))),
      ...ODD_KEYS.map((key) => change(deleteOf('flag', key, 3))),
      change(deleteOf('segment', '__proto__', 2)),
    ],
  },
  'no-versions': {
    rule: 'an object without a version has version 1',
    decoded: [
      everything(
        flag('checkout', 1, { key: 'checkout' }),
        flag('search', 1, { key: 'search', version: '9' }),
      ),
      change(flag('checkout', 2, { key: 'checkout', version: 2 })),
    ],
  },
  'key-differs': {
    rule: 'the key is the one of the path, not the one of the object',
    decoded: [
      everything({ ...putFlag('renamed', 12), key: 'checkout' }),
      change({ ...putFlag('other', 13), key: 'checkout' }),
    ],
  },
  'heartbeat-comments': { rule: 'comments are no events', decoded: [begun, checkout13] },
  'crlf-and-many-lines': {
    rule: 'lines may end in CR LF or CR, data may span lines, text of any script survives',
    decoded: [
      everything(flag('grüße', 1, { key: 'grüße', version: 1, variations: ['漢字', '🚩'] })),
      change(flag('🚩', 1, { key: '🚩', version: 1 })),
    ],
  },
  'cut-mid-event': { rule: 'an event without its blank line never happened', decoded: [begun] },
}

/** Shown by tests of their own, below. */
const elsewhere = [
  'tombstones',
  'stale-after-a-tombstone',
  'put-about-something-else',
  'put-of-nothing-known',
]

/** Returns all decoded events of a recorded stream, including those without an effect. */
function decode(name: string): Decoded[] {
  const decoder = new Fdv1Decoder()
  const decoded: Decoded[] = []
  const parser = createParser({
    onEvent: ({ event = 'message', data }) => decoded.push(decoder.decodeText(event, data)),
  })
  parser.feed(fixtureText(streamFile(name)))
  return decoded
}

/** Returns the versions of the held items by key after these events. */
function held(decoded: readonly Decoded[]): Record<string, number> {
  const items = new Map<string, number>()
  for (const word of decoded) {
    if (word.type !== 'changeSet' || word.changeSet.type === 'none') continue
    if (word.changeSet.type === 'full') items.clear()
    for (const { op, kind, key, version } of word.changeSet.changes) {
      if (op === 'put') items.set(`${kind} ${key}`, version)
      else items.delete(`${kind} ${key}`)
    }
  }
  return Object.fromEntries(items)
}

describe('Fdv1Decoder', () => {
  const table = Object.entries(streams).map(([name, { rule, decoded }]) => [rule, name, decoded] as const)

  it.each(table)('%s (%s.sse)', (_, name, decoded) => {
    expect(structuredClone(decode(name))).toStrictEqual(decoded)
  })

  it('is shown every recorded stream', () => {
    expect([...Object.keys(streams), ...elsewhere].toSorted()).toEqual(recorded('fdv1-streams'))
  })

  it('(S4, D17) takes a put or patch with deleted: true as a delete; other values of deleted are data', () => {
    const decoded = decode('tombstones')
    expect(held(decoded.slice(0, 1))).toEqual({ 'flag checkout': 12, 'flag kept': 1 })
    expect(structuredClone(decoded.slice(1))).toStrictEqual([
      change(deleteOf('flag', 'checkout', 13)),
      change(putFlag('kept', 2, { deleted: 'true' })),
    ])
  })

  it('(D11) drops a patch that is older than the tombstone this connection has seen in its put', () => {
    const decoded = decode('stale-after-a-tombstone')
    expect(held(decoded.slice(0, 2))).toEqual({})
    expect(held(decoded)).toEqual({ 'flag old-banner': 8 })
  })

  it.each([
    ['about another path than "/"', 'put-about-something-else'],
    ['that knows neither flags nor segments', 'put-of-nothing-known'],
  ])('(D13, S6) never takes a put %s for an empty environment', (_, name) => {
    expect(held(decode(name))).toEqual({ 'flag checkout': 12, 'flag old-banner': 7, 'segment beta': 3 })
  })

  it('(D13) each connection is decoded from scratch: what another has seen drops nothing', () => {
    expect(decode('put-then-changes')).toStrictEqual(decode('put-then-changes'))
  })

  it('(D4) is in the midst of a payload until its first put has come, and never after', () => {
    const decoder = new Fdv1Decoder()
    expect(decoder.transferring).toBe(true)
    decoder.decodeText('put', '{"path":"/"}')
    expect(decoder.transferring).toBe(true)
    decoder.decodeText('put', '{"path":"/","data":{"flags":{},"segments":{}}}')
    expect(decoder.transferring).toBe(false)
    decoder.decodeText('patch', '{"path":"/flags/a","data":{"key":"a","version":1}}')
    expect(decoder.transferring).toBe(false)
  })

  it('leaves prototypes alone whatever keys and paths the wire names (D21)', () => {
    for (const name of ['odd-keys', 'unknown-paths', 'unknown-events']) decode(name)
    for (const _ of decodeFdv1Body(fixtureText(bodyFile('odd-keys'))));
    expect('on' in {}).toBe(false)
    expect('version' in Object).toBe(false)
  })
})

describe('a stream of FDv1 means the same however its bytes are cut into chunks', () => {
  async function* arriving(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
    yield* chunks
  }

  async function decodeChunks(chunks: readonly Uint8Array[]): Promise<Decoded[]> {
    const decoder = new Fdv1Decoder()
    const decoded: Decoded[] = []
    for await (const { events } of sseBatches(arriving(chunks), 1_000_000)) {
      for (const { event, data } of events) decoded.push(decoder.decodeText(event, data))
    }
    return decoded
  }

  /** Returns chunks of the bytes, cut at arbitrary places: within a character, between CR and LF, or twice at one place. */
  function chopped(bytes: Uint8Array): fc.Arbitrary<Uint8Array[]> {
    return fc.array(fc.nat({ max: bytes.length }), { maxLength: 30 }).map((places) => {
      const ends = [...places.toSorted((a, b) => a - b), bytes.length]
      return ends.map((end, i) => bytes.subarray(i === 0 ? 0 : ends[i - 1], end))
    })
  }

  it.each(recorded('fdv1-streams'))('%s.sse', async (name) => {
    const bytes = fixtureBytes(streamFile(name))
    const whole = decode(name)
    expect(whole.length).toBeGreaterThan(0)
    deepStrictEqual(await decodeChunks(Array.from(bytes, (byte) => Uint8Array.of(byte))), whole)
    const property = fc.asyncProperty(chopped(bytes), async (chunks) => {
      deepStrictEqual(await decodeChunks(chunks), whole)
    })
    await fc.assert(property, { numRuns: 30 })
  })
})

/** The decoded change set of each recorded body, and the rule that it tests. */
const bodies: Record<string, { readonly rule: string; readonly decoded: Decoded }> = {
  everything: {
    rule: 'a body is everything there is, without a selector',
    decoded: everything(putFlag('checkout', 12), putSegment('beta', 3)),
  },
  empty: { rule: 'there may be nothing', decoded: everything() },
  'no-segments': { rule: 'a kind may be absent', decoded: everything(putFlag('checkout', 12)) },
  'more-than-we-know': {
    rule: 'D13 unknown kinds are skipped',
    decoded: everything(putFlag('checkout', 12)),
  },
  'odd-keys': {
    rule: 'D21 __proto__, constructor and "" are ordinary keys',
    decoded: everything(...ODD_KEYS.map((key) => putFlag(key, 1))),
  },
  'flags-is-a-list': {
    rule: 'D13 flags must be an object',
    decoded: violation('poll', 'flags are not an object'),
  },
  'flag-is-text': { rule: 'D13 a flag must be an object', decoded: violation('poll', 'flags hold') },
  'segment-is-a-list': {
    rule: 'D13 a segment must be an object',
    decoded: violation('poll', 'segments hold'),
  },
  'a-list': { rule: 'D13 a body must be an object', decoded: violation('poll', 'not an object') },
  'cut-short': { rule: 'S6 a body cut short is not JSON', decoded: violation('poll', 'not JSON') },
}

describe('decodeFdv1Body', () => {
  const table = Object.entries(bodies).map(([name, { rule, decoded }]) => [rule, name, decoded] as const)

  it.each(table)('%s (%s.json)', (_, name, decoded) => {
    expect(structuredClone([...decodeFdv1Body(fixtureText(bodyFile(name)))])).toStrictEqual([decoded])
  })

  it('is shown every recorded body', () => {
    const shown = [...Object.keys(bodies), 'tombstones', 'wrapped-like-a-put', 'an-apology']
    expect(shown.toSorted()).toEqual(recorded('fdv1-bodies'))
  })

  it('reads the same environment as the FDv2 decoder', () => {
    const [decoded] = decodeFdv1Body(fixtureText('fdv1-body.json'))
    expect(structuredClone(decoded)).toStrictEqual(bodies.everything?.decoded)
  })

  it('(S4, D17) does not hold an item with deleted: true', () => {
    expect(held([...decodeFdv1Body(fixtureText(bodyFile('tombstones')))])).toEqual({ 'flag checkout': 12 })
  })

  it.each([
    ['an apology', bodyFile('an-apology')],
    ['a body of FDv2', 'full.json'],
    ['the wrapped form of the stream', bodyFile('wrapped-like-a-put')],
  ])('(S6) does not take %s for an empty environment', (_, file) => {
    expect([...decodeFdv1Body(fixtureText(file))]).toMatchObject([{ type: 'violation', event: 'poll' }])
  })

  it.each(['', ' ', '<html></html>', 'null', '"flags"', '7', 'true'])(
    '(S6) never takes %j for an answer',
    (text) => {
      expect([...decodeFdv1Body(text)]).toMatchObject([{ type: 'violation', event: 'poll' }])
    },
  )
})

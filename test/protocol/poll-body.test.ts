import { describe, expect, it } from 'vitest'
import type { Decoded } from '../../src/protocol/decoder.ts'
import { decodePollBody } from '../../src/protocol/poll-body.ts'
import {
  aborted,
  deleteOf,
  fixtureNames,
  fixtureText,
  full,
  none,
  partial,
  putFlag,
  putSegment,
  skipped,
  violation,
} from './wire.ts'

const goodbye: Decoded = { type: 'goodbye', reason: 'rebalancing' }
const invalid = (about: string): Decoded => violation('poll', about)
const unfinished = invalid('ends without payload-transferred')

/** The decoded events of each recorded body, and the rule that it tests. */
const bodies: Record<string, { readonly rule: string; readonly decoded: Decoded[] }> = {
  full: {
    rule: 'everything there is',
    decoded: [full(42, putFlag('checkout', 12), putSegment('beta', 3))],
  },
  changes: {
    rule: 'a delta',
    decoded: [partial(43, putFlag('checkout', 13), deleteOf('segment', 'beta', 4))],
  },
  none: { rule: 'nothing new is a valid answer', decoded: [none] },
  'several-payloads': {
    rule: 'several payloads in one body all count, in order',
    decoded: [
      full(42, putFlag('checkout', 12)),
      partial(43, putFlag('search', 1)),
      partial(44, deleteOf('flag', 'search', 44)),
    ],
  },
  'unknown-events': {
    rule: 'D13 unknown events and heartbeats are ignored, even without data',
    decoded: [full(42, putFlag('checkout', 12))],
  },
  'null-object': {
    rule: 'D13 a put whose object is null is skipped and reported',
    decoded: [skipped('ghost'), full(42, putFlag('checkout', 12))],
  },
  'no-transfer': { rule: 'S6 a body that ends within a payload is invalid', decoded: [unfinished] },
  'no-events': { rule: 'S6 a body without events is invalid', decoded: [unfinished] },
  'second-payload-unfinished': {
    rule: 'S6 a complete payload is applied, and the unfinished rest is reported',
    decoded: [full(42, putFlag('checkout', 12)), unfinished],
  },
  'none-then-half-a-delta': {
    rule: 'S6 half a delta after none is reported',
    decoded: [none, unfinished],
  },
  goodbye: { rule: 'D7 goodbye ends the body', decoded: [goodbye] },
  'goodbye-mid-transfer': {
    rule: 'D7 what follows goodbye is not looked at',
    decoded: [goodbye],
  },
  'error-then-nothing': {
    rule: 'D13 after error the payload is gone, so there is no answer',
    decoded: [aborted, unfinished],
  },
  'error-then-new-intent': {
    rule: 'D13 after error a new intent may bring it all again',
    decoded: [aborted, full(42, putFlag('search', 1))],
  },
  'known-event-without-data': {
    rule: 'D13 a known event without data is malformed',
    decoded: [violation('put-object', 'not an object')],
  },
  'put-without-intent': {
    rule: 'a put needs an intent before it; nothing after a violation is looked at',
    decoded: [violation('put-object', 'a server-intent first', 'checkout')],
  },
  'nameless-entry': { rule: 'D13 an entry without a name is malformed', decoded: [invalid('no name')] },
  'not-events': { rule: 'events must be a list', decoded: [invalid('no list of events')] },
  'fdv1-body': { rule: 'an FDv1 body is no FDv2 body', decoded: [invalid('no list of events')] },
  'cut-short': { rule: 'a body cut short is not JSON', decoded: [invalid('not JSON')] },
}

describe('decodePollBody', () => {
  const table = Object.entries(bodies).map(([name, { rule, decoded }]) => ({ rule, name, decoded }))

  it.each(table)('$rule ($name.json)', ({ name, decoded }) => {
    expect(structuredClone([...decodePollBody(fixtureText(`${name}.json`))])).toStrictEqual(decoded)
  })

  it('is shown every recorded body', () => {
    expect(Object.keys(bodies).toSorted()).toEqual(fixtureNames('json').toSorted())
  })

  const noAnswers: [body: string, about: string][] = [
    ['', 'empty'],
    [' ', 'not JSON'],
    ['<html></html>', 'not JSON'],
    ['null', 'no list of events'],
    ['[]', 'no list of events'],
    ['"events"', 'no list of events'],
    ['{}', 'no list of events'],
    ['{"events":null}', 'no list of events'],
    ['{"events":[null]}', 'no name'],
    ['{"events":[[]]}', 'no name'],
    ['{"events":[{"event":7}]}', 'no name'],
    ['{"events":[{"event":"heartbeat","data":{}}]}', 'ends without payload-transferred'],
  ]

  it.each(noAnswers)('never takes %j for an answer (S6)', (body, about) => {
    expect([...decodePollBody(body)]).toStrictEqual([invalid(about)])
  })

  it('starts each body afresh: an intent of one means nothing in the next (3.3)', () => {
    const [none, next] = ['none', 'put-without-intent'].map((name) => [
      ...decodePollBody(fixtureText(`${name}.json`)),
    ])
    expect(none?.map(({ type }) => type)).toEqual(['changeSet'])
    expect(next?.map(({ type }) => type)).toEqual(['violation'])
  })
})

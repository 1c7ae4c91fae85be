import { describe, expect, it } from 'vitest'
import { fdv1Poll, fdv2Poll, type Poll } from '../../src/exchange/poll.ts'
import { type Connect, fdv1Stream, fdv2Stream } from '../../src/exchange/stream.ts'
import type { ItemLookup } from '../../src/model/change-set.ts'
import type { WireEvent } from '../../src/protocol/events.ts'
import {
  body,
  delta,
  everythingPut,
  fdv1Body,
  full,
  LiveStream,
  put,
  silence,
  startOrigin,
} from '../support/origin.ts'
import { at, endpointAt, NEVER, resultsOf } from './asking.ts'

/** A put as a patch that switches the flag on. */
function switchedOn(state: string, key: string): WireEvent[] {
  const patch = [{ op: 'add', path: '/on', value: true }]
  const data = { kind: 'flag', key, version: 2, patch }
  return delta(state, put(key)).map((event) =>
    event.event === 'put-object' ? { event: 'patch-object', data } : event,
  )
}

const held: ItemLookup = (kind, key) => (kind === 'flag' && key === 'a' ? { key, version: 1 } : undefined)
const switched = { type: 'partial', changes: [put('a', 1, { on: true })], selector: at('s2') }

const asking = { 'x-halyard-accept': 'patch-object' }

describe('patches are requested from our servers and applied', () => {
  async function stream(connectTo: (url: string) => Connect, ...sent: readonly WireEvent[][]) {
    const origin = await startOrigin()
    const live = new LiveStream(sent.flat())
    origin.stream.always((received, response) => {
      live.answer(received, response)
      live.end()
    })
    return { origin, connect: connectTo(`${origin.url}/sdk/stream`) }
  }

  async function poll(...sent: readonly WireEvent[][]) {
    const origin = await startOrigin()
    origin.poll.always(body(sent.flat()))
    return { origin, poll: fdv2Poll(endpointAt(`${origin.url}/sdk/poll`)) satisfies Poll }
  }

  it('(D19) on a stream', async () => {
    const { origin, connect } = await stream((url) => fdv2Stream(endpointAt(url)), switchedOn('s2', 'a'))
    const [first] = await resultsOf(connect(at('s1'), NEVER, held))
    expect(first).toEqual({ type: 'changeSet', changeSet: switched })
    expect(origin.stream.received[0]?.headers).toMatchObject(asking)
  })

  it('(D19) in a poll', async () => {
    const { origin, poll: ask } = await poll(switchedOn('s2', 'a'))
    expect(await resultsOf(ask(at('s1'), NEVER, held))).toEqual([{ type: 'changeSet', changeSet: switched }])
    expect(origin.poll.received[0]?.headers).toMatchObject(asking)
  })

  it('(D19) not without access to the data in memory', async () => {
    const { origin, connect } = await stream((url) => fdv2Stream(endpointAt(url)), full('s1'))
    const { origin: polled, poll: ask } = await poll(full('s1'))
    for (const words of [connect(undefined, NEVER), connect(at('s0'), NEVER)]) await resultsOf(words)
    for (const words of [ask(undefined, NEVER), ask(at('s0'), NEVER)]) await resultsOf(words)
    const requests = [...origin.received, ...polled.received]
    expect(requests).toHaveLength(4)
    for (const { headers } of requests) expect(headers).not.toHaveProperty('x-halyard-accept')
  })

  it('(D19.2) never in FDv1', async () => {
    const origin = await startOrigin()
    origin.fdv1.stream.always(silence).next((_, response) => response.end(everythingPut(put('a'))))
    origin.fdv1.poll.always(fdv1Body([put('a')]))
    await resultsOf(fdv1Stream(endpointAt(`${origin.url}/all`))(at('s1'), NEVER, held))
    await resultsOf(fdv1Poll(endpointAt(`${origin.url}/sdk/latest-all`))(at('s1'), NEVER, held))
    expect(origin.received).toHaveLength(2)
    for (const { headers } of origin.received) expect(headers).not.toHaveProperty('x-halyard-accept')
  })

  it('(D19.5) reports a patch that does not apply with event and key, after the complete results before it', async () => {
    const { connect } = await stream(
      (url) => fdv2Stream(endpointAt(url)),
      delta('s2', put('b')),
      switchedOn('s3', 'unheld'),
    )
    const { poll: ask } = await poll(delta('s2', put('b')), switchedOn('s3', 'a'))
    const invalid = { kind: 'invalid_data', event: 'patch-object' }
    expect(await resultsOf(connect(at('s1'), NEVER, held))).toMatchObject([
      { type: 'changeSet', changeSet: { selector: { state: 's2' } } },
      { type: 'interrupted', error: { ...invalid, key: 'unheld' } },
    ])
    expect(await resultsOf(ask(at('s1'), NEVER, held))).toMatchObject([
      { type: 'changeSet', changeSet: { selector: { state: 's2' } } },
      { type: 'interrupted', error: { ...invalid, key: 'a' } },
    ])
  })

  it('(D19) on a stream, each payload applies to the result of the earlier ones', async () => {
    const { connect } = await stream(
      (url) => fdv2Stream(endpointAt(url)),
      delta('s2', put('b', 5)),
      switchedOn('s3', 'b'),
    )
    let memory: object | undefined
    const states: object[] = []
    for await (const result of connect(at('s1'), NEVER, () => memory)) {
      if (result.type !== 'changeSet' || result.changeSet.type === 'none') continue
      const [change] = result.changeSet.changes
      if (change?.op === 'put') memory = change.object
      states.push(memory ?? {})
    }
    expect(states).toEqual([
      { key: 'b', version: 5 },
      { key: 'b', version: 5, on: true },
    ])
  })
})

import { describe, expect, it } from 'vitest'
import type { Flag } from '../../../src/model/flag.ts'
import { put } from '../../support/origin.ts'
import { constant } from '../../support/stored.ts'
import { type Asked, ask } from '../starting.ts'
import { base64, ENV_ID } from './starting.ts'
import { FOR_ALL, mobile, send, startForClients, USER } from './starting-clients.ts'

const FLAGS: Record<string, Flag> = {
  a: constant('a', 3, 'one', { ...FOR_ALL, samplingRatio: 2 }),
  mobileOnly: constant('mobileOnly', 5, 'two'),
}

const PATH = `/sdk/poll/eval/${base64(USER)}`

const stateOf = ({ body }: Pick<Asked, 'body'>): string => body.events.at(-1).data.state

const withBasis = (state: string): string => `${PATH}?basis=${encodeURIComponent(state)}`

describe('evaluated flags over FDv2', () => {
  it('(CS5.1) answers a full payload of evaluations', async () => {
    const { relay } = await startForClients({ flags: FLAGS })
    const { status, body } = await ask(relay, PATH, mobile)
    expect(status).toBe(200)
    const [intent, ...rest] = body.events
    expect(intent).toMatchObject({
      event: 'server-intent',
      data: { payloads: [{ target: 1, intentCode: 'xfer-full' }] },
    })
    const object = { value: 'one', variation: 0, flagVersion: 3, samplingRatio: 2 }
    expect(rest).toEqual([
      { event: 'put-object', data: { version: 1, kind: 'flag-eval', key: 'a', object } },
      {
        event: 'put-object',
        data: {
          version: 1,
          kind: 'flag-eval',
          key: 'mobileOnly',
          object: { value: 'two', variation: 0, flagVersion: 5 },
        },
      },
      {
        event: 'payload-transferred',
        data: { id: 'halyard', version: 1, state: expect.stringMatching(/^halyard-eval:.{43}$/) },
      },
    ])
  })

  it('(CS1.1) accepts a client-side ID in the header or in the query', async () => {
    const { relay } = await startForClients({ flags: FLAGS })
    for (const answer of [
      await ask(relay, PATH, { authorization: ENV_ID }),
      await ask(relay, `${PATH}?auth=${ENV_ID}`),
      await send(relay, `/sdk/poll/eval?auth=${ENV_ID}`, { method: 'POST', body: JSON.stringify(USER) }),
      await send(relay, `/sdk/poll/eval?auth=${ENV_ID}`, { body: JSON.stringify(USER) }),
    ]) {
      expect(answer.status).toBe(200)
      const { events } = answer.body
      expect(events.map(({ data }: { data: { key?: string } }) => data.key)).toEqual([
        undefined,
        'a',
        undefined,
      ])
    }
    expect((await ask(relay, `${PATH}?auth=unknown`)).status).toBe(401)
  })

  it('(CS5.3) answers none to the current state, until a change concerns the client', async () => {
    const { relay, served } = await startForClients({ flags: FLAGS })
    const state = stateOf(await ask(relay, PATH, mobile))
    const none = {
      event: 'server-intent',
      data: { payloads: [{ intentCode: 'none', reason: 'up-to-date' }] },
    }
    expect((await ask(relay, withBasis(state), mobile)).body.events).toMatchObject([none])
    served.change(put('a', 4, constant('a', 4, 'other', FOR_ALL)))
    await expect.poll(async () => (await ask(relay, withBasis(state), mobile)).body.events.length).toBe(4)
  })

  it('(CS5.2, CS5.3) never answers none to the state of another context or with other reasons', async () => {
    const { relay } = await startForClients({ flags: FLAGS })
    const mine = await ask(relay, PATH, mobile)
    const basis = `basis=${encodeURIComponent(stateOf(mine))}`
    const other = `/sdk/poll/eval/${base64({ ...USER, key: 'u-2' })}?${basis}`
    const known = { ...mobile, 'if-none-match': mine.headers.get('etag') ?? '' }
    for (const path of [other, `${withBasis(stateOf(mine))}&withReasons=true`]) {
      const answer = await ask(relay, path, known)
      expect(answer.status).toBe(200)
      expect(answer.body.events[0].data.payloads[0].intentCode).toBe('xfer-full')
    }
    expect((await ask(relay, PATH, known)).status).toBe(304)
  })

  it('(CS5.2) has the same states on every relay of the same data', async () => {
    const relays = [await startForClients({ flags: FLAGS }), await startForClients({ flags: FLAGS })]
    const states = await Promise.all(relays.map(async ({ relay }) => stateOf(await ask(relay, PATH, mobile))))
    expect(new Set(states).size).toBe(1)
  })
})

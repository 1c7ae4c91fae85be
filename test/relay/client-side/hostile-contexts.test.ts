import { describe, expect, it } from 'vitest'
import { constant } from '../../support/stored.ts'
import { ask, keyed } from '../starting.ts'
import { base64, ENV_ID } from './starting.ts'
import { FOR_ALL, mobile, send, startForClients, USER } from './starting-clients.ts'

const attribute = (values: readonly unknown[], op = 'in'): object => ({
  ...FOR_ALL,
  variations: [false, true],
  rules: [{ variation: 1, clauses: [{ contextKind: 'user', attribute: 'x', op, values }] }],
})

const FLAGS = {
  in: constant('in', 1, 0, attribute(['a', [['a']], { a: 1 }])),
  matches: constant('matches', 1, 0, attribute(['a*a*b'], 'matches')),
  before: constant('before', 1, 0, attribute(['2026-01-01T00:00:00Z'], 'before')),
  proto: constant('proto', 1, 0, {
    ...FOR_ALL,
    variations: [false, true],
    rules: [
      {
        variation: 1,
        clauses: [{ contextKind: 'user', attribute: '/__proto__/admin', op: 'in', values: [true] }],
      },
    ],
  }),
}

describe('hostile contexts', () => {
  it('(CS2.5) answers 400 with a message at every address', async () => {
    const { relay } = await startForClients({ flags: FLAGS })
    const contexts = [
      '%00',
      'e30',
      '!',
      base64([]),
      base64({ kind: 'user', key: '' }),
      base64({ kind: 'a b', key: 'k' }),
    ]
    for (const context of contexts) {
      for (const [path, headers] of [
        [`/sdk/evalx/contexts/${context}`, keyed],
        [`/msdk/evalx/users/${context}`, mobile],
        [`/sdk/evalx/${ENV_ID}/contexts/${context}`, {}],
        [`/sdk/poll/eval/${context}`, mobile],
      ] as const) {
        const answer = await ask(relay, path, headers)
        expect([path, answer.status, typeof answer.body?.message]).toEqual([path, 400, 'string'])
        expect(answer.headers.get('cache-control')).toBe('no-store')
        if (path.includes(ENV_ID)) expect(answer.headers.get('access-control-allow-origin')).toBe('*')
      }
    }
  })

  it('answers 431 to Base64 of 1 MB in a path, and continues to serve', async () => {
    const { relay } = await startForClients({ flags: FLAGS })
    const { status } = await ask(relay, `/sdk/evalx/contexts/${'A'.repeat(1_000_000)}`, keyed).catch(() => ({
      status: 431,
    }))
    expect(status).toBe(431)
    const long = { ...USER, x: 'a'.repeat(20_000) }
    expect((await ask(relay, `/sdk/evalx/contexts/${base64(long)}`, keyed)).status).toBe(200)
  })

  it('(CS2.6) refuses a body that is too long, keeps the connection, and reads no more of it', async () => {
    const { relay } = await startForClients({ flags: FLAGS }, { maxClientBodyBytes: 10_000 })
    const headers = { ...keyed, 'content-type': 'application/json' }
    const path = '/sdk/evalx/context'
    const context = { ...USER, x: 'a'.repeat(20_000) }
    const answer = await send(relay, path, { headers, body: JSON.stringify(context) })
    expect(answer).toMatchObject({ status: 413, body: { message: 'the body is longer than 10000 bytes' } })
    const chunked = { ...headers, 'transfer-encoding': 'chunked' }
    expect(await send(relay, path, { headers: chunked, body: JSON.stringify(context) })).toMatchObject({
      status: 413,
    })
    expect(await send(relay, path, { headers, body: JSON.stringify(USER) })).toMatchObject({ status: 200 })
  })

  it('(CS2.2) answers 415 to a body of another type, and 400 to one that is empty or gzipped', async () => {
    const { relay } = await startForClients({ flags: FLAGS })
    const path = '/sdk/evalx/context'
    const sent = async (type: string, body: string | Buffer): Promise<number> =>
      (await send(relay, path, { headers: { ...keyed, 'content-type': type }, body })).status
    expect(await sent('text/plain', JSON.stringify(USER))).toBe(415)
    expect(await sent('application/json', '')).toBe(400)
    expect(await sent('application/json', Buffer.from([0x1f, 0x8b, 8, 0]))).toBe(400)
  })

  it('(CS2.7) refuses a context that is nested too deep', async () => {
    const { relay } = await startForClients({ flags: FLAGS })
    const headers = { ...keyed, 'content-type': 'application/json' }
    const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`
    const objects = `${'{"a":'.repeat(500_000)}1${'}'.repeat(500_000)}`
    const sent = (value: string): ReturnType<typeof send> =>
      send(relay, '/sdk/evalx/context', { headers, body: `{"kind":"user","key":"u","x":${value}}` })
    for (const value of [nested(1_000_000), objects, nested(500)]) {
      expect(await sent(value)).toMatchObject({
        status: 400,
        body: { message: 'the context is nested deeper than 500 levels' },
      })
    }
    for (const value of [
      nested(499),
      JSON.stringify('[\\"{'.repeat(1_000)),
      JSON.stringify('\\'.repeat(1_001)),
    ]) {
      expect(await sent(value)).toMatchObject({
        status: 200,
        body: { in: { value: false }, matches: { value: false }, before: { value: false } },
      })
    }
  })

  it('treats __proto__ as an ordinary name of an attribute', async () => {
    const { relay } = await startForClients({ flags: FLAGS })
    const headers = { ...keyed, 'content-type': 'application/json' }
    const body = '{"kind":"user","key":"u","__proto__":{"admin":true}}'
    expect((await send(relay, '/sdk/evalx/context', { headers, body })).body.proto.value).toBe(true)
    const { body: other } = await ask(relay, `/sdk/evalx/contexts/${base64(USER)}`, keyed)
    expect(other.proto.value).toBe(false)
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
  })
})

import { describe, expect, it, onTestFinished } from 'vitest'
import { getFollowing, RedirectRefusedError } from '../../src/transport/redirects.ts'
import type { HttpResponse } from '../../src/transport/transport.ts'
import { undiciTransport } from '../../src/transport/undici-transport.ts'
import { bytes, startOrigin, status } from '../support/origin.ts'

const CREDENTIAL = 'sdk-secret'

async function get(url: string): Promise<HttpResponse> {
  const transport = undiciTransport()
  onTestFinished(() => transport.close())
  const { signal } = new AbortController()
  return getFollowing(transport, { url, headers: { authorization: CREDENTIAL }, signal })
}

function refusal(url: string): Promise<unknown> {
  return get(url).then(
    () => expect.fail('it was followed'),
    (error: unknown) => error,
  )
}

describe('getFollowing', () => {
  it.each([301, 302, 303, 307, 308])(
    '(D21) follows a redirect %i within the origin, credential and all',
    async (code) => {
      const origin = await startOrigin()
      origin.poll.always(status(code, { location: '/elsewhere?basis=x' }))
      origin.others.always(bytes(200, {}, 'here'))

      const response = await get(`${origin.url}/sdk/poll?basis=x`)

      expect(response.status).toBe(200)
      expect(origin.others.received.map(({ url }) => url)).toEqual(['/elsewhere?basis=x'])
      expect(origin.others.received[0]?.headers.authorization).toBe(CREDENTIAL)
    },
  )

  it('(D21) resolves a relative location against the place that named it', async () => {
    const origin = await startOrigin()
    origin.poll.always(status(302, { location: '../a/b' }))
    origin.others.next(status(302, { location: 'c' })).always(bytes(200, {}, 'here'))
    expect((await get(`${origin.url}/sdk/poll`)).status).toBe(200)
    expect(origin.others.received.map(({ url }) => url)).toEqual(['/a/b', '/a/c'])
  })

  it('(D21.4) follows three in a row and no more', async () => {
    const origin = await startOrigin()
    origin.others.next(...['/2', '/3', '/4'].map((location) => status(302, { location }))).always(status(200))
    expect((await get(`${origin.url}/1`)).status).toBe(200)

    const longer = await startOrigin()
    longer.others
      .next(...['/2', '/3', '/4', '/5'].map((location) => status(302, { location })))
      .always(status(200))
    const error = await refusal(`${longer.url}/1`)
    expect(error).toBeInstanceOf(RedirectRefusedError)
    expect(longer.others.received.map(({ url }) => url)).toEqual(['/1', '/2', '/3', '/4'])
  })

  it('(D21) ends a loop', async () => {
    const origin = await startOrigin()
    origin.poll.always(status(307, { location: '/sdk/poll' }))
    expect(await refusal(`${origin.url}/sdk/poll`)).toMatchObject({ code: 'REDIRECT_REFUSED', status: 307 })
    expect(origin.poll.received).toHaveLength(4)
  })

  it('(D21.5) refuses to cross origins: not even a connection is made to the other', async () => {
    const [origin, other] = [await startOrigin(), await startOrigin()]
    const port = new URL(origin.url).port
    for (const location of [
      `${other.url}/sdk/poll`,
      other.url.replace('http:', ''), // scheme-relative
      `http://localhost:${port}/`,
      `https://127.0.0.1:${port}/`,
    ]) {
      origin.poll.next(status(302, { location }))
      const error = await refusal(`${origin.url}/sdk/poll`)
      expect(error).toBeInstanceOf(RedirectRefusedError)
      expect(error).toHaveProperty('message', expect.stringContaining('another origin'))
      expect(String(error)).not.toContain(CREDENTIAL)
    }
    expect(other.accepted).toBe(0)
    expect(origin.poll.received).toHaveLength(4)
  })

  it('(D21.5) refuses to cross origins on a later hop too', async () => {
    const [origin, other] = [await startOrigin(), await startOrigin()]
    origin.others.next(status(302, { location: '/2' }), status(302, { location: other.url }))
    expect(await refusal(`${origin.url}/1`)).toBeInstanceOf(RedirectRefusedError)
    expect(other.accepted).toBe(0)
  })

  it.each([
    ['no location', {}],
    ['an empty location', { location: '' }],
    ['a location that is no URL', { location: 'http://[' }],
  ])('(D9.1) refuses a redirect with %s at once', async (_, headers) => {
    const origin = await startOrigin()
    origin.poll.always(status(302, headers))
    const error = await refusal(`${origin.url}/sdk/poll`)
    expect(error).toHaveProperty('message', 'redirect refused: it has no valid location')
    expect(origin.poll.received).toHaveLength(1)
  })
})

import { describe, expect, it } from 'vitest'
import type { RelayServer } from '../../../src/relay/relay.ts'
import { NOWHERE, start } from '../starting.ts'
import { base64, ENV_ID, ENVIRONMENT, MOBILE_KEY, startClientSide } from './starting.ts'

const CONTEXT = base64({ kind: 'user', key: 'u' })
const ORIGIN = 'https://shop.example'
const RESTRICTED = {
  ...ENVIRONMENT,
  allowedOrigins: ['https://first.example', ORIGIN],
  allowedHeaders: ['X-Team'],
}

/** Addresses of browsers with their methods, and their statuses for an environment that exists. */
const BROWSER_PATHS: readonly (readonly [path: string, methods: string])[] = [
  [`/sdk/evalx/${ENV_ID}/contexts/${CONTEXT}`, 'GET,OPTIONS'],
  [`/sdk/evalx/${ENV_ID}/users/${CONTEXT}`, 'GET,OPTIONS'],
  [`/sdk/evalx/${ENV_ID}/context`, 'REPORT,OPTIONS'],
  [`/ping/${ENV_ID}`, 'GET,OPTIONS'],
  [`/eval/${ENV_ID}/${CONTEXT}`, 'GET,OPTIONS'],
  [`/eval/${ENV_ID}`, 'REPORT,OPTIONS'],
  [`/sdk/goals/${ENV_ID}`, 'GET,OPTIONS'],
  [`/events/bulk/${ENV_ID}`, 'POST,OPTIONS'],
  [`/events/diagnostic/${ENV_ID}`, 'POST,OPTIONS'],
  [`/a/${ENV_ID}.gif`, 'GET,OPTIONS'],
  [`/sdk/poll/eval/${CONTEXT}?auth=${ENV_ID}`, 'GET,OPTIONS'],
  [`/sdk/stream/eval/${CONTEXT}?auth=${ENV_ID}`, 'GET,OPTIONS'],
  [`/sdk/poll/eval?auth=${ENV_ID}`, 'POST,REPORT,OPTIONS'],
  [`/sdk/stream/eval?auth=${ENV_ID}`, 'POST,REPORT,OPTIONS'],
]

async function head(relay: RelayServer, path: string, init: RequestInit = {}): Promise<Response> {
  const leave = new AbortController()
  const response = await fetch(relay.url + path, { ...init, signal: leave.signal })
  leave.abort()
  return response
}

const originOf = ({ headers }: Response): string | null => headers.get('access-control-allow-origin')

const variesByOrigin = ({ headers }: Response): boolean => (headers.get('vary') ?? '').includes('Origin')

describe('every answer at an address of browsers', () => {
  it.each(BROWSER_PATHS)('(CS23.1) has the CORS headers, whatever its status: %s', async (path, methods) => {
    const { relay } = await startClientSide()
    const without = await start({ endpoints: NOWHERE, environments: [ENVIRONMENT], initTimeoutMs: 1 })
    const wrong = path.replace(ENV_ID, 'another')
    const headers = { origin: ORIGIN }
    const method = methods.split(',')[0] ?? ''
    const answers = [
      await head(relay, path, { headers, method }),
      await head(relay, path, { headers, method: 'OPTIONS' }),
      await head(relay, path, { headers, method: 'DELETE' }),
      await head(relay, wrong, { headers, method }),
      await head(relay, wrong, { headers, method: 'OPTIONS' }),
      await head(without, path, { headers, method }),
    ]
    for (const answer of answers) {
      expect(originOf(answer), String(answer.status)).toBe(ORIGIN)
      expect(answer.headers.get('access-control-allow-methods')).toBe(methods)
      expect(answer.headers.get('access-control-allow-credentials')).toBe('false')
      expect(answer.headers.get('access-control-max-age')).toBe('300')
      expect(answer.headers.get('access-control-allow-headers')).toContain('X-LaunchDarkly-User-Agent')
      expect(answer.headers.get('access-control-expose-headers')).toContain('Date')
      expect(variesByOrigin(answer)).toBe(true)
    }
    expect(answers[2]?.status).toBe(405)
    expect(answers[3]?.status).toBe(path.includes('auth=') ? 401 : 404)
  })

  it.each(BROWSER_PATHS)('(CS23.5) OPTIONS is answered 200 without a body: %s', async (path) => {
    const { relay } = await startClientSide()
    const preflight = async (target: string): Promise<readonly unknown[]> => {
      const answer = await fetch(relay.url + target, { method: 'OPTIONS', headers: { origin: ORIGIN } })
      return [answer.status, await answer.text()]
    }
    expect(await preflight(path)).toEqual([200, ''])
    const [unknown] = await preflight(path.replace(ENV_ID, 'another'))
    expect(unknown).toBe(path.includes('auth=') ? 200 : 404)
    expect(await preflight(path.replace(`auth=${ENV_ID}`, ''))).toEqual([200, ''])
  })

  it.each(BROWSER_PATHS)('(CS23.2) has the first allowed origin for any other: %s', async (path) => {
    const { relay } = await startClientSide({ environments: [RESTRICTED] })
    const allowed = async (headers: Record<string, string>): Promise<string | null> =>
      originOf(await head(relay, path, { headers }))
    expect(await allowed({ origin: ORIGIN })).toBe(ORIGIN)
    expect(await allowed({ origin: 'https://evil.example' })).toBe('https://first.example')
    expect(await allowed({})).toBe('https://first.example')
  })
})

it('(CS23.5) 2,000 preflights are answered without data to evaluate', async () => {
  const relay = await start({ endpoints: NOWHERE, environments: [ENVIRONMENT], initTimeoutMs: 1 })
  const preflight = async (index: number): Promise<number> => {
    const path = BROWSER_PATHS[index % BROWSER_PATHS.length]?.[0] ?? ''
    return (await head(relay, path, { method: 'OPTIONS', headers: { origin: ORIGIN } })).status
  }
  const statuses: number[] = []
  for (let batch = 0; batch < 20; batch++) {
    const numbers = Array.from({ length: 100 }, (_, index) => batch * 100 + index)
    statuses.push(...(await Promise.all(numbers.map(preflight))))
  }
  expect(new Set(statuses)).toEqual(new Set([200]))
})

it('(CS23.2) without allowed origins, an answer allows all', async () => {
  const { relay } = await startClientSide()
  expect(originOf(await head(relay, `/ping/${ENV_ID}`))).toBe('*')
  expect(originOf(await head(relay, `/ping/${ENV_ID}`, { headers: { origin: 'null' } }))).toBe('null')
})

it('(CS23.3) varies by origin unless one origin is allowed', async () => {
  const one = { ...ENVIRONMENT, allowedOrigins: [ORIGIN] }
  const { relay } = await startClientSide({ environments: [one] })
  const several = await startClientSide({ environments: [RESTRICTED] })
  expect(variesByOrigin(await head(relay, `/ping/${ENV_ID}`))).toBe(false)
  expect(variesByOrigin(await head(several.relay, `/ping/${ENV_ID}`))).toBe(true)
})

it('(CS23.4) allows the headers of the environment', async () => {
  const { relay } = await startClientSide({ environments: [RESTRICTED] })
  const { headers } = await head(relay, `/ping/${ENV_ID}`)
  expect(headers.get('access-control-allow-headers')).toMatch(/,X-Team$/)
})

it('(CS23.6) an unknown credential allows every origin', async () => {
  const { relay } = await startClientSide({ environments: [RESTRICTED] })
  const origins = await Promise.all(
    ['/ping/another', `/sdk/stream/eval/${CONTEXT}`].map(async (path) =>
      originOf(await head(relay, path, { headers: { origin: 'https://evil.example' } })),
    ),
  )
  expect(origins).toEqual(['https://evil.example', 'https://evil.example'])
})

it('(CS23.1) answers to servers and mobile SDKs have no CORS headers', async () => {
  const { relay } = await startClientSide()
  const mobile = { origin: ORIGIN, authorization: MOBILE_KEY }
  const server = { origin: ORIGIN, authorization: ENVIRONMENT.sdkKey }
  expect(originOf(await head(relay, '/mping', { headers: mobile }))).toBeNull()
  expect(originOf(await head(relay, '/all', { headers: server }))).toBeNull()
  expect((await head(relay, '/mping', { method: 'OPTIONS', headers: mobile })).status).toBe(405)
})

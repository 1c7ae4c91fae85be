import { expect, it, onTestFinished } from 'vitest'
import type { RelayConfig } from '../../../src/relay/config/relay-config.ts'
import { notes } from '../../client/starting.ts'
import { SDK_KEY } from '../../support/engine.ts'
import { base64, ENV_ID, ENVIRONMENT, MOBILE_KEY, startClientSide } from '../client-side/starting.ts'

const headers = { authorization: SDK_KEY, 'x-launchdarkly-user-agent': 'NodeJSClient/9.7.1' }

/** Starts a relay, and returns the lines about requests that it has logged. */
async function startLogging(config: Partial<RelayConfig>, target: 'logger' | 'console' = 'logger') {
  const { log, logger } = notes()
  const { relay } = await startClientSide(config, { logger: undefined, [target]: logger } as object)
  return { relay, lines: () => log.filter((line) => line.includes('request: ')) }
}

it('(S222.1) logs one line for each request at debug, with method, route, status, duration, bytes and SDK', async () => {
  const { relay, lines } = await startLogging({ logLevel: 'debug' })
  await (await fetch(`${relay.url}/sdk/poll?basis=x`, { headers })).text()
  await (await fetch(`${relay.url}/healthz`)).text()
  await expect.poll(lines).toHaveLength(2)
  expect(lines()).toEqual([
    expect.stringMatching(
      /^debug: test: request: answered: GET \/sdk\/poll 200 \(\d+\.\d ms, \d{3,} bytes, NodeJSClient\/9\.7\.1\)$/,
    ),
    expect.stringMatching(/^debug: request: answered: GET \/healthz 200 \(\d+\.\d ms, \d{3,} bytes\)$/),
  ])
})

it('(S222.1) a JSON line has the parts of the request as members', async () => {
  const { relay, lines } = await startLogging({ logLevel: 'debug', logFormat: 'json' }, 'console')
  await (await fetch(`${relay.url}/sdk/poll`, { headers })).text()
  await expect.poll(lines).toHaveLength(1)
  expect(JSON.parse(String(lines()[0]).slice('info: '.length))).toMatchObject({
    level: 20,
    environment: 'test',
    request: {
      event: 'answered',
      method: 'GET',
      route: '/sdk/poll',
      status: 200,
      durationMs: expect.any(Number),
      bytes: expect.any(Number),
      sdk: 'NodeJSClient/9.7.1',
    },
  })
})

it('(S222.2) logs a stream when it begins and when it ends', async () => {
  const { relay, lines } = await startLogging({ logLevel: 'debug' })
  const leaving = new AbortController()
  onTestFinished(() => leaving.abort())
  await fetch(`${relay.url}/sdk/stream`, { headers, signal: leaving.signal })
  await expect.poll(lines).toEqual([expect.stringContaining('request: stream began: GET /sdk/stream 200')])
  leaving.abort()
  await expect
    .poll(lines)
    .toEqual([expect.anything(), expect.stringContaining('request: stream ended: GET /sdk/stream 200')])
})

it('(S222.3) the lines contain no context, key or query', async () => {
  const { relay, lines } = await startLogging({ logLevel: 'debug' })
  const context = base64({ kind: 'user', key: 'secret' })
  const paths = [
    `/sdk/evalx/${ENV_ID}/contexts/${context}?h=secret`,
    `/msdk/evalx/contexts/${context}`,
    `/sdk/poll/eval/${context}?auth=${ENV_ID}`,
    '/secret',
    '/all?filter=secret-filter',
  ]
  for (const path of paths)
    await (await fetch(`${relay.url}${path}`, { headers: { authorization: MOBILE_KEY } })).text()
  await expect.poll(lines).toHaveLength(paths.length)
  for (const secret of ['secret', context, ENV_ID, MOBILE_KEY]) expect(lines().join()).not.toContain(secret)
})

it('(S222.4) the level of an environment decides on the requests with its credentials', async () => {
  const environments = [{ ...ENVIRONMENT, logLevel: 'debug' } as const]
  const { relay, lines } = await startLogging({ logLevel: 'info', environments })
  await (await fetch(`${relay.url}/healthz`)).text()
  await (await fetch(`${relay.url}/sdk/poll`, { headers })).text()
  await expect.poll(lines).toEqual([expect.stringContaining('GET /sdk/poll')])
  const quiet = await startLogging({
    logLevel: 'debug',
    environments: [{ ...ENVIRONMENT, logLevel: 'warn' }],
  })
  await (await fetch(`${quiet.relay.url}/sdk/poll`, { headers })).text()
  await (await fetch(`${quiet.relay.url}/healthz`)).text()
  await expect.poll(quiet.lines).toEqual([expect.stringContaining('GET /healthz')])
})

import { expect, it, onTestFinished } from 'vitest'
import type { RelayServer } from '../../src/relay/relay.ts'
import { SDK_KEY } from '../support/engine.ts'
import { ask, at, keyed, NOWHERE, start, upstream } from './starting.ts'

const SECOND = { name: 'second', sdkKey: 'sdk-second-0b5e', ttlMs: 300_000 }
const environments = [{ name: 'test', sdkKey: SDK_KEY, ttlMs: 300_000 }, SECOND]

const POLLS = ['/sdk/poll', '/sdk/latest-all', '/sdk/flags', '/sdk/flags/a', '/sdk/segments/s']
const STREAMS = ['/sdk/stream', '/all', '/flags']

/** Returns the headers of the answer, without reading its body. */
async function head(
  relay: RelayServer,
  path: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  const leave = new AbortController()
  onTestFinished(() => leave.abort())
  return fetch(relay.url + path, { headers, signal: leave.signal })
}

const vary = ({ headers }: Pick<Response, 'headers'>): readonly string[] =>
  (headers.get('vary') ?? '').split(', ')

it.each([...STREAMS, '/status/events'])('(S190) nginx does not buffer the event stream %s', async (path) => {
  const relay = await start({ endpoints: at(await upstream('one')) })
  await relay.started
  const { status, headers } = await head(relay, path, keyed)
  expect([status, headers.get('x-accel-buffering')]).toEqual([200, 'no'])
})

it('(S191) every answer varies by authorization', async () => {
  const relay = await start({ endpoints: at(await upstream('one')), environments })
  const empty = await start({ endpoints: NOWHERE, environments, initTimeoutMs: 1 })
  await relay.started
  for (const path of [...POLLS, ...STREAMS, '/sdk/flags/none', '/nothing']) {
    for (const each of [relay, empty]) {
      for (const headers of [{}, { authorization: 'sdk-wrong' }, keyed]) {
        const answer = await head(each, path, headers)
        expect(vary(answer), `${path} ${answer.status}`).toContain('authorization')
        if (answer.status >= 400) expect(answer.headers.get('cache-control')).toBe('no-store')
      }
    }
  }
})

it('(S191) a 304 has the same caching headers as the full answer', async () => {
  const relay = await start({ endpoints: at(await upstream('one')), environments })
  await relay.started
  for (const path of ['/sdk/poll', '/sdk/latest-all', '/sdk/flags', '/sdk/flags/a']) {
    const whole = await ask(relay, path, keyed)
    const etag = whole.headers.get('etag') ?? ''
    // A cache may have weakened the tag.
    const again = await ask(relay, path, { ...keyed, 'if-none-match': `"other", ${etag}` })
    expect([path, again.status]).toEqual([path, 304])
    for (const name of ['cache-control', 'vary', 'etag'])
      expect(again.headers.get(name), `${path} ${name}`).toBe(whole.headers.get(name))
  }
})

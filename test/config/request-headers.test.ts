import { describe, expect, it } from 'vitest'
import { normalise } from '../../src/config/normalise.ts'
import { presets } from '../../src/config/presets.ts'
import {
  type IdentityOptions,
  readIdentity,
  requestHeaders,
  VERSION,
} from '../../src/config/request-headers.ts'
import type { HttpHeaders } from '../../src/transport/transport.ts'
import { SDK_KEY, startEngine } from '../support/engine.ts'
import { body, full, LiveStream, put, startOrigin, status } from '../support/origin.ts'
import { startProxy } from '../support/proxy.ts'
import { recorder } from './recorder.ts'

const GUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

function headersOf(options: IdentityOptions): {
  readonly headers: HttpHeaders
  readonly warnings: readonly string[]
} {
  const { warnings, logger } = recorder()
  return {
    headers: requestHeaders({ sdkKey: 'key', instanceId: 'i', ...readIdentity(options, logger) }),
    warnings,
  }
}

describe('the headers of a request', () => {
  it('(S20) are few without identity options', () => {
    expect(headersOf({})).toEqual({
      headers: {
        authorization: 'key',
        'user-agent': `Halyard/${VERSION}`,
        'x-launchdarkly-instance-id': 'i',
      },
      warnings: [],
    })
  })

  it('(S20) contain the application, sorted by tag', () => {
    const application = { versionName: 'spring', version: '1.2.3', name: 'Web_Shop', id: 'shop-1' }
    expect(headersOf({ application }).headers['x-launchdarkly-tags']).toBe(
      'application-id/shop-1 application-name/Web_Shop application-version/1.2.3 application-version-name/spring',
    )
  })

  it.each([[''], ['two words'], ['a/b'], ['ä'], ['x'.repeat(65)], ['evil\r\nx: y'], ['trailing\n']])(
    '(S20) leave out the invalid tag %j, with a warning that does not repeat it',
    (id) => {
      const { headers, warnings } = headersOf({ application: { id, version: 'x'.repeat(64) } })
      expect(headers['x-launchdarkly-tags']).toBe(`application-version/${'x'.repeat(64)}`)
      expect(warnings).toHaveLength(1)
      expect(warnings[0]).toMatch(/^application\.id is not /)
      if (id.length > 5) expect(warnings[0]).not.toContain(id)
      expect(headersOf({ application: { id } }).headers).not.toHaveProperty('x-launchdarkly-tags')
    },
  )

  it.each([
    [{ name: 'wrap' }, 'wrap'],
    [{ name: 'wrap', version: '1.0' }, 'wrap/1.0'],
    [{ name: '' }, undefined],
    [{ name: 'evil\r\nx: y' }, undefined],
    [{ name: 'wrap', version: 'ü' }, undefined],
  ])('(S20) contain the wrapper %j as %s', (wrapper, expected) => {
    const { headers, warnings } = headersOf({ wrapper })
    expect(headers['x-launchdarkly-wrapper']).toBe(expected)
    expect(warnings).toHaveLength(expected ? 0 : 1)
  })

  it('(S20) differ between data systems', () => {
    const { logger } = recorder()
    const instance = (): string | undefined =>
      normalise('key', presets.default(), { logger }).headers['x-launchdarkly-instance-id']
    expect(instance()).toMatch(GUID_V4)
    expect(instance()).not.toBe(instance())
  })
})

describe('every request of every source', () => {
  const application = { id: 'shop' }
  const wrapper = { name: 'wrap', version: '2' }

  it('(S20, D21) has the headers: initializer, stream, polls, redirected requests, through a proxy too', async () => {
    const [origin, proxy] = [await startOrigin(), await startProxy()]
    const live = new LiveStream(full('s1', put('checkout', 1)))
    origin.poll
      .next(status(307, { location: '/sdk/poll?again' }))
      .always(body(full('s1', put('checkout', 1))))
    origin.stream.next(live.answer).always(status(503))
    const engine = startEngine({
      plan: presets.default(),
      endpoints: origin.endpoints,
      application,
      wrapper,
      proxy: proxy.url,
      // Long durations, so that no source is left on a busy machine.
      timings: { noProgressMs: 60_000, firstDataMs: 60_000, pollSilenceMs: 60_000 },
    })
    await engine.follows('streaming')
    live.cut()
    await engine.follows('polling')

    const isComplete = (): boolean => origin.poll.received.length > 2 && origin.stream.received.length > 1
    await origin.until(isComplete, 'polls and streams of each kind')

    const requests = [...origin.poll.received, ...origin.stream.received]
    // Another request may be in progress.
    expect(proxy.seen.length).toBeGreaterThanOrEqual(requests.length)
    const instanceId = requests[0]?.headers['x-launchdarkly-instance-id']
    for (const { headers } of requests) {
      expect(headers).toMatchObject({
        authorization: SDK_KEY,
        'user-agent': `Halyard/${VERSION}`,
        'x-launchdarkly-tags': 'application-id/shop',
        'x-launchdarkly-wrapper': 'wrap/2',
        'x-launchdarkly-instance-id': instanceId,
      })
    }
    expect(instanceId).toMatch(GUID_V4)
  })
})

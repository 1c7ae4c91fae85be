import { expect, it } from 'vitest'
import { describeWith } from '../support/requirements/requirement.ts'
import { change } from '../support/stored.ts'
import { officialSdk, statusOf, USER } from './support/clients.ts'
import {
  documentedNginx,
  OPERATOR_PATHS,
  PRODUCTION,
  plainNginx,
  STAGING,
  startPair,
} from './support/relays.ts'
import { NGINX, startNginx } from './support/servers.ts'

describeWith(NGINX, 'nginx in front of a relay', () => {
  it('with its defaults it delivers the first data and every change (4.1)', async () => {
    const { service, relay } = await startPair()
    const nginx = await startNginx(plainNginx(relay.port))
    const client = await officialSdk(nginx.url, PRODUCTION)
    expect(await client.variation('a', USER, 'fallback')).toBe('production')
    service.change(PRODUCTION, change('a', 2, 'changed'))
    await expect.poll(() => client.variation('a', USER, 'fallback')).toBe('changed')
  })

  it('its cache keeps environments and strangers apart (4.2)', async () => {
    const { relay } = await startPair()
    const nginx = await startNginx(
      `proxy_cache_path FOLDER/cache keys_zone=flags:1m; ${plainNginx(
        relay.port,
        'proxy_cache flags; add_header X-Cache $upstream_cache_status always;',
      )}`,
    )
    const ask = async (authorization: string): Promise<readonly unknown[]> => {
      const response = await fetch(`${nginx.url}/sdk/flags/a`, { headers: { authorization } })
      const body = response.ok ? ((await response.json()) as Body) : undefined
      return [response.status, response.headers.get('x-cache'), body?.variations[0]]
    }
    interface Body {
      readonly variations: readonly unknown[]
    }
    expect(await ask(PRODUCTION)).toEqual([200, 'MISS', 'production'])
    expect(await ask(PRODUCTION)).toEqual([200, 'HIT', 'production'])
    expect(await ask(STAGING)).toEqual([200, 'MISS', 'staging'])
    expect((await ask('sdk-of-nobody')).slice(0, 1)).toEqual([401])
    expect(await ask(PRODUCTION)).toEqual([200, expect.stringMatching(/HIT|MISS/), 'production'])
  })

  it('the documented configuration serves SDKs and keeps operators’ paths closed (4.3)', async () => {
    const { relay } = await startPair()
    const closed = documentedNginx(relay).replace('allow 127.0.0.1;', '')
    const nginx = await startNginx(closed)
    const client = await officialSdk(nginx.url, STAGING)
    expect(await client.variation('a', USER, 'fallback')).toBe('staging')
    for (const target of OPERATOR_PATHS)
      expect(await statusOf(nginx.url, target), target).toBeGreaterThanOrEqual(400)
    const open = await startNginx(documentedNginx(relay))
    expect(await statusOf(open.url, '/status')).toBe(200)
  })

  it('the documented configuration asks the next relay while one is away', async () => {
    const [one, two] = [await startPair(), await startPair()]
    const nginx = await startNginx(documentedNginx(one.relay, two.relay))
    const client = await officialSdk(nginx.url, PRODUCTION)
    one.relay.signal('SIGTERM')
    await one.relay.ended
    for (let count = 0; count < 20; count++) {
      const response = await fetch(`${nginx.url}/sdk/latest-all`, { headers: { authorization: STAGING } })
      expect(response.status).toBe(200)
      await response.body?.cancel()
    }
    two.service.change(PRODUCTION, change('a', 2, 'from two'))
    await expect.poll(() => client.variation('a', USER, 'fallback')).toBe('from two')
  })
})

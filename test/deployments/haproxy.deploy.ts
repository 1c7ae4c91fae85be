import { expect, it } from 'vitest'
import { describeWith } from '../support/requirements/requirement.ts'
import { change } from '../support/stored.ts'
import { officialSdk, statusOf, USER } from './support/clients.ts'
import { OPERATOR_PATHS, PRODUCTION, STAGING, startPair } from './support/relays.ts'
import { configurationIn, HAPROXY, startHaproxy } from './support/servers.ts'

/** The configuration of the documents, in front of these relays. */
function documented(...relays: readonly { readonly port: number }[]): string {
  const servers = relays.map(({ port }, index) => `  server s${index} 127.0.0.1:${port}\n`).join('')
  return configurationIn('behind-a-proxy.md', 'haproxy')
    .replace(/( {2}server \w+ 10\..*\n)+/, servers)
    .replace('bind :80', 'bind 127.0.0.1:PORT')
}

/** Asks until the balancer has found a relay that is ready. */
async function served(url: string): Promise<void> {
  const headers = { authorization: PRODUCTION }
  await expect.poll(async () => (await fetch(`${url}/sdk/flags/a`, { headers })).status).toBe(200)
}

describeWith(HAPROXY, 'HAProxy in front of a relay', () => {
  it('delivers the first data and every change, with the documented configuration', async () => {
    const { service, relay } = await startPair()
    const haproxy = await startHaproxy(documented(relay))
    await served(haproxy.url)
    const client = await officialSdk(haproxy.url, PRODUCTION)
    expect(await client.variation('a', USER, 'fallback')).toBe('production')
    service.change(PRODUCTION, change('a', 2, 'changed'))
    await expect.poll(() => client.variation('a', USER, 'fallback')).toBe('changed')
  })

  it('keeps operators’ paths closed, however they are spelled (4.3)', async () => {
    const { relay } = await startPair()
    const haproxy = await startHaproxy(documented(relay))
    await served(haproxy.url)
    for (const target of OPERATOR_PATHS)
      expect(await statusOf(haproxy.url, target), target).toBeGreaterThanOrEqual(400)
    expect(await statusOf(relay.url, '/status')).toBe(200)
  })

  it('asks the next relay while one is away', async () => {
    const [one, two] = [await startPair(), await startPair()]
    const haproxy = await startHaproxy(documented(one.relay, two.relay))
    await served(haproxy.url)
    const client = await officialSdk(haproxy.url, PRODUCTION)
    one.relay.signal('SIGTERM')
    await one.relay.ended
    for (let count = 0; count < 20; count++) {
      const response = await fetch(`${haproxy.url}/sdk/flags/a`, { headers: { authorization: STAGING } })
      expect(response.status).toBe(200)
      await response.body?.cancel()
    }
    two.service.change(PRODUCTION, change('a', 2, 'from two'))
    await expect.poll(() => client.variation('a', USER, 'fallback')).toBe('from two')
  })

  it('loses no request while a relay drains (4.6)', async () => {
    const main = 'shutdownDelay = 4s\n'
    const [one, two] = [await startPair(main), await startPair(main)]
    const haproxy = await startHaproxy(documented(one.relay, two.relay))
    await served(haproxy.url)
    const client = await officialSdk(haproxy.url, PRODUCTION)
    one.relay.signal('SIGTERM')
    let isOver = false
    void one.relay.ended.then(() => {
      isOver = true
    })
    const readiness = (): Promise<number> => statusOf(one.relay.url, '/readyz')
    await expect.poll(readiness).toBe(503)
    const headers = { authorization: STAGING }
    // Unready, but it still serves.
    expect((await fetch(`${one.relay.url}/sdk/flags/a`, { headers })).status).toBe(200)
    const statuses = new Set<number>()
    while (!isOver) {
      const response = await fetch(`${haproxy.url}/sdk/flags/a`, { headers })
      await response.body?.cancel()
      statuses.add(response.status)
    }
    expect([...statuses]).toEqual([200])
    expect(await one.relay.ended).toBe(0)
    two.service.change(PRODUCTION, change('a', 2, 'from two'))
    await expect.poll(() => client.variation('a', USER, 'fallback')).toBe('from two')
  })
})

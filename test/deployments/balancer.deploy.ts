import { expect, it, onTestFinished } from 'vitest'
import { REDIS, startRedis } from '../support/redis-server.ts'
import { describeWith, type Requirement } from '../support/requirements/requirement.ts'
import { change } from '../support/stored.ts'
import { officialSdk, openEventStream, startService, USER } from './support/clients.ts'
import { configurationWithRedis, PRODUCTION } from './support/relays.ts'
import { HAPROXY, startHaproxy, startRelay } from './support/servers.ts'

const BOTH: Requirement = {
  name: 'haproxy and redis-server',
  remedy: 'Install them, for example with: apt-get install haproxy redis-server',
  isAvailable: () => HAPROXY.isAvailable() && REDIS.isAvailable(),
}

/** One relay at a time may be away; a client that comes back is sent to the next. */
const balancer = (ports: readonly number[]): string =>
  [
    'defaults',
    '  mode http',
    '  timeout connect 5s',
    '  timeout client 50s',
    '  timeout server 50s',
    'listen relays',
    '  bind 127.0.0.1:PORT',
    '  balance roundrobin',
    '  option httpchk GET /readyz',
    '  option redispatch',
    '  retries 3',
    '  retry-on conn-failure empty-response 503',
    '  default-server check inter 200ms fall 1 rise 1',
    ...ports.map((port, index) => `  server s${index} 127.0.0.1:${port}`),
    '',
  ].join('\n')

describeWith(BOTH, 'a balancer over three relays on one Redis', () => {
  it('clients keep their data while relays restart, and reconnecting costs deltas', async () => {
    const many = Array.from({ length: 50 }, (_, index) => change(`flag-${index}`, 1, 'x'.repeat(1_000)))
    const service = await startService({ [PRODUCTION]: [change('a', 1, 'one'), ...many] })
    const redis = await startRedis()
    onTestFinished(() => redis.stop())
    const configuration = configurationWithRedis(service.url, redis.url)
    const relays = [await startRelay(configuration), await startRelay(configuration)]
    relays.push(await startRelay(configuration))
    const haproxy = await startHaproxy(balancer(relays.map(({ port }) => port)))
    const headers = { authorization: PRODUCTION }
    const isServed = async (): Promise<boolean> => (await fetch(`${haproxy.url}/readyz`)).ok
    await expect.poll(isServed).toBe(true)
    const clients = [await officialSdk(haproxy.url, PRODUCTION), await officialSdk(haproxy.url, PRODUCTION)]
    const values = (): Promise<readonly unknown[]> =>
      Promise.all(clients.map((client) => client.variation('a', USER, 'fallback')))
    expect(await values()).toEqual(['one', 'one'])

    let version = 1
    for (const [index, { port, signal, ended }] of relays.entries()) {
      signal('SIGTERM')
      await ended
      expect(await values()).not.toContain('fallback')
      version++
      service.change(PRODUCTION, change('a', version, `after ${index}`))
      const expected = [`after ${index}`, `after ${index}`]
      await expect.poll(values).toEqual(expected)
      relays[index] = await startRelay(configuration, port)
    }

    // A basis of before the restarts is known to each relay, through the history they share.
    for (const { url } of relays) {
      const stream = await openEventStream(`${url}/sdk/stream?basis=state-1`, PRODUCTION)
      await stream.until(/payload-transferred/)
      expect(stream.text()).toContain('xfer-changes')
      expect(stream.text()).not.toContain('flag-7')
      const answer = await fetch(`${url}/sdk/poll?basis=state-4`, { headers })
      expect(await answer.text()).toContain('"none"')
    }
  })
})

import { expect, it, onTestFinished } from 'vitest'
import { REDIS, startRedis } from '../support/redis-server.ts'
import { describeWith, type Requirement } from '../support/requirements/requirement.ts'
import { change } from '../support/stored.ts'
import { startService } from './support/clients.ts'
import { configurationWithRedis, PRODUCTION } from './support/relays.ts'
import { configurationIn, HAPROXY, startHaproxy, startRelay } from './support/servers.ts'
import { StreamHerd } from './support/stream-herd.ts'

const BOTH: Requirement = {
  name: 'haproxy and redis-server',
  remedy: 'Install them, for example with: apt-get install haproxy redis-server',
  isAvailable: () => HAPROXY.isAvailable() && REDIS.isAvailable(),
}

const CLIENTS = 2_000

/** Returns the configuration of docs/relay-scale.md with servers at these ports, and with statistics. */
function balancer(ports: readonly number[]): string {
  const servers = ports.map((port, index) => `  server relay${index + 1} 127.0.0.1:${port}`)
  return configurationIn('relay-scale.md', 'haproxy')
    .replace(/maxconn .*/, `maxconn ${2 * CLIENTS}`)
    .replace(/bind .*/, 'bind 127.0.0.1:PORT')
    .replace(/( {2}server .*\n)+/, `${servers.join('\n')}\n  stats enable\n  stats uri /balancer\n`)
}

/** Returns the number of relays to which the balancer sends clients. */
async function selectable(url: string): Promise<number> {
  const table = await (await fetch(`${url}/balancer;csv`)).text()
  return table.split('\n').filter((row) => /^relays,relay\d.*,UP,/.test(row)).length
}

/** Opens all streams, restarts each relay, and changes a flag after each restart. Returns the bytes that all clients received. */
async function run(replicas: number, restarts: 'rolling' | 'none'): Promise<StreamHerd> {
  const flags = Array.from({ length: 100 }, (_, index) => change(`flag-${index}`, 1, 'x'.repeat(500)))
  const service = await startService({ [PRODUCTION]: [change('a', 1, 'one'), ...flags] })
  const redis = await startRedis()
  onTestFinished(() => redis.stop())
  const configuration = configurationWithRedis(service.url, redis.url, ['shutdownDelay = 2s'])
  const relays = [await startRelay(configuration)]
  while (relays.length < replicas) relays.push(await startRelay(configuration))
  const haproxy = await startHaproxy(balancer(relays.map(({ port }) => port)))
  await expect.poll(() => selectable(haproxy.url)).toBe(replicas)
  const herd = new StreamHerd(haproxy.url, PRODUCTION, CLIENTS)
  await expect.poll(() => herd.holding('a', 1)).toBe(CLIENTS)
  for (let index = 0; index < replicas; index++) {
    const relay = relays[index]
    if (restarts === 'rolling' && relay) {
      relay.signal('SIGTERM')
      await relay.ended
      await expect.poll(() => herd.open).toBe(CLIENTS)
      relays[index] = await startRelay(configuration, relay.port)
      // An orchestrator waits for this, too, before it stops the next one.
      await expect.poll(() => selectable(haproxy.url)).toBe(replicas)
    }
    service.change(PRODUCTION, change('a', index + 2, `after ${index}`))
    await expect.poll(() => herd.holding('a', index + 2)).toBe(CLIENTS)
  }
  herd.close()
  return herd
}

describeWith(BOTH, 'several relays behind a balancer', () => {
  it.each([2, 5])(
    '(S231) a rolling restart of %i relays leaves no client without a stream, with older data, or with a full payload',
    async (replicas) => {
      const herd = await run(replicas, 'rolling')
      const alone = await run(1, 'none')
      expect({ failures: herd.failures, older: herd.older }).toEqual({ failures: {}, older: 0 })
      expect(herd.bytes / alone.bytes).toBeLessThan(1.2)
    },
  )
})

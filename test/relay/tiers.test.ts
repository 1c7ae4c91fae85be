import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { init } from '@launchdarkly/node-server-sdk'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openStream, outline } from '../server/raw-http.ts'
import { SDK_KEY } from '../support/engine.ts'
import { eventually } from '../support/redis-server.ts'
import { change } from '../support/stored.ts'
import { killableService } from './killable-service.ts'
import { type RelayProcess, startProcess } from './relay-process.ts'
import { keyed, silent } from './starting.ts'

/** Starts a relay process, without a database, whose service is at this address. */
async function relayOf(upstream: string, port = 0): Promise<RelayProcess> {
  const directory = mkdtempSync(join(tmpdir(), 'halyard-tier-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const path = join(directory, 'relay.conf')
  const main = [
    '[Main]',
    `port = ${port}`,
    'host = "127.0.0.1"',
    'initTimeout = 5m',
    `baseUri = "${upstream}"`,
    `streamUri = "${upstream}"`,
  ]
  writeFileSync(path, [...main, '[Environment "test"]', `sdkKey = "${SDK_KEY}"`, ''].join('\n'))
  const relay = await startProcess(path)
  await eventually(async () => (await fetch(`${relay.url}/readyz`)).ok)
  return relay
}

/** Starts a service, a relay of it, and two relays of that relay. */
async function tiers() {
  const flags = Array.from({ length: 20 }, (_, index) => change(`flag-${index}`, 1, 'x'.repeat(200)))
  const service = await killableService([change('a', 1, 'one'), ...flags])
  const hub = await relayOf(service.endpoints.polling ?? '')
  const edges = await Promise.all([relayOf(hub.url), relayOf(hub.url)])
  return { service, hub, edges }
}

/** Opens a stream of an edge with a basis, and returns it when it has received its first answer. */
async function streamOf({ url }: RelayProcess, basis = '') {
  const stream = await openStream(`${url}/sdk/stream?basis=${basis}`, keyed)
  await stream.until(basis === '' ? 'payload-transferred' : 'server-intent')
  return stream
}

/** Returns the answers of a relay by type, from its metrics, which may be 250 ms old. */
async function answersOf({ url }: RelayProcess): Promise<Readonly<Record<string, number>>> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const rows = [...text.matchAll(/^halyard_relay_answers_total\{.*type="(\w+)".*\} (\d+)$/gm)]
  return Object.fromEntries(rows.map(([, type, count]) => [type, Number(count)]))
}

describe('relays of a relay, as processes', () => {
  it('(S230.1) a change passes each tier as a delta, to FDv2 streams and to official SDKs', async () => {
    const { service, hub, edges } = await tiers()
    const [edge, other] = edges
    const stream = await streamOf(edge)
    const options = { baseUri: edge.url, streamUri: edge.url, sendEvents: false, logger: silent }
    const client = init(SDK_KEY, options)
    onTestFinished(() => client.close())
    await client.waitForInitialization({ timeout: 60 })
    for (let version = 2; version <= 6; version++) {
      service.change(change('a', version, `value ${version}`))
      await stream.until(`"${service.state}"`)
    }
    expect(outline(stream.text()).slice(-3)).toEqual([
      'server-intent xfer-changes stale',
      'put-object a',
      `payload-transferred ${service.state}`,
    ])
    await eventually(async () => (await client.variation('a', { kind: 'user', key: 'u' }, '')) === 'value 6')
    // Each edge has fetched everything once; all else were deltas.
    for (const relay of [hub, edge]) await expect.poll(async () => (await answersOf(relay)).full).toBe(2)
    // The second edge never saw the client, but knows its state.
    await eventually(async () => (await fetch(`${other.url}/sdk/latest-all`, { headers: keyed })).ok)
    const moved = await streamOf(other, 'state-3')
    await moved.until(`"${service.state}"`)
    expect(outline(moved.text())).toEqual([
      'server-intent xfer-changes stale',
      'put-object a',
      `payload-transferred ${service.state}`,
    ])
  })

  it('(S230.2) clients keep data and streams while the hub or the service is away, and then receive only what changed', async () => {
    const { service, hub, edges } = await tiers()
    const [edge] = edges
    const stream = await streamOf(edge)
    await service.kill()
    expect(await hub.end('SIGKILL')).toMatchObject({ signal: 'SIGKILL' })
    const during = await fetch(`${edge.url}/sdk/latest-all`, { headers: keyed })
    expect(Object.keys(((await during.json()) as { readonly flags: object }).flags)).toHaveLength(21)
    await service.revive()
    service.change(change('a', 2, 'two'))
    const { port } = new URL(hub.url)
    const again = await relayOf(service.endpoints.polling ?? '', Number(port))
    // The new hub has no history: it sends the edge everything, of which the edge passes on the difference.
    await stream.until(`"${service.state}"`)
    await expect.poll(async () => (await answersOf(again)).full).toBeGreaterThan(0)
    expect(outline(stream.text()).slice(-3)).toEqual([
      'server-intent xfer-changes stale',
      'put-object a',
      `payload-transferred ${service.state}`,
    ])
  })

  it('(S230.3) a client whose edge was killed continues at the other edge with a delta', async () => {
    const { service, edges } = await tiers()
    const [edge, other] = edges
    const stream = await streamOf(edge)
    await edge.end('SIGKILL')
    await stream.ended
    service.change(change('a', 2, 'two'))
    const moved = await streamOf(other, 'state-1')
    await moved.until(`"${service.state}"`)
    expect(outline(moved.text())).not.toContain('server-intent xfer-full cant-catchup')
    expect(outline(moved.text())).toContain('put-object a')
  })
})

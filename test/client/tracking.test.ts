import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { ClientOptions } from '../../src/client/create-client.ts'
import { presets } from '../../src/config/presets.ts'
import type { Context } from '../../src/evaluation/context.ts'
import type { Transport } from '../../src/transport/transport.ts'
import type { Event } from '../events/event-service.ts'
import { SDK_KEY } from '../support/engine.ts'
import { startOrigin } from '../support/origin.ts'
import { holding, serving, start, user } from './starting.ts'

interface Service {
  readonly url: string
  readonly events: Event[]
  readonly diagnostics: Event[]
}

/** Starts a service that receives events on a socket and answers with a status. */
async function startService(status = 202): Promise<Service> {
  const events: Event[] = []
  const diagnostics: Event[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      if (request.url === '/diagnostic') diagnostics.push(JSON.parse(body) as Event)
      else events.push(...(JSON.parse(body) as Event[]))
      response.writeHead(status).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, events, diagnostics }
}

function sending(url: string): ClientOptions {
  return { sendEvents: true, endpoints: { events: url }, events: { diagnosticOptOut: true } }
}

describe('a client', () => {
  it('sends the events of evaluations, track and identify', async () => {
    const { url, events } = await startService()
    const flags = [{ ...serving('f', 'x'), trackEvents: true }, serving('g', 1)]
    const { client } = await holding(flags, sending(url))
    await client.stringVariationDetail('f', user, 'd')
    client.sync.boolVariation('g', user, false)
    client.track('paid', user, { items: 3 }, 59.9)
    client.identify({ kind: 'org', key: 'o' })
    await client.flush()
    expect(events.map(({ kind, key }) => [kind, key])).toEqual([
      ['index', undefined],
      ['feature', 'f'],
      ['custom', 'paid'],
      ['identify', undefined],
      ['summary', undefined],
    ])
    expect(events[1]).toMatchObject({ reason: { kind: 'FALLTHROUGH' }, value: 'x', default: 'd' })
    expect(events[2]).toMatchObject({ data: { items: 3 }, metricValue: 59.9, context: user })
    expect(events[4]?.features).toMatchObject({ g: { counters: [{ value: false, count: 1 }] } })
    expect(client.events.status).toMatchObject({
      state: 'sending',
      queued: 0,
      dropped: 0,
      lastDelivery: { events: 5 },
    })
  })

  it('(AE6.2) sends what is queued when it is closed', async () => {
    const { url, events } = await startService()
    const { client } = await holding([serving('f', 'x')], sending(url))
    client.track('paid', user)
    await client.close()
    client.track('paid', user)
    expect(events.map(({ kind }) => kind)).toEqual(['index', 'custom'])
    expect(client.events.status.state).toBe('closed')
  })

  it('(AE9.1, AE9.3) sends a description of itself when it is created, without its key', async () => {
    const { url, diagnostics } = await startService()
    await holding([], { ...sending(url), events: {} })
    await expect.poll(() => diagnostics).toHaveLength(1)
    expect(diagnostics[0]).toMatchObject({
      kind: 'diagnostic-init',
      id: { sdkKeySuffix: SDK_KEY.slice(-6) },
      sdk: { name: 'halyard' },
      configuration: { synchronizers: ['custom'], customEventsURI: true },
    })
    expect(JSON.stringify(diagnostics)).not.toContain(SDK_KEY)
  })

  it('(AE8.4) stops when its key is refused, and states this without the key', async () => {
    const { url } = await startService(401)
    const { client, log } = await holding([], sending(url))
    client.track('paid', user)
    await client.flush()
    expect(client.events.status).toMatchObject({
      state: 'stopped',
      dropped: 2,
      lastError: { status: 401, message: 'the server answered 401 (is the SDK key right?)' },
    })
    expect(log.filter((line) => line.startsWith('error: events:'))).toHaveLength(1)
    expect(JSON.stringify([client.events.status, log])).not.toContain('sdk-test')
  })

  it('(AE1.7) sends nothing for allFlagsState, onValueChange, and before there is data', async () => {
    const { url, events } = await startService()
    const { client } = await holding([serving('f', 'x')], sending(url))
    await client.allFlagsState(user)
    client.onValueChange('f', user, 'd', () => {})
    const origin = await startOrigin()
    const unready = start({
      ...sending(url),
      dataSystem: presets.streaming(),
      endpoints: { ...origin.endpoints, events: url },
    })
    await unready.client.variation('f', user, 'd')
    await Promise.all([client.flush(), unready.client.flush()])
    expect(events).toEqual([])
  })

  it('(AE1.7) drops no event for an evaluation with an invalid context', async () => {
    const { url, events } = await startService()
    const { client, log } = await holding([serving('f', 'x')], sending(url))
    const contexts = [null, undefined, 3, 'u', {}, { kind: 'user' }] as unknown as Context[]
    for (const context of contexts) {
      expect(await client.stringVariation('f', context, 'd')).toBe('d')
      expect(client.sync.stringVariation('f', context, 'd')).toBe('d')
    }
    await client.flush()
    expect(events).toEqual([])
    expect(client.events.status.dropped).toBe(0)
    expect(log.filter((line) => line.includes('events:'))).toEqual([])
  })

  it('(AE7.5) has a status and methods without effect if events are off', async () => {
    const { client, log } = await holding([serving('f', 'x')], { offline: true })
    client.track('', {} as Context)
    client.identify(null as unknown as Context)
    const results: unknown[] = []
    await client.flush((...result) => results.push(result))
    expect(results).toEqual([[null, true]])
    expect(client.events.status).toEqual({ state: 'off', queued: 0, queuedBytes: 0, dropped: 0 })
    expect(log.filter((line) => line.startsWith('warn'))).toEqual([])
  })
})

describe('a service that accepts connections and never answers', () => {
  it('(AE5.6, AE6.2) delays neither evaluations nor close beyond its time limit', async () => {
    const server = createServer(() => {})
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const events = { diagnosticOptOut: true, flushIntervalMs: 1, closeTimeoutMs: 50 }
    const { client, log } = await holding([serving('f', 'x')], { ...sending(url), events })
    for (let turn = 0; turn < 20; turn++) {
      client.track('paid', user)
      expect(client.sync.variation('f', user, 'd')).toBe('x')
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    await client.close()
    expect(client.events.status).toMatchObject({ state: 'closed', queued: 0 })
    expect(client.events.status.dropped).toBeGreaterThanOrEqual(21)
    expect(log).toContainEqual(expect.stringMatching(/^warn: events: .* lost at close: /))
  })
})

it('(AE5.9) sends events by the transport of the application, which stays open', async () => {
  const requests: string[] = []
  const transport: Transport = {
    request({ method, url, headers, body }) {
      requests.push(`${method} ${url} ${headers.authorization} ${typeof body}`)
      return Promise.resolve({ status: 202, headers: {}, body: (async function* () {})() })
    },
    close: () => Promise.reject(new Error('closed')),
  }
  const { client } = await holding([], { ...sending('http://events.test'), transport })
  client.track('paid', user)
  await client.close()
  expect(requests).toEqual([`POST http://events.test/bulk ${SDK_KEY} string`])
})

describe('wrong arguments', () => {
  it('(AE8.1, AE8.2) of track and identify are logged once, and never throw', async () => {
    const { url, events } = await startService()
    const { client, log } = await holding([], sending(url))
    const revoked = Proxy.revocable({}, {})
    revoked.revoke()
    const contexts = [
      null,
      3,
      'u',
      {},
      { kind: 'user', key: '' },
      { kind: 'multi' },
      revoked.proxy,
    ] as unknown as Context[]
    for (let time = 0; time < 2; time++) {
      for (const key of ['', null, undefined, 3, {}, Symbol('key')]) client.track(key as string, user)
      for (const context of contexts) {
        client.track('paid', context)
        client.identify(context)
      }
      for (const metric of ['3', Number.NaN, Infinity, 3n, {}])
        client.track('paid', user, null, metric as number)
    }
    client.track('paid', user, null, null as unknown as number)
    await client.flush()
    expect(events.filter(({ metricValue }) => metricValue !== undefined)).toEqual([])
    expect(events.map(({ kind }) => kind)).toEqual(['index', ...Array.from({ length: 11 }, () => 'custom')])
    const warnings = log.filter((line) => line.startsWith('warn'))
    expect(new Set(warnings).size).toBe(warnings.length)
    expect(warnings.filter((line) => line.includes('the key is not'))).toHaveLength(1)
    expect(warnings.filter((line) => line.includes('metric value'))).toHaveLength(1)
  })

  it('(AE4.4, AE4.5) of evaluations and track drop the event with one warning, and the value is returned', async () => {
    const { url, events } = await startService()
    const flags = [{ ...serving('f', 'x'), trackEvents: true }]
    const { client, log } = await holding(flags, sending(url))
    const cyclic: Record<string, unknown> = { kind: 'user', key: 'cyclic' }
    cyclic.self = cyclic
    const throwing = Object.defineProperty({ kind: 'user', key: 'throwing' }, 'name', {
      enumerable: true,
      get: () => {
        throw new Error('mine')
      },
    })
    const contexts = [
      cyclic,
      throwing,
      { kind: 'user', key: 'bigint', size: 3n },
      { kind: 'user', key: 'large', text: 'x'.repeat(5_000_000) },
    ] as unknown as Context[]
    for (const context of [...contexts, ...contexts]) {
      expect(await client.stringVariation('f', context, 'd')).toBe('x')
      client.track('paid', context)
      client.identify(context)
    }
    client.track('paid', user, cyclic)
    client.track('paid', user, 3n)
    expect(client.sync.variation('f', user, cyclic)).toBe('x')
    expect(client.sync.boolVariation('none', user, 3n as unknown as boolean)).toBe(3n)
    await client.flush()
    expect(events.map(({ kind }) => kind)).toEqual(['index', 'summary'])
    expect(events[1]?.features).toMatchObject({
      f: { default: 'd', counters: [{ count: 9 }] },
      none: { default: null, counters: [{ value: null, count: 1 }] },
    })
    expect(client.events.status.dropped).toBe(4 * 4 + 4 * 3 + 3)
    const warnings = log.filter((line) => line.startsWith('warn: events:'))
    expect(warnings.map((line) => line.slice(0, 45)).toSorted()).toEqual([
      'warn: events: a value is null in the summary ',
      'warn: events: dropped an event of an evaluati',
      'warn: events: dropped an event of identify, b',
      'warn: events: dropped an event of track, beca',
    ])
  })

  it('(AE4.5) that cannot be written are not tried again at each evaluation', async () => {
    const { url } = await startService()
    const { client } = await holding([{ ...serving('f', 'x'), trackEvents: true }], sending(url))
    let reads = 0
    const context = Object.defineProperty({ kind: 'user', key: 'u' }, 'name', {
      enumerable: true,
      get: () => {
        reads += 1
        throw new Error('mine')
      },
    })
    for (let time = 0; time < 5; time++) await client.stringVariation('f', context, 'd')
    expect(reads).toBe(1)
    expect(client.events.status.dropped).toBe(6)
  })

  it('(AE2.6) may be changed after the call', async () => {
    const { url, events } = await startService()
    const { client } = await holding([serving('f', ['x'])], sending(url))
    const context = { kind: 'user', key: 'u', groups: ['a'] }
    const data = { items: [1] }
    client.track('paid', context, data)
    const value = (await client.jsonVariation('f', context, data)) as string[]
    context.groups.push('b')
    data.items.push(2)
    value.push('y')
    await client.flush()
    expect(events[0]).toMatchObject({ context: { groups: ['a'] } })
    expect(events[1]).toMatchObject({ data: { items: [1] } })
    expect(events[2]?.features).toMatchObject({
      f: { default: { items: [1] }, counters: [{ value: ['x'] }] },
    })
  })
})

describe('flush', () => {
  it('(AE6.1, AE8.3) calls back with the error if events were lost, and resolves', async () => {
    const { url } = await startService(413)
    const { client, log } = await holding([], sending(url))
    client.track('paid', user)
    const results: (readonly [Error | null, boolean])[] = []
    await client.flush((...result) => {
      results.push(result)
      throw new Error('mine')
    })
    expect(results).toEqual([[expect.any(Error), false]])
    expect(log).toContainEqual(expect.stringContaining('flush: the callback threw: Error: mine'))
    await client.flush('no function' as never)
  })
})

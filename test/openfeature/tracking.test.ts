import { type EvaluationContext, OpenFeature, type TrackingEventDetails } from '@openfeature/server-sdk'
import { describe, expect, it } from 'vitest'
import type { ClientOptions } from '../../src/client/client-options.ts'
import type { HalyardProvider } from '../../src/openfeature/index.ts'
import { TestData } from '../../src/testing/index.ts'
import type { HttpRequest } from '../../src/transport/transport.ts'
import { type Event, eventsOf } from '../events/event-service.ts'
import { newDomain, newProvider, SILENT, servedBy } from './openfeature.ts'

const ADA: EvaluationContext = { targetingKey: 'ada', plan: 'free', privateAttributes: ['plan'] }

interface Tracking {
  readonly domain: string
  readonly provider: HalyardProvider
  readonly warnings: readonly string[]
  /** Flushes, and returns the custom events so far. */
  readonly custom: () => Promise<readonly Event[]>
}

/** Returns a provider whose events are kept in memory. */
function tracking(options: ClientOptions = servedBy(new TestData())): Tracking {
  const requests: HttpRequest[] = []
  const warnings: string[] = []
  const provider = newProvider({
    ...options,
    initTimeoutMs: 10,
    sendEvents: true,
    endpoints: { events: 'http://events.test' },
    events: { diagnosticOptOut: true },
    logger: { debug() {}, info() {}, warn: (line: string) => void warnings.push(line), error() {} },
    transport: {
      request(request) {
        requests.push(request)
        return Promise.resolve({ status: 202, headers: {}, body: empty() })
      },
      close: () => Promise.resolve(),
    },
  })
  return {
    domain: newDomain(),
    provider,
    warnings,
    async custom() {
      await provider.client?.flush()
      return requests.flatMap(eventsOf).filter(({ kind }) => kind === 'custom')
    },
  }
}

async function* empty(): AsyncGenerator<Uint8Array> {}

async function ready(): Promise<Tracking & { readonly client: ReturnType<typeof OpenFeature.getClient> }> {
  const started = tracking()
  await OpenFeature.setProviderAndWait(started.domain, started.provider)
  return { ...started, client: OpenFeature.getClient(started.domain) }
}

describe('track', () => {
  it('(S60.4) records a custom event: value is the metric value, the other members are the data', async () => {
    const { client, custom } = await ready()
    client.track('order-paid', ADA, { value: 59.9, currency: 'EUR', items: [{ sku: 'x' }] })
    client.track('seen', ADA)
    client.track('scored', ADA, { value: 0 })
    const context = { kind: 'user', key: 'ada', _meta: { redactedAttributes: ['plan'] } }
    expect(await custom()).toEqual([
      {
        kind: 'custom',
        creationDate: expect.any(Number),
        key: 'order-paid',
        context,
        data: { currency: 'EUR', items: [{ sku: 'x' }] },
        metricValue: 59.9,
      },
      { kind: 'custom', creationDate: expect.any(Number), key: 'seen', context },
      { kind: 'custom', creationDate: expect.any(Number), key: 'scored', context, metricValue: 0 },
    ])
  })

  it('(S60.4) uses the merged context of OpenFeature', async () => {
    const { client, custom } = await ready()
    OpenFeature.setContext({ targetingKey: 'grace' })
    client.track('seen', { kind: 'device' })
    expect(await custom()).toMatchObject([{ context: { kind: 'device', key: 'grace' } }])
  })

  it.each<[string, EvaluationContext]>([
    ['without a key', { plan: 'free' }],
    ['with an invalid kind', { targetingKey: 'ada', kind: 'a b' }],
    [
      'that cannot be read',
      {
        targetingKey: 'ada',
        get plan(): string {
          throw new Error('unreadable')
        },
      },
    ],
  ])('(S60.5) records nothing for a context %s, with one warning', async (_, context) => {
    const { provider, custom, warnings } = await ready()
    for (const key of ['a', 'b']) provider.track(key, context, { value: 1 })
    expect(await custom()).toEqual([])
    expect(warnings).toEqual([expect.stringContaining('track: the context is invalid')])
  })

  it('(S60.5) does not throw for details that cannot be read', async () => {
    const { provider, custom, warnings } = await ready()
    const details: TrackingEventDetails = {
      get items(): string {
        throw new Error('unreadable')
      },
    }
    provider.track('a', ADA, details)
    provider.track('b', ADA, null as never)
    expect(await custom()).toMatchObject([{ key: 'b' }])
    expect(warnings).toEqual([expect.stringContaining('unreadable')])
  })

  it('(S60.5) does nothing before the initialization', () => {
    expect(() => tracking().provider.track('a', ADA)).not.toThrow()
  })

  it('(S60.4) records an event without flag data too', async () => {
    const { domain, provider, custom } = tracking(servedBy(SILENT))
    await expect(OpenFeature.setProviderAndWait(domain, provider)).rejects.toThrow()
    OpenFeature.getClient(domain).track('a', ADA)
    expect(await custom()).toMatchObject([{ key: 'a' }])
  })
})

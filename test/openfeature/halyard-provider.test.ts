import { OpenFeature, ProviderEvents, ProviderStatus } from '@openfeature/server-sdk'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createClient } from '../../src/client/create-client.ts'
import type { FlagClient } from '../../src/client/flag-client.ts'
import { HalyardProvider } from '../../src/openfeature/index.ts'
import { TestData } from '../../src/testing/index.ts'
import { SDK_KEY } from '../support/engine.ts'
import { flag } from './flags.ts'
import { Listener, newDomain, newProvider, QUIET, servedBy } from './openfeature.ts'

const context = { targetingKey: 'ada' }

function dataOf(value: string): TestData {
  return new TestData({ flags: [flag('banner', [value])] })
}

function startClient(data: TestData): FlagClient {
  const client = createClient(SDK_KEY, { ...QUIET, ...servedBy(data) })
  onTestFinished(() => client.close())
  return client
}

/** Resolves when the provider has begun to emit events. */
function aTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function banner(domain: string): Promise<string> {
  return OpenFeature.getClient(domain).getStringValue('banner', 'fallback', context)
}

describe('a provider', () => {
  it('(S64) has metadata', () => {
    const provider = new HalyardProvider(SDK_KEY)
    expect(provider.metadata.name).toBe('halyard')
    expect(provider.runsOn).toBe('server')
    expect(provider.client).toBeUndefined()
  })

  it('(S160) rejects unknown names, those of its client when the client is opened', async () => {
    const own = new HalyardProvider(SDK_KEY, { initTimeoutMS: 5 } as object)
    await expect(own.initialize()).rejects.toThrow(
      'initTimeoutMS: expected a known option (did you mean initTimeoutMs?)',
    )
    const client = startClient(dataOf('x'))
    expect(() => new HalyardProvider(client, { offline: true } as object)).toThrow('HalyardProvider.offline')
  })

  it('(S161) names the SDK key if the argument is neither a key nor a client', async () => {
    for (const nothing of [undefined, null, '', 5, {}]) {
      const provider = new HalyardProvider(nothing as string)
      await expect(provider.initialize()).rejects.toThrow('sdkKey: expected an SDK key, received')
    }
  })

  it('(S64.1) closes its own client with OpenFeature and keeps serving the last data', async () => {
    const domain = newDomain()
    const provider = newProvider(servedBy(dataOf('Hello')))
    await OpenFeature.setProviderAndWait(domain, provider)
    const { client } = provider
    await OpenFeature.close()
    expect(client?.status.current.state).toBe('off')
    await expect(client?.waitForInitialization()).rejects.toMatchObject({ code: 'CLOSED' })
    expect(await banner(domain)).toBe('Hello')
  })

  it('(S64.2) leaves your client open and removes its listeners', async () => {
    const domain = newDomain()
    const data = dataOf('Hello')
    const client = startClient(data)
    const provider = new HalyardProvider(client)
    const listener = new Listener(domain)
    await OpenFeature.setProviderAndWait(domain, provider)
    expect(await banner(domain)).toBe('Hello')
    await aTurn()
    await OpenFeature.close()
    expect(client.status.current.state).toBe('valid')
    const changed = new Promise((resolve) => client.onChange(resolve))
    data.set(flag('banner', ['Ahoy']))
    await changed
    await client.close()
    expect(listener.events).toEqual([ProviderEvents.Ready])
  })

  it('(S64) emits an error if you close your client', async () => {
    const domain = newDomain()
    const client = startClient(dataOf('Hello'))
    const listener = new Listener(domain)
    await OpenFeature.setProviderAndWait(domain, new HalyardProvider(client))
    await aTurn()
    await client.close()
    await listener.receives(ProviderEvents.Error)
    expect(listener.client.providerStatus).toBe(ProviderStatus.ERROR)
    expect(await banner(domain)).toBe('Hello')
  })

  it('(S64) fails to initialize with a closed client', async () => {
    const client = startClient(dataOf('Hello'))
    await client.close()
    await expect(
      OpenFeature.setProviderAndWait(newDomain(), new HalyardProvider(client)),
    ).rejects.toMatchObject({ code: 'PROVIDER_FATAL', cause: expect.objectContaining({ code: 'CLOSED' }) })
  })

  it('(S64) opens a new client if it is set again after another provider', async () => {
    const domain = newDomain()
    const first = newProvider(servedBy(dataOf('first')))
    const second = newProvider(servedBy(dataOf('second')))
    const seen: string[] = []
    for (const provider of [first, second, first]) {
      await OpenFeature.setProviderAndWait(domain, provider)
      seen.push(await banner(domain))
    }
    expect(seen).toEqual(['first', 'second', 'first'])
    // OpenFeature does not wait until the provider that it replaces is closed.
    await second.client?.status.waitFor('off')
    expect(second.client?.status.current.state).toBe('off')
    expect(first.client?.status.current.state).toBe('valid')
  })

  it('(S64) opens one client for concurrent calls of initialize', async () => {
    const provider = newProvider(servedBy(dataOf('Hello')))
    onTestFinished(() => provider.onClose())
    const first = provider.initialize()
    const { client } = provider
    await Promise.all([first, provider.initialize()])
    expect(provider.client).toBe(client)
  })

  it('(S64) two providers serve two domains with their own data and events', async () => {
    const [one, two] = [newDomain(), newDomain()]
    const [dataOne, dataTwo] = [dataOf('one'), dataOf('two')]
    const [listenerOne, listenerTwo] = [new Listener(one), new Listener(two)]
    await OpenFeature.setProviderAndWait(one, newProvider(servedBy(dataOne)))
    await OpenFeature.setProviderAndWait(two, newProvider(servedBy(dataTwo)))
    expect([await banner(one), await banner(two)]).toEqual(['one', 'two'])
    dataTwo.set(flag('banner', ['deux']))
    await listenerTwo.receives(ProviderEvents.ConfigurationChanged)
    expect([await banner(one), await banner(two)]).toEqual(['one', 'deux'])
    expect(listenerOne.events).toEqual([ProviderEvents.Ready])
  })

  it('(S64) one provider serves two domains and is closed with the last one', async () => {
    const [one, two] = [newDomain(), newDomain()]
    const provider = newProvider(servedBy(dataOf('both')))
    await OpenFeature.setProviderAndWait(one, provider)
    await OpenFeature.setProviderAndWait(two, provider)
    const { client } = provider
    await OpenFeature.setProviderAndWait(one, newProvider(servedBy(dataOf('other'))))
    expect(client?.status.current.state).toBe('valid')
    expect([await banner(one), await banner(two)]).toEqual(['other', 'both'])
    await OpenFeature.setProviderAndWait(two, newProvider(servedBy(dataOf('another'))))
    await client?.status.waitFor('off')
    expect(client?.status.current.state).toBe('off')
  })
})

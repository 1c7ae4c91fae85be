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

/** By then a provider follows its client. */
function aTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function banner(domain: string): Promise<string> {
  return OpenFeature.getClient(domain).getStringValue('banner', 'fallback', context)
}

describe('a provider', () => {
  it('(S64) says what it is', () => {
    const provider = new HalyardProvider(SDK_KEY)
    expect(provider.metadata.name).toBe('halyard')
    expect(provider.runsOn).toBe('server')
    expect(provider.client).toBeUndefined()
  })

  it('(S160) refuses names it does not know, those of its client as soon as that is opened', async () => {
    const own = new HalyardProvider(SDK_KEY, { initTimeoutMS: 5 } as object)
    await expect(own.initialize()).rejects.toThrow(
      'initTimeoutMS: expected a known option (did you mean initTimeoutMs?)',
    )
    const client = startClient(dataOf('x'))
    expect(() => new HalyardProvider(client, { offline: true } as object)).toThrow('HalyardProvider.offline')
  })

  it('(S161) names the SDK key where something else is in its place', async () => {
    for (const nothing of [undefined, null, '', 5, {}]) {
      const provider = new HalyardProvider(nothing as string)
      await expect(provider.initialize()).rejects.toThrow('sdkKey: expected an SDK key, received')
    }
  })

  it('(S64.1) closes a client of its own with OpenFeature; what is held is served on', async () => {
    const domain = newDomain()
    const provider = newProvider(servedBy(dataOf('Hello')))
    await OpenFeature.setProviderAndWait(domain, provider)
    const { client } = provider
    await OpenFeature.close()
    expect(client?.status.current.state).toBe('off')
    await expect(client?.waitForInitialization()).rejects.toMatchObject({ code: 'CLOSED' })
    expect(await banner(domain)).toBe('Hello')
  })

  it('(S64.2) leaves a client of yours open, and stops listening to it', async () => {
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

  it('(S64) says when a client of yours was closed under it', async () => {
    const domain = newDomain()
    const client = startClient(dataOf('Hello'))
    const listener = new Listener(domain)
    await OpenFeature.setProviderAndWait(domain, new HalyardProvider(client))
    await aTurn()
    await client.close()
    await listener.hears(ProviderEvents.Error)
    expect(listener.client.providerStatus).toBe(ProviderStatus.ERROR)
    expect(await banner(domain)).toBe('Hello')
  })

  it('(S64) is of no use with a client that was closed before', async () => {
    const client = startClient(dataOf('Hello'))
    await client.close()
    await expect(
      OpenFeature.setProviderAndWait(newDomain(), new HalyardProvider(client)),
    ).rejects.toMatchObject({ code: 'PROVIDER_FATAL', cause: expect.objectContaining({ code: 'CLOSED' }) })
  })

  it('(S64) can be put back after another took its place: it opens a client anew', async () => {
    const domain = newDomain()
    const first = newProvider(servedBy(dataOf('first')))
    const second = newProvider(servedBy(dataOf('second')))
    const seen: string[] = []
    for (const provider of [first, second, first]) {
      await OpenFeature.setProviderAndWait(domain, provider)
      seen.push(await banner(domain))
    }
    expect(seen).toEqual(['first', 'second', 'first'])
    expect(first.client?.status.current.state).toBe('valid')
    expect(second.client?.status.current.state).toBe('off')
  })

  it('(S64) has one client, however many ask it to initialize', async () => {
    const provider = newProvider(servedBy(dataOf('Hello')))
    onTestFinished(() => provider.onClose())
    const first = provider.initialize()
    const { client } = provider
    await Promise.all([first, provider.initialize()])
    expect(provider.client).toBe(client)
  })

  it('(S64) two serve two domains at once, each its own data and its own events', async () => {
    const [one, two] = [newDomain(), newDomain()]
    const [dataOne, dataTwo] = [dataOf('one'), dataOf('two')]
    const [listenerOne, listenerTwo] = [new Listener(one), new Listener(two)]
    await OpenFeature.setProviderAndWait(one, newProvider(servedBy(dataOne)))
    await OpenFeature.setProviderAndWait(two, newProvider(servedBy(dataTwo)))
    expect([await banner(one), await banner(two)]).toEqual(['one', 'two'])
    dataTwo.set(flag('banner', ['deux']))
    await listenerTwo.hears(ProviderEvents.ConfigurationChanged)
    expect([await banner(one), await banner(two)]).toEqual(['one', 'deux'])
    expect(listenerOne.events).toEqual([ProviderEvents.Ready])
  })

  it('(S64) one serves two domains at once, and is closed with the last of them', async () => {
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

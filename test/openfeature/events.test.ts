import { OpenFeature, ProviderEvents, ProviderStatus } from '@openfeature/server-sdk'
import { describe, expect, it } from 'vitest'
import type { ClientOptions } from '../../src/client/client-options.ts'
import { presets } from '../../src/config/presets.ts'
import type { SourceResult } from '../../src/model/source-result.ts'
import type { HalyardProvider } from '../../src/openfeature/index.ts'
import { toEventStream } from '../../src/protocol/encoder.ts'
import type { Synchronizer } from '../../src/synchronizers/synchronizer.ts'
import { SHORT_TIMINGS, TestData, VirtualClock } from '../../src/testing/index.ts'
import {
  body,
  delta,
  frame,
  full,
  LiveStream,
  none,
  type Origin,
  put,
  silence,
  startOrigin,
  status,
} from '../support/origin.ts'
import { flag } from './flags.ts'
import { Listener, NOBODY, newDomain, newProvider, servedBy } from './openfeature.ts'

const { Ready, Stale, Error: Failed, ConfigurationChanged } = ProviderEvents

/** Nobody is to leave a source for another: what happens is the doing of one. */
const PATIENT = { ...SHORT_TIMINGS, noProgressMs: 20_000, firstDataMs: 20_000, interruptedMs: 20_000 }

const context = { targetingKey: 'ada' }
const BANNER = put('banner', 1, flag('banner', ['Hello']))
const NEW_BANNER = put('banner', 2, flag('banner', ['Ahoy']))

function streaming(origin: Origin): HalyardProvider {
  return newProvider({
    dataSystem: presets.streaming(),
    endpoints: origin.endpoints,
    timings: PATIENT,
    initTimeoutMs: 2_000,
  })
}

/** A service whose stream is open and full. */
async function startService(): Promise<{ readonly origin: Origin; readonly stream: LiveStream }> {
  const origin = await startOrigin()
  const stream = new LiveStream(({ basis }) =>
    toEventStream(basis === undefined ? full('A', BANNER) : none('A')),
  )
  origin.stream.always(stream.answer)
  origin.poll.always(body(full('A', BANNER)))
  return { origin, stream }
}

describe('events, from real sockets', () => {
  it('(S63) there is data: ready, and evaluation answers with it', async () => {
    const { origin } = await startService()
    const domain = newDomain()
    const listener = new Listener(domain)
    await OpenFeature.setProviderAndWait(domain, streaming(origin))
    await listener.hears(Ready)
    expect(listener.client.providerStatus).toBe(ProviderStatus.READY)
    expect(await listener.client.getStringValue('banner', '', context)).toBe('Hello')
    expect(listener.events).toEqual([Ready])
  })

  it('(S63) the stream is lost: stale, served on; it is back: ready; it brings a change: told, and applied', async () => {
    const { origin, stream } = await startService()
    const domain = newDomain()
    const listener = new Listener(domain)
    await OpenFeature.setProviderAndWait(domain, streaming(origin))

    origin.stream.always(status(503))
    stream.cut()
    const { message } = await listener.hears(Stale)
    expect(message).toMatch(/^streaming: /)
    expect(listener.client.providerStatus).toBe(ProviderStatus.STALE)
    expect(await listener.client.getStringDetails('banner', '', context)).toMatchObject({
      value: 'Hello',
      reason: 'FALLTHROUGH',
    })
    await origin.until(() => origin.stream.seen.length > 3, 'attempts in vain')

    origin.stream.always(stream.answer)
    await listener.hears(Ready, 2)
    expect(listener.client.providerStatus).toBe(ProviderStatus.READY)

    stream.say(delta('B', NEW_BANNER))
    expect(await listener.hears(ConfigurationChanged)).toMatchObject({ flagsChanged: ['banner'] })
    expect(await listener.client.getStringValue('banner', '', context)).toBe('Ahoy')
    expect(listener.events).toEqual([Ready, Stale, Ready, ConfigurationChanged])
  })

  it('(S63) a message is about what happened now: a goodbye has no error, and an old one is not its cause', async () => {
    const { origin, stream } = await startService()
    origin.stream.next(status(503))
    const domain = newDomain()
    const listener = new Listener(domain)
    await OpenFeature.setProviderAndWait(domain, streaming(origin))
    stream.say(frame('goodbye', '{"reason":"rebalancing"}'))
    expect(await listener.hears(Stale)).toMatchObject({ message: 'streaming was interrupted' })
    await listener.hears(Ready, 2)
  })

  it('(S63) polls that stand in for a stream make it ready again', async () => {
    const { origin, stream } = await startService()
    const domain = newDomain()
    const listener = new Listener(domain)
    const timings = { ...SHORT_TIMINGS, recoveryMs: 20_000 }
    const options = { dataSystem: presets.default(), endpoints: origin.endpoints, timings }
    const provider = newProvider(options)
    await OpenFeature.setProviderAndWait(domain, provider)
    await provider.client?.status.waitFor('valid')
    await origin.until(() => origin.stream.seen.length === 1, 'the stream')

    origin.stream.always(status(503))
    stream.cut()
    await listener.hears(Stale)
    await listener.hears(Ready, 2)
    expect(provider.client?.status.current.source).toBe('polling')
    expect(listener.events).toEqual([Ready, Stale, Ready])
  })

  it('(S63) no data in time: an error, default values; then data comes: ready, with every flag changed', async () => {
    const origin = await startOrigin()
    origin.stream.always(status(503))
    const domain = newDomain()
    const listener = new Listener(domain)
    const provider = newProvider({
      dataSystem: presets.streaming(),
      endpoints: origin.endpoints,
      timings: PATIENT,
      initTimeoutMs: 50,
    })
    await expect(OpenFeature.setProviderAndWait(domain, provider)).rejects.toMatchObject({
      code: 'PROVIDER_NOT_READY',
      message: expect.stringMatching(/^no flag data within 50 ms(; streaming: .*503)?/),
    })
    expect(listener.events).toEqual([Failed])
    expect(listener.client.providerStatus).toBe(ProviderStatus.ERROR)
    expect(await listener.client.getStringDetails('banner', 'fallback', context)).toMatchObject({
      value: 'fallback',
      reason: 'ERROR',
      errorCode: 'PROVIDER_NOT_READY',
    })

    origin.stream.always(new LiveStream(full('A', BANNER)).answer)
    expect(await listener.hears(ConfigurationChanged)).toMatchObject({ flagsChanged: ['banner'] })
    expect(listener.events).toEqual([Failed, Ready, ConfigurationChanged])
    expect(listener.client.providerStatus).toBe(ProviderStatus.READY)
    expect(await listener.client.getStringValue('banner', 'fallback', context)).toBe('Hello')
  })

  it('(S63.2) a key that is refused is fatal at once, and nobody is asked for values', async () => {
    const origin = await startOrigin()
    for (const route of [origin.stream, origin.poll]) route.always(status(401))
    const domain = newDomain()
    const listener = new Listener(domain)
    const provider = newProvider({
      dataSystem: presets.default(),
      endpoints: origin.endpoints,
      initTimeoutMs: Infinity,
    })
    await expect(OpenFeature.setProviderAndWait(domain, provider)).rejects.toMatchObject({
      code: 'PROVIDER_FATAL',
      message: expect.stringMatching(/^no source is left that could bring flag data; .*401/),
    })
    expect(listener.client.providerStatus).toBe(ProviderStatus.FATAL)
    expect(await listener.client.getStringDetails('banner', 'fallback', context)).toMatchObject({
      value: 'fallback',
      reason: 'ERROR',
      errorCode: 'PROVIDER_FATAL',
    })
  })

  it('(S63) a key that is refused later on is an error, and what is held is served on', async () => {
    const { origin, stream } = await startService()
    const domain = newDomain()
    const listener = new Listener(domain)
    await OpenFeature.setProviderAndWait(domain, streaming(origin))
    origin.stream.always(status(401))
    stream.cut()
    expect((await listener.hears(Failed)).message).toMatch(/^no source is left .*; streaming: .*401/)
    expect(listener.client.providerStatus).toBe(ProviderStatus.ERROR)
    expect(await listener.client.getStringDetails('banner', '', context)).toMatchObject({
      value: 'Hello',
      reason: 'FALLTHROUGH',
    })
  })

  it('(S63) a provider that is closed while it waits is told so, and leaves no connection', async () => {
    const origin = await startOrigin()
    origin.stream.always(silence)
    const domain = newDomain()
    const waiting = OpenFeature.setProviderAndWait(domain, streaming(origin))
    const ended = expect(waiting).rejects.toMatchObject({
      message: 'the provider was closed before there was flag data',
    })
    await origin.until(() => origin.stream.seen.length === 1, 'the stream')
    await OpenFeature.setProviderAndWait(domain, newProvider(servedBy(new TestData())))
    await ended
    await origin.until(() => origin.connections === 0, 'the end of the connection')
  })
})

describe('events', () => {
  it('(S63.6) a change names the flags it reaches, and none if it reaches none', async () => {
    const dependent = { ...flag('sale', ['on']), prerequisites: [{ key: 'banner', variation: 0 }] }
    const data = new TestData({ flags: [flag('banner', ['Hello']), dependent, flag('other', [1])] })
    const domain = newDomain()
    const listener = new Listener(domain)
    await OpenFeature.setProviderAndWait(domain, newProvider(servedBy(data)))
    data.setSegment({ key: 'insiders' })
    data.set(flag('banner', ['Ahoy']))
    data.delete('other')
    await listener.hears(ConfigurationChanged, 2)
    expect(listener.told.slice(1).map(({ flagsChanged }) => flagsChanged?.toSorted())).toEqual([
      ['banner', 'sale'],
      ['other'],
    ])
  })

  it('(S63) what is lost while OpenFeature notes that it is ready is told after that, at whichever moment', async () => {
    const lost: SourceResult = { type: 'interrupted', error: { kind: 'network_error', message: 'reset' } }
    const data: SourceResult = { type: 'changeSet', changeSet: new TestData().full() }
    for (let steps = 0; steps < 40; steps++) {
      const flaky: Synchronizer = {
        name: 'flaky',
        async *sync() {
          yield data
          for (let step = 0; step < steps; step++) await Promise.resolve()
          yield lost
          await new Promise(() => {})
        },
      }
      const domain = newDomain()
      const listener = new Listener(domain)
      await OpenFeature.setProviderAndWait(domain, newProvider({ ...servedBy(flaky), timings: PATIENT }))
      expect(await listener.hears(Stale)).toMatchObject({ message: 'flaky: reset' })
      expect([...listener.events, listener.client.providerStatus]).toEqual([Ready, Stale, 'STALE'])
    }
  })

  it('(S63, D9) fatal is not for ever: a source that comes back makes it ready', async () => {
    const clock = new VirtualClock()
    const data = new TestData({ flags: [flag('banner', ['Hello'])] })
    let openings = 0
    const refused: SourceResult = { type: 'terminalError', error: { kind: 'error_response', message: '401' } }
    const source: Synchronizer = {
      name: 'source',
      async *sync(basis, signal) {
        if (openings++ === 0) yield refused
        else yield* data.synchronizer().sync(basis, signal)
      },
    }
    const domain = newDomain()
    const listener = new Listener(domain)
    const provider = newProvider({ ...servedBy(source), clock, timings: {} })
    await expect(OpenFeature.setProviderAndWait(domain, provider)).rejects.toMatchObject({
      code: 'PROVIDER_FATAL',
    })
    await clock.advance(11 * 60_000)
    await listener.hears(Ready)
    expect(listener.client.providerStatus).toBe(ProviderStatus.READY)
    expect(await listener.client.getStringValue('banner', '', context)).toBe('Hello')
  })

  it('(S63.2) the waiting ends after ten seconds, unless told otherwise', async () => {
    const clock = new VirtualClock()
    const domain = newDomain()
    const options = { ...servedBy(NOBODY), clock, timings: {} }
    const waiting = OpenFeature.setProviderAndWait(domain, newProvider(options))
    const ended = expect(waiting).rejects.toThrow('no flag data within 10000 ms')
    const listener = new Listener(domain)
    await clock.advance(9_999)
    expect(listener.events).toEqual([])
    await clock.advance(1)
    await ended
    await listener.hears(Failed)
  })

  it.each<[string, ClientOptions]>([
    ['is told to be offline', { offline: true }],
    ['has a plan without sources', { dataSystem: presets.offline() }],
  ])('(S63, S1) a client that %s is ready, and stays so', async (_, options) => {
    const domain = newDomain()
    const listener = new Listener(domain)
    await OpenFeature.setProviderAndWait(domain, newProvider(options))
    await new Promise((resolve) => setImmediate(resolve))
    expect(listener.events).toEqual([Ready])
    expect(await listener.client.getStringValue('banner', 'fallback', context)).toBe('fallback')
  })

  it('(S63) wrong options are fatal, and the message says what is wrong', async () => {
    const domain = newDomain()
    const provider = newProvider({ endpoints: { streaming: 'not a url' } })
    await expect(OpenFeature.setProviderAndWait(domain, provider)).rejects.toMatchObject({
      code: 'PROVIDER_FATAL',
      message: expect.stringContaining('endpoints.streaming'),
      cause: expect.objectContaining({ code: 'CONFIG' }),
    })
  })
})

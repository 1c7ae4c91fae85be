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
import { Listener, newDomain, newProvider, SILENT, servedBy } from './openfeature.ts'

const { Ready, Stale, Error: Failed, ConfigurationChanged } = ProviderEvents

/** Long durations, so that no source is left for another. */
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

/** Starts a service whose stream has sent the full payload. */
async function startService(): Promise<{ readonly origin: Origin; readonly stream: LiveStream }> {
  const origin = await startOrigin()
  const stream = new LiveStream(({ basis }) =>
    toEventStream(basis === undefined ? full('A', BANNER) : none('A')),
  )
  origin.stream.always(stream.answer)
  origin.poll.always(body(full('A', BANNER)))
  return { origin, stream }
}

describe('events over real sockets', () => {
  it('(S63) emits ready when there is data, and evaluates it', async () => {
    const { origin } = await startService()
    const domain = newDomain()
    const listener = new Listener(domain)
    await OpenFeature.setProviderAndWait(domain, streaming(origin))
    await listener.receives(Ready)
    expect(listener.client.providerStatus).toBe(ProviderStatus.READY)
    expect(await listener.client.getStringValue('banner', '', context)).toBe('Hello')
    expect(listener.events).toEqual([Ready])
  })

  it('(S63) emits stale for a lost stream, ready when it is back, and changes', async () => {
    const { origin, stream } = await startService()
    const domain = newDomain()
    const listener = new Listener(domain)
    await OpenFeature.setProviderAndWait(domain, streaming(origin))

    origin.stream.always(status(503))
    stream.cut()
    const { message } = await listener.receives(Stale)
    expect(message).toMatch(/^streaming: /)
    expect(listener.client.providerStatus).toBe(ProviderStatus.STALE)
    expect(await listener.client.getStringDetails('banner', '', context)).toMatchObject({
      value: 'Hello',
      reason: 'FALLTHROUGH',
    })
    await origin.until(() => origin.stream.received.length > 3, 'attempts in vain')

    origin.stream.always(stream.answer)
    await listener.receives(Ready, 2)
    expect(listener.client.providerStatus).toBe(ProviderStatus.READY)

    stream.send(delta('B', NEW_BANNER))
    expect(await listener.receives(ConfigurationChanged)).toMatchObject({ flagsChanged: ['banner'] })
    expect(await listener.client.getStringValue('banner', '', context)).toBe('Ahoy')
    expect(listener.events).toEqual([Ready, Stale, Ready, ConfigurationChanged])
  })

  it('(S63) the message describes the current event: a goodbye has no error', async () => {
    const { origin, stream } = await startService()
    origin.stream.next(status(503))
    const domain = newDomain()
    const listener = new Listener(domain)
    await OpenFeature.setProviderAndWait(domain, streaming(origin))
    stream.send(frame('goodbye', '{"reason":"rebalancing"}'))
    expect(await listener.receives(Stale)).toMatchObject({ message: 'streaming was interrupted' })
    await listener.receives(Ready, 2)
  })

  it('(S63) emits ready when polls replace a stream', async () => {
    const { origin, stream } = await startService()
    const domain = newDomain()
    const listener = new Listener(domain)
    const timings = { ...SHORT_TIMINGS, recoveryMs: 20_000 }
    const options = { dataSystem: presets.default(), endpoints: origin.endpoints, timings }
    const provider = newProvider(options)
    await OpenFeature.setProviderAndWait(domain, provider)
    await provider.client?.status.waitFor('valid')
    await origin.until(() => origin.stream.received.length === 1, 'the stream')

    origin.stream.always(status(503))
    stream.cut()
    await listener.receives(Stale)
    await listener.receives(Ready, 2)
    expect(provider.client?.status.current.source).toBe('polling')
    expect(listener.events).toEqual([Ready, Stale, Ready])
  })

  it('(S63) emits an error if there is no data in time, then ready with all flags changed', async () => {
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
    expect(await listener.receives(ConfigurationChanged)).toMatchObject({ flagsChanged: ['banner'] })
    expect(listener.events).toEqual([Failed, Ready, ConfigurationChanged])
    expect(listener.client.providerStatus).toBe(ProviderStatus.READY)
    expect(await listener.client.getStringValue('banner', 'fallback', context)).toBe('Hello')
  })

  it('(S63.2) a rejected key is fatal at once, and OpenFeature does not evaluate', async () => {
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

  it('(S63) emits an error for a key that is rejected later, and keeps serving', async () => {
    const { origin, stream } = await startService()
    const domain = newDomain()
    const listener = new Listener(domain)
    await OpenFeature.setProviderAndWait(domain, streaming(origin))
    origin.stream.always(status(401))
    stream.cut()
    expect((await listener.receives(Failed)).message).toMatch(/^no source is left .*; streaming: .*401/)
    expect(listener.client.providerStatus).toBe(ProviderStatus.ERROR)
    expect(await listener.client.getStringDetails('banner', '', context)).toMatchObject({
      value: 'Hello',
      reason: 'FALLTHROUGH',
    })
  })

  it('(S63) rejects the wait of a closed provider and leaves no connection', async () => {
    const origin = await startOrigin()
    origin.stream.always(silence)
    const domain = newDomain()
    const waiting = OpenFeature.setProviderAndWait(domain, streaming(origin))
    const ended = expect(waiting).rejects.toMatchObject({
      message: 'the provider was closed before there was flag data',
    })
    await origin.until(() => origin.stream.received.length === 1, 'the stream')
    await OpenFeature.setProviderAndWait(domain, newProvider(servedBy(new TestData())))
    await ended
    await origin.until(() => origin.connections === 0, 'the end of the connection')
  })
})

describe('events', () => {
  it('(S63.6) a change names the affected flags, and is not emitted if there are none', async () => {
    const dependent = { ...flag('sale', ['on']), prerequisites: [{ key: 'banner', variation: 0 }] }
    const data = new TestData({ flags: [flag('banner', ['Hello']), dependent, flag('other', [1])] })
    const domain = newDomain()
    const listener = new Listener(domain)
    await OpenFeature.setProviderAndWait(domain, newProvider(servedBy(data)))
    data.setSegment({ key: 'insiders' })
    data.set(flag('banner', ['Ahoy']))
    data.delete('other')
    await listener.receives(ConfigurationChanged, 2)
    expect(listener.recorded.slice(1).map(({ flagsChanged }) => flagsChanged?.toSorted())).toEqual([
      ['banner', 'sale'],
      ['other'],
    ])
  })

  it('(S63) emits stale after ready if the source is lost while OpenFeature processes ready', async () => {
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
      expect(await listener.receives(Stale)).toMatchObject({ message: 'flaky: reset' })
      expect([...listener.events, listener.client.providerStatus]).toEqual([Ready, Stale, 'STALE'])
    }
  })

  it('(S63, D9) emits ready after a fatal error if a source comes back', async () => {
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
    await listener.receives(Ready)
    expect(listener.client.providerStatus).toBe(ProviderStatus.READY)
    expect(await listener.client.getStringValue('banner', '', context)).toBe('Hello')
  })

  it('(S63.2) waits for ten seconds by default', async () => {
    const clock = new VirtualClock()
    const domain = newDomain()
    const options = { ...servedBy(SILENT), clock, timings: {} }
    const waiting = OpenFeature.setProviderAndWait(domain, newProvider(options))
    const ended = expect(waiting).rejects.toThrow('no flag data within 10000 ms')
    const listener = new Listener(domain)
    await clock.advance(9_999)
    expect(listener.events).toEqual([])
    await clock.advance(1)
    await ended
    await listener.receives(Failed)
  })

  it.each<[string, ClientOptions]>([
    ['is offline', { offline: true }],
    ['has a plan without sources', { dataSystem: presets.offline() }],
  ])('(S63, S1) a client that %s is ready and stays ready', async (_, options) => {
    const domain = newDomain()
    const listener = new Listener(domain)
    await OpenFeature.setProviderAndWait(domain, newProvider(options))
    await new Promise((resolve) => setImmediate(resolve))
    expect(listener.events).toEqual([Ready])
    expect(await listener.client.getStringValue('banner', 'fallback', context)).toBe('fallback')
  })

  it('(S63) wrong options are fatal, and the message lists them', async () => {
    const domain = newDomain()
    const provider = newProvider({ endpoints: { streaming: 'not a url' } })
    await expect(OpenFeature.setProviderAndWait(domain, provider)).rejects.toMatchObject({
      code: 'PROVIDER_FATAL',
      message: expect.stringContaining('endpoints.streaming'),
      cause: expect.objectContaining({ code: 'CONFIG' }),
    })
  })
})

import { describe, expect, it } from 'vitest'
import { describeClient } from '../../src/config/client-description.ts'
import type { ConnectionOptions, DataSystemConfig } from '../../src/config/config.ts'
import { normalise } from '../../src/config/normalise.ts'
import { presets } from '../../src/config/presets.ts'
import { MemoryDatabase } from '../../src/testing/index.ts'
import { recorder } from './recorder.ts'

function description(options: ConnectionOptions = {}, plan: DataSystemConfig = presets.default()): object {
  const { logger } = recorder()
  return describeClient(normalise('sdk-key', plan, { logger, ...options }, { user: 'client' }))
}

describe('the description of a client', () => {
  it('(AE9.3) has the members of the official SDK, and the sources', () => {
    expect(description({ wrapper: { name: 'w', version: '2' } })).toEqual({
      sdk: {
        name: 'halyard',
        version: expect.stringMatching(/^\d/) as unknown,
        userAgentBase: 'Halyard',
        wrapperName: 'w',
        wrapperVersion: '2',
      },
      configuration: {
        customBaseURI: false,
        customStreamURI: false,
        customEventsURI: false,
        usingRelayDaemon: false,
        offline: false,
        streamingDisabled: false,
        pollingIntervalMillis: 30_000,
        reconnectTimeMillis: 1_000,
        eventsCapacity: 10_000,
        eventsFlushIntervalMillis: 5_000,
        contextKeysCapacity: 1_000,
        contextKeysFlushIntervalMillis: 300_000,
        allAttributesPrivate: false,
        diagnosticRecordingIntervalMillis: 900_000,
        connectTimeoutMillis: 10_000,
        socketTimeoutMillis: expect.any(Number) as unknown,
        usingProxy: false,
        usingProxyAuthenticator: false,
        dataStoreType: 'memory',
        dataSavingMode: true,
        initializers: ['polling'],
        synchronizers: ['streaming', 'polling'],
      },
      platform: {
        name: 'Node',
        osArch: process.arch,
        osName: expect.any(String) as unknown,
        osVersion: expect.any(String) as unknown,
        nodeVersion: process.versions.node,
      },
    })
  })

  it.each<[options: ConnectionOptions, plan: DataSystemConfig, members: object]>([
    [
      { endpoints: { polling: 'http://a', streaming: 'http://b', events: 'http://c' } },
      presets.pollingOnly(),
      { customBaseURI: true, customStreamURI: true, customEventsURI: true, streamingDisabled: true },
    ],
    [
      { proxy: 'http://ada:secret@proxy:1' },
      presets.streaming(),
      { usingProxy: true, usingProxyAuthenticator: true },
    ],
    [{ proxy: 'none' }, presets.streaming(), { usingProxy: false }],
    [
      {},
      presets.daemon(new MemoryDatabase().description()),
      { usingRelayDaemon: true, dataStoreType: 'custom', synchronizers: [], streamingDisabled: true },
    ],
    [
      { eventsUri: 'http://c' },
      presets.custom({
        initializers: [{ type: 'file', paths: ['secret.json'] }],
        synchronizers: [{ name: 'mine', async *sync() {} }],
      }),
      { initializers: ['file'], synchronizers: ['custom'], streamingDisabled: true },
    ],
  ])('(AE9.3) has these members for %j', (options, plan, members) => {
    const text = JSON.stringify(description(options, plan))
    expect(JSON.parse(text)).toMatchObject({ configuration: members })
    expect(text).not.toMatch(/secret|http:|ada/)
  })
})

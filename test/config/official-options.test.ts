import { readFileSync } from 'node:fs'
import { Agent } from 'node:http'
import type { interfaces, LDFeatureStore, LDOptions, LDTLSOptions } from '@launchdarkly/node-server-sdk'
import { expect, it, onTestFinished } from 'vitest'
import { readOfficialOptions } from '../../src/config/official-options.ts'
import { type ClientOptions, ConfigError, createClient } from '../../src/index.ts'
import { CA, certificate, certificatePath } from '../support/certificates.ts'
import { body, full, LiveStream, put, startOrigin } from '../support/origin.ts'
import { startProxy } from '../support/proxy.ts'
import { recorder } from './recorder.ts'

/**
 * The treatment of each option of the official type. A new option does not compile until it is added. `ours`: an option of Halyard.
 * `of clients`: an option of `createClient`, without effect elsewhere.
 */
const OFFICIAL: Record<keyof LDOptions, 'ours' | 'mapped' | 'of clients' | 'without effect'> = {
  baseUri: 'ours',
  streamUri: 'ours',
  eventsUri: 'ours',
  timeout: 'without effect',
  capacity: 'ours',
  logger: 'ours',
  featureStore: 'ours',
  dataSystem: 'ours',
  bigSegments: 'of clients',
  updateProcessor: 'ours',
  flushInterval: 'ours',
  pollInterval: 'ours',
  proxyOptions: 'mapped',
  offline: 'ours',
  stream: 'ours',
  streamInitialReconnectDelay: 'ours',
  useLdd: 'ours',
  sendEvents: 'ours',
  allAttributesPrivate: 'ours',
  privateAttributes: 'ours',
  contextKeysCapacity: 'ours',
  contextKeysFlushInterval: 'ours',
  tlsParams: 'mapped',
  diagnosticOptOut: 'ours',
  diagnosticRecordingInterval: 'ours',
  wrapperName: 'mapped',
  wrapperVersion: 'mapped',
  application: 'ours',
  payloadFilterKey: 'without effect',
  hooks: 'ours',
  enableEventCompression: 'ours',
  plugins: 'without effect',
  proxyAgent: 'without effect',
}

it.each(Object.entries(OFFICIAL))('S165: %s is %s', (name, place) => {
  const { options } = readOfficialOptions({ [name]: {} })
  expect(Object.keys(options as object).includes(name)).toBe(place === 'ours')
})

it('S165.2: converts proxy, tls and wrapper, and prefers the options of Halyard', () => {
  const given = {
    proxyOptions: { host: 'proxy', port: 8080, scheme: 'https', auth: 'ada:p@ss:word' },
    tlsParams: { ca: 'PEM', rejectUnauthorized: false },
    wrapperName: 'w',
    wrapperVersion: '1',
  }
  expect(readOfficialOptions(given)).toEqual({
    options: {
      proxy: 'https://ada:p%40ss%3Aword@proxy:8080',
      tls: { ca: 'PEM', verify: 'never' },
      wrapper: { name: 'w', version: '1' },
    },
    warnings: [],
  })
  expect(readOfficialOptions({ ...given, proxy: 'none' }).options).toMatchObject({ proxy: 'none' })
})

it('S165.5: warns of options without effect, with the option to use', () => {
  expect(readOfficialOptions({ timeout: 5, plugins: [] }).warnings).toEqual([
    'options.timeout: without effect; a request times out after 10 s without data',
    'options.plugins: without effect; only clients have plugins, use createClient',
  ])
})

/** Each TLS option of the official type. */
const OFFICIAL_TLS: Record<keyof LDTLSOptions, unknown> = {
  ca: CA,
  cert: 'PEM',
  checkServerIdentity: () => undefined,
  ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  pfx: 'content',
  key: 'PEM',
  passphrase: 'halyard',
  rejectUnauthorized: true,
  secureProtocol: 'TLSv1_2_method',
  servername: 'localhost',
}

it.each(Object.entries(OFFICIAL_TLS))('S165.3: converts tlsParams.%s', (name, value) => {
  const tls = name === 'rejectUnauthorized' ? {} : { [name]: value }
  expect(readOfficialOptions({ tlsParams: { [name]: value } }).options).toEqual({ tls })
})

it('S165: the official type is assignable to the options of the client', () => {
  type Missing = Exclude<keyof LDOptions, keyof ClientOptions>
  const complete: [Missing] extends [never] ? true : false = true
  expect(complete).toBe(true)
})

it('S165: a client starts with every option of the official type', async () => {
  const { origin, options, warnings, peers } = await completeOptions()
  const client = createClient('sdk-key', options)
  onTestFinished(() => client.close())
  await client.waitForInitialization({ timeoutMs: 20_000, minimum: 'refreshed' })
  expect(await client.boolVariation('checkout', { kind: 'user', key: 'u' }, false)).toBe(true)
  expect(origin.received[0]?.headers['x-launchdarkly-wrapper']).toBe('w/1')
  expect([...new Set(peers)]).toEqual(['localhost'])
  const named = Object.keys(OFFICIAL).filter((name) => OFFICIAL[name as keyof LDOptions] === 'without effect')
  for (const name of named.filter((each) => each !== 'plugins'))
    expect(warnings.join('\n')).toContain(`options.${name}`)
  await client.flush()
  expect(origin.received.map(({ path }) => path)).toContain('/bulk')
  for (const name of ['featureStore', 'updateProcessor', 'useLdd'])
    expect(warnings.join('\n')).toContain(`options.${name} is overridden by dataSystem`)
})

it('S165.6: rejects a feature store or update processor that would have an effect, with the replacement', async () => {
  const { options, store } = await completeOptions()
  const issuesOf = (given: ClientOptions): readonly string[] => {
    try {
      void createClient('sdk-key', given).close()
    } catch (error) {
      if (error instanceof ConfigError)
        return error.issues.map(({ path, expected }) => `${path}: ${expected}`)
      throw error
    }
    return []
  }
  expect(issuesOf({ ...options, dataSystem: { persistentStore: store } })).toEqual([
    expect.stringMatching(/^dataSystem\.persistentStore: a store of Halyard, such as redisStore\(\)/),
  ])
  const { dataSystem: _, ...legacy } = options
  expect(issuesOf(legacy)).toEqual([
    expect.stringMatching(/^options\.featureStore: a store of Halyard/),
    expect.stringMatching(/^options\.updateProcessor: .*presets\.custom/),
  ])
})

it('S165: the connection fails if checkServerIdentity returns or throws an error', async () => {
  for (const check of [() => new Error('pinned'), () => raise('pinned')]) {
    const { options, warnings } = await completeOptions()
    const tlsParams = { ...options.tlsParams, checkServerIdentity: check }
    const client = createClient('sdk-key', { ...options, tlsParams })
    onTestFinished(() => client.close())
    await expect.poll(() => warnings.join('\n')).toContain('pinned')
  }
})

function raise(message: string): never {
  throw new Error(message)
}

/** Starts a service with TLS and client certificates behind a proxy with a password. Returns every official option. */
async function completeOptions() {
  const flag = put('checkout', 1, { on: true, variations: [true], fallthrough: { variation: 0 } })
  const tls = { ...certificate('leaf'), ca: CA, requestCert: true, maxVersion: 'TLSv1.2' } as const
  const origin = await startOrigin({ tls })
  origin.poll.always(body(full('s1', flag)))
  origin.stream.always(new LiveStream(full('s1', flag)).answer)
  const proxy = await startProxy({ authorization: `Basic ${btoa('ada:pass:word')}` })
  const store: LDFeatureStore = {
    get: (_kind, _key, done) => done(null),
    all: (_kind, done) => done({}),
    init: (_data, done) => done(),
    delete: (_kind, _key, _version, done) => done(),
    upsert: (_kind, _data, done) => done(),
    initialized: (done) => done(false),
    close: () => {},
  }
  const members: interfaces.BigSegmentStore = {
    getMetadata: async () => undefined,
    getUserMembership: async () => undefined,
    close: () => {},
  }
  const peers: string[] = []
  const { warnings, logger } = recorder()
  const options: Required<LDOptions> = {
    baseUri: origin.url,
    streamUri: origin.url,
    eventsUri: origin.url,
    timeout: 5,
    capacity: 100,
    logger,
    featureStore: () => store,
    dataSystem: { dataSource: { dataSourceOptionsType: 'standard', pollInterval: 60 } },
    bigSegments: {
      store: () => members,
      userCacheSize: 10,
      userCacheTime: 1,
      statusPollInterval: 1,
      staleAfter: 1,
    },
    updateProcessor: {},
    flushInterval: 5,
    pollInterval: 30,
    proxyOptions: {
      host: '127.0.0.1',
      port: Number(new URL(proxy.url).port),
      scheme: 'http',
      auth: 'ada:pass:word',
    },
    offline: false,
    stream: true,
    streamInitialReconnectDelay: 1,
    useLdd: true,
    sendEvents: true,
    allAttributesPrivate: true,
    privateAttributes: ['email'],
    contextKeysCapacity: 10,
    contextKeysFlushInterval: 10,
    tlsParams: {
      ca: [CA.toString()],
      pfx: [{ buf: readFileSync(certificatePath('client.p12')), passphrase: 'halyard' }],
      cert: [certificate('client').cert.toString()],
      key: [{ pem: readFileSync(certificatePath('client-encrypted.key.pem')), passphrase: 'halyard' }],
      passphrase: 'halyard',
      rejectUnauthorized: true,
      servername: 'localhost',
      ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256',
      secureProtocol: 'TLSv1_2_method',
      checkServerIdentity: (name) => void peers.push(name),
    } satisfies Required<LDTLSOptions>,
    diagnosticOptOut: true,
    diagnosticRecordingInterval: 900,
    wrapperName: 'w',
    wrapperVersion: '1',
    application: { id: 'shop', version: '1' },
    payloadFilterKey: 'filter',
    hooks: [{ getMetadata: () => ({ name: 'hook' }) }],
    enableEventCompression: true,
    plugins: [],
    proxyAgent: new Agent(),
  }
  return { origin, options, warnings, store, peers }
}

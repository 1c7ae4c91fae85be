import type { LDOptions } from '@launchdarkly/node-server-sdk'
import { expect, it } from 'vitest'
import { type OfficialOptions, readOfficialOptions } from '../../src/config/official-options.ts'
import type { ClientOptions } from '../../src/index.ts'

/** Each option of the official type: a new one fails to compile until it is decided here. `ours`: read by Halyard itself. */
const OFFICIAL: Record<keyof LDOptions, 'ours' | 'mapped' | 'without effect'> = {
  baseUri: 'ours',
  streamUri: 'ours',
  eventsUri: 'without effect',
  timeout: 'without effect',
  capacity: 'without effect',
  logger: 'ours',
  featureStore: 'ours',
  dataSystem: 'ours',
  bigSegments: 'without effect',
  updateProcessor: 'ours',
  flushInterval: 'without effect',
  pollInterval: 'ours',
  proxyOptions: 'mapped',
  offline: 'ours',
  stream: 'ours',
  streamInitialReconnectDelay: 'ours',
  useLdd: 'ours',
  sendEvents: 'without effect',
  allAttributesPrivate: 'without effect',
  privateAttributes: 'without effect',
  contextKeysCapacity: 'without effect',
  contextKeysFlushInterval: 'without effect',
  tlsParams: 'mapped',
  diagnosticOptOut: 'without effect',
  diagnosticRecordingInterval: 'without effect',
  wrapperName: 'mapped',
  wrapperVersion: 'mapped',
  application: 'ours',
  payloadFilterKey: 'without effect',
  hooks: 'ours',
  enableEventCompression: 'without effect',
  plugins: 'without effect',
  proxyAgent: 'without effect',
}

it.each(Object.entries(OFFICIAL))('S165: %s is %s', (name, place) => {
  const { options } = readOfficialOptions({ [name]: {} })
  expect(Object.keys(options as object).includes(name)).toBe(place === 'ours')
})

it('S165: proxy, tls and wrapper are mapped, and ours count for more', () => {
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

it('S165: one line names the options about events, others say what to use', () => {
  expect(readOfficialOptions({ sendEvents: true, capacity: 5, plugins: [] }).warnings).toEqual([
    'options.sendEvents, options.capacity: without effect, because no analytics events are sent',
    'options.plugins: without effect; give their hooks as options.hooks',
  ])
  expect(readOfficialOptions({ sendEvents: false, diagnosticOptOut: true }).warnings).toEqual([])
})

it('S165: the names of the official SDK compile in an object literal, and its own values fit', () => {
  const literal: ClientOptions = {
    proxyOptions: { host: 'proxy', port: 8080, scheme: 'https', auth: 'ada:word' },
    tlsParams: { ca: ['PEM'], servername: 'name', rejectUnauthorized: false },
    wrapperName: 'w',
    wrapperVersion: '1',
    timeout: 5,
    sendEvents: false,
    privateAttributes: ['email'],
    plugins: [],
  }
  type Missing = Exclude<keyof LDOptions, keyof ClientOptions | 'updateProcessor'>
  const complete: [Missing] extends [never] ? true : false = true
  const taken = (given: Pick<LDOptions, Exclude<keyof OfficialOptions, 'tlsParams'>>): OfficialOptions =>
    given
  expect([literal.wrapperName, complete, taken({ timeout: 5 })]).toEqual(['w', true, { timeout: 5 }])
})

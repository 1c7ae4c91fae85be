import { describe, expect, it } from 'vitest'
import type { DataSourceStatus, StoreStatus } from '../../../src/model/status.ts'
import { statusDocument } from '../../../src/relay/status/document.ts'
import { findEnvironment } from '../../../src/relay/status/status.ts'
import type { EnvironmentView } from '../../../src/relay/view.ts'
import { environmentView, NOW, PATIENCE, relayView, sourceView, storeView } from './views.ts'

const documentOf = (...environments: readonly EnvironmentView[]) =>
  statusDocument(relayView(...environments), PATIENCE)

it('(S105) describes an environment in the format of the Relay Proxy, with extensions', () => {
  const lastError = {
    kind: 'error_response',
    message: 'sdk-secret',
    status: 503,
    at: 7,
    source: 'polling',
  } as const
  const source = sourceView({ state: 'interrupted', since: NOW - 5, lastError, nextAttempt: NOW + 5 })
  const store = storeView({
    latencyMs: 2,
    lastError: { kind: 'unavailable', message: 'gone', at: 9 },
    quarantined: [{ kind: 'flag', key: 'a' }],
  })
  expect(documentOf(environmentView({ envId: '6488674d', projKey: 'spree', source, store }))).toStrictEqual({
    environments: {
      test: {
        sdkKey: 'sdk-****-0b5e',
        envId: '6488674d',
        envName: 'test',
        projKey: 'spree',
        status: 'connected',
        connectionStatus: {
          state: 'INTERRUPTED',
          stateSince: NOW - 5,
          lastError: { kind: 'ERROR_RESPONSE', time: 7, statusCode: 503 },
          source: 'streaming',
          nextAttempt: NOW + 5,
        },
        dataStoreStatus: {
          state: 'VALID',
          stateSince: NOW - 500_000,
          database: 'redis',
          dbServer: 'Redis at redis.example:6379',
          dbPrefix: 'ld:test',
          stale: false,
          lost: false,
          role: 'writer',
          latencyMs: 2,
          lastError: { message: 'gone', time: 9 },
          refused: 0,
          quarantined: 1,
        },
        serving: 'live',
        dataAgeMs: 1_500,
        flags: 3,
        segments: 1,
        clients: 3,
        clientsByKind: { fdv2: 2, fdv1: 1, pings: 3, pollers: 4 },
      },
    },
    status: 'healthy',
    version: '0.1.0',
    clientVersion: '0.1.0',
  })
})

it('(S105) reports the store as VALID since the start if there is no database', () => {
  const { environments } = documentOf(environmentView())
  expect(environments.test?.dataStoreStatus).toEqual({ state: 'VALID', stateSince: NOW - 1_000_000 })
})

it('(S105) accepts any name, such as `__proto__`', () => {
  const names = ['__proto__', 'constructor', 'a.b', 'ä "ö"\n']
  const text = JSON.stringify(documentOf(...names.map((name) => environmentView({ name }))))
  const { environments } = JSON.parse(text) as { readonly environments: object }
  expect(Object.keys(environments)).toEqual(names)
})

describe('(S105) an environment is connected, or not,', () => {
  it.each<readonly [DataSourceStatus['state'], number, 'connected' | 'disconnected']>([
    ['valid', 1e9, 'connected'],
    ['initializing', 0, 'disconnected'],
    ['interrupted', PATIENCE - 1, 'connected'],
    ['interrupted', PATIENCE, 'disconnected'],
    ['off', 0, 'disconnected'],
  ])('when its source is %s for %i ms: %s', (state, forMs, status) => {
    const source = sourceView({ state, since: NOW - forMs })
    const document = documentOf(environmentView(), environmentView({ name: 'other', source }))
    expect(document.environments.other?.status).toBe(status)
    expect(document.status).toBe(status === 'connected' ? 'healthy' : 'degraded')
  })
})

describe('(S105) the relay is degraded, and its environment stays connected,', () => {
  it.each<readonly [Partial<StoreStatus>, 'healthy' | 'degraded']>([
    [{ state: 'unavailable', since: NOW - PATIENCE }, 'degraded'],
    [{ state: 'unavailable', since: NOW - PATIENCE + 1, stale: true }, 'healthy'],
    [{ state: 'available', stale: true }, 'degraded'],
    [{ state: 'available', lost: true }, 'healthy'],
    [{ state: 'unknown' }, 'healthy'],
  ])('when its database is %j: %s', (status, expected) => {
    const document = documentOf(environmentView({ store: storeView(status) }))
    expect(document.status).toBe(expected)
    expect(document.environments.test?.status).toBe('connected')
  })
})

describe('(S105) a path below /status means', () => {
  const view = relayView(
    environmentView({ name: 'production', envId: 'id-1', projKey: 'spree' }),
    environmentView({ name: 'Spree Test', envId: 'production', projKey: 'spree' }),
    environmentView({ name: 'a/b', projKey: 'x' }),
    environmentView({ name: '__proto__', envId: '', projKey: '' }),
  )
  it.each([
    ['production', 'production'],
    ['id-1', 'production'],
    ['Spree%20Test', 'Spree Test'],
    ['spree/Spree%20Test', 'Spree Test'],
    ['spree/id-1', 'production'],
    ['a%2Fb', 'a/b'],
    ['x/a%2Fb', 'a/b'],
    ['__proto__', '__proto__'],
    ['constructor', undefined],
    ['a/b', undefined],
    ['x/production', undefined],
    ['production/filters/x', undefined],
    ['spree/production/x', undefined],
    ['Production', undefined],
    ['production/', undefined],
  ])('%s: %s', (path, name) => {
    expect(findEnvironment(view, path)?.name).toBe(name)
  })
})

const BIG_SEGMENTS = {
  state: 'synchronized',
  available: true,
  stale: false,
  staleIsDegraded: false,
  synchronizedOn: NOW - 5,
  patches: 3,
} as const

it('(BS10.1) has the status of big segments in the format of the Relay Proxy, with the state as an extension', () => {
  const statusOf = (bigSegments: EnvironmentView['bigSegments']) =>
    documentOf(environmentView({ ...(bigSegments && { bigSegments }) })).environments.test?.bigSegmentStatus
  expect(statusOf(undefined)).toBeUndefined()
  expect(statusOf(BIG_SEGMENTS)).toEqual({
    available: true,
    potentiallyStale: false,
    lastSynchronizedOn: NOW - 5,
    state: 'synchronized',
  })
  const { synchronizedOn: _, ...never } = BIG_SEGMENTS
  expect(statusOf({ ...never, state: 'waiting', available: false })).toEqual({
    available: false,
    potentiallyStale: false,
    lastSynchronizedOn: 0,
    state: 'waiting',
  })
})

it.each([
  ['stale, as configured', { stale: true, staleIsDegraded: true }, 'degraded'],
  ['stale', { stale: true }, 'healthy'],
  ['current', { staleIsDegraded: true }, 'healthy'],
  ['not available', { available: false, staleIsDegraded: true }, 'healthy'],
])('(BS10.2) a relay whose big segments are %s', (_, members, status) => {
  const bigSegments = { ...BIG_SEGMENTS, ...members }
  expect(documentOf(environmentView({ bigSegments })).status).toBe(status)
})

it('(S209.1) has the masked keys of an environment with their end dates', () => {
  const environment = environmentView({
    moreSdkKeys: [{ value: '***-a' }, { value: '***-c', until: NOW + 9 }, { value: '***-b', until: NOW + 5 }],
    mobileKey: '***-m',
    moreMobileKeys: [{ value: '***-n', until: NOW + 7 }],
  })
  expect(documentOf(environment).environments.test).toMatchObject({
    sdkKey: 'sdk-****-0b5e',
    expiringSdkKey: '***-b',
    additionalSdkKeys: [
      { value: '***-a' },
      { value: '***-c', expiry: NOW + 9 },
      { value: '***-b', expiry: NOW + 5 },
    ],
    mobileKey: '***-m',
    additionalMobileKeys: [{ value: '***-n', expiry: NOW + 7 }],
  })
  const { test } = documentOf(environmentView({ moreSdkKeys: [{ value: '***-a' }] })).environments
  expect(Object.keys(test ?? {})).not.toContain('expiringSdkKey')
  expect(Object.keys(test ?? {})).not.toContain('mobileKey')
})

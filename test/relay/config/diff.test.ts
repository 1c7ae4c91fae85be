import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { diff } from '../../../src/relay/config/diff.ts'
import type { EnvironmentConfig, RelayConfig } from '../../../src/relay/config/relay-config.ts'
import { DEFAULTS } from './reading.ts'

const A: EnvironmentConfig = { name: 'a', sdkKey: 'a-sdk', prefix: 'a' }
const B: EnvironmentConfig = { name: 'b', sdkKey: 'b-sdk', prefix: 'b' }
const C: EnvironmentConfig = { name: 'c', sdkKey: 'c-sdk', prefix: 'c' }
const NONE = { added: [], changed: [], updated: [], removed: [], settings: [] }

function relay(environments: readonly EnvironmentConfig[], rest: Partial<RelayConfig> = {}): RelayConfig {
  return { ...DEFAULTS, ...rest, environments }
}

describe('diff', () => {
  it('(S93) contains added, changed and removed environments only', () => {
    const changed = { ...B, logLevel: 'debug' } as const
    expect(diff(relay([A, B, C]), relay([changed, C, { ...A, name: 'd' }]))).toEqual({
      ...NONE,
      added: [{ ...A, name: 'd' }],
      changed: [changed],
      removed: [A],
    })
  })

  it('(S93) is empty if only the order differs', () => {
    expect(diff(relay([A, B, C]), relay([C, { ...A }, B]))).toEqual(NONE)
  })

  it.each<readonly [string, Partial<RelayConfig>]>([
    ['store', { store: { type: 'redis', url: 'redis://x:1', localTtlMs: 0 } }],
    ['endpoints', { endpoints: { polling: 'http://x' } }],
    ['proxy', { proxy: { url: 'http://x:1' } }],
    ['caFiles', { caFiles: ['x'] }],
    ['dataSavingMode', { dataSavingMode: false }],
  ])('(S93.3) a change of %s starts every environment again', (name, rest) => {
    expect(diff(relay([A, B]), relay([B, C], rest))).toEqual({
      added: [C],
      changed: [B],
      updated: [],
      removed: [A],
      settings: [name],
    })
    expect(diff(relay([A], rest), relay([A]))).toMatchObject({ changed: [A], settings: [name] })
  })

  it('(S93) a change of server settings affects no environment', () => {
    const rest = { port: 1, heartbeatMs: 1, tls: { certFile: 'c', keyFile: 'k' } }
    const { settings, ...others } = diff(relay([A]), relay([A], rest))
    expect(settings.toSorted()).toEqual(['heartbeatMs', 'port', 'tls'])
    expect({ ...others, settings: [] }).toEqual(NONE)
  })

  it.each<readonly [string, Partial<EnvironmentConfig>, Partial<EnvironmentConfig>, 'updated' | 'changed']>([
    [
      'another key beside the former one',
      {},
      { sdkKey: 'new', moreSdkKeys: [{ value: 'a-sdk' }] },
      'updated',
    ],
    ['a key that was already valid', { moreSdkKeys: [{ value: 'new' }] }, { sdkKey: 'new' }, 'updated'],
    ['another key with the same ID', { envId: 'id' }, { envId: 'id', sdkKey: 'new' }, 'updated'],
    ['another mobile key', { mobileKey: 'm' }, { mobileKey: 'n' }, 'updated'],
    ['another end date', {}, { moreSdkKeys: [{ value: 'b', until: 1 }] }, 'updated'],
    ['other origins and ttl', { ttlMs: 1 }, { allowedOrigins: ['https://x.example'] }, 'updated'],
    ['another ID of the same key', { envId: 'id' }, { envId: 'other' }, 'updated'],
    ['another key', {}, { sdkKey: 'new' }, 'changed'],
    ['another key, and an ID that is new', {}, { envId: 'id', sdkKey: 'new' }, 'changed'],
    ['another key and another ID', { envId: 'id' }, { envId: 'other', sdkKey: 'new' }, 'changed'],
    ['another prefix', {}, { prefix: 'other', sdkKey: 'new', moreSdkKeys: [{ value: 'a-sdk' }] }, 'changed'],
  ])('(S206) compares environments with %s', (_, before, after, list) => {
    const next = { ...A, ...after }
    const changes = diff(relay([{ ...A, ...before }, B]), relay([B, next]))
    expect(changes).toEqual({ ...NONE, [list]: [next] })
  })

  it('(S93) leads from one configuration to the other', () => {
    const environment: fc.Arbitrary<EnvironmentConfig> = fc.record(
      {
        name: fc.constantFrom('a', 'b', 'c', '__proto__'),
        sdkKey: fc.constantFrom('1', '2'),
        mobileKey: fc.constantFrom('1', '2'),
      },
      { noNullPrototype: true },
    )
    const environments = fc.uniqueArray(environment, { selector: ({ name }) => name })
    fc.assert(
      fc.property(environments, environments, (before, after) => {
        const { added, changed, updated, removed } = diff(relay(before), relay(after))
        const running = new Map(before.map((each) => [each.name, each]))
        for (const { name } of removed) expect(running.delete(name)).toBe(true)
        for (const each of changed) expect(running.get(each.name)?.sdkKey).not.toBe(each.sdkKey)
        for (const each of updated) expect(running.get(each.name)?.sdkKey).toBe(each.sdkKey)
        for (const each of added) expect(running.has(each.name)).toBe(false)
        for (const each of updated) expect(running.get(each.name)).not.toEqual(each)
        for (const each of [...changed, ...updated, ...added]) running.set(each.name, each)
        expect(running).toEqual(new Map(after.map((each) => [each.name, each])))
      }),
    )
  })
})

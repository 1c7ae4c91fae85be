import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { presets } from '../../../src/config/presets.ts'
import { consulStore } from '../../../src/store/consul/consul-store.ts'
import { dynamodbStore } from '../../../src/store/dynamodb/dynamodb-store.ts'
import { type ConsulAgent, describeWithConsul, startConsulAgent } from '../../support/consul-agent.ts'
import { type Dynalite, SECRETS, startDynalite } from '../../support/dynalite.ts'
import { put } from '../../support/origin.ts'
import { constant } from '../../support/stored.ts'
import { addressesOf, environment, FORMS, type Settings, startExample } from './document.ts'
import { halyardClient, valuesOf } from './sdks.ts'
import { PRODUCTION, startSpree, TEST } from './spree.ts'

/** The examples, unchanged, with variables that disable Redis. */
const WITHOUT_REDIS: Settings = { USE_REDIS: '0' }

const PLACES = [
  [PRODUCTION, 'production'],
  [TEST, 'test'],
] as const

// “The per-environment "prefix" setting can be used the same way with Consul or DynamoDB. Alternately, with DynamoDB you can
// use a separate table name for each environment.”
describe('LaunchDarkly’s document of daemon mode, with DynamoDB instead of Redis', () => {
  let dynalite: Dynalite
  beforeAll(async () => {
    dynalite = await startDynalite()
  })
  afterAll(() => dynalite.close())

  const variables = (): Settings => ({
    ...WITHOUT_REDIS,
    USE_DYNAMODB: '1',
    DYNAMODB_URL: dynalite.clientOptions.endpoint,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: SECRETS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: SECRETS.secretAccessKey,
  })

  const flags = async (tableName: string, namespace: string): Promise<unknown> => {
    const items = await dynalite.items(tableName, namespace)
    return Object.fromEntries(items.map(({ key, item }) => [key?.S, JSON.parse(item?.S ?? 'null')]))
  }
  const reader = (sdkKey: string, place: { readonly tableName: string; readonly prefix?: string }) =>
    halyardClient(sdkKey, {
      dataSystem: presets.daemon(
        dynamodbStore({ ...place, clientOptions: dynalite.clientOptions, cacheTTL: 0 }),
      ),
    })

  it.each(FORMS)('(S125) %s: prefixes are used the same way, in one table', async (form) => {
    const tableName = `of-${form.replace(' ', '-')}`
    await dynalite.createTable(tableName)
    const service = await startSpree()
    const relay = await startExample(form, {
      ...variables(),
      DYNAMODB_TABLE: tableName,
      ...addressesOf(service),
    })
    for (const [{ sdkKey, prefix }, value] of PLACES) {
      await expect.poll(() => dynalite.items(tableName, `${prefix}:$inited`)).toHaveLength(1)
      expect(await flags(tableName, `${prefix}:features`)).toEqual(environment(value).flags)
      expect(await flags(tableName, `${prefix}:segments`)).toEqual(environment(value).segments)
      expect(await valuesOf([reader(sdkKey, { tableName, prefix })], 'a')).toEqual([value])
    }
    const sdk = reader(TEST.sdkKey, { tableName, prefix: TEST.prefix })
    service.change(TEST.sdkKey, put('a', 2, constant('a', 2, 'changed')))
    await expect.poll(() => valuesOf([sdk], 'a')).toEqual(['changed'])
    expect(await relay.stop()).toBe(0)
    expect(relay.output).not.toContain(SECRETS.secretAccessKey)
  })

  it('(S125) each environment may have its own table instead of a prefix', async () => {
    const tables = { Production: 'spree-production', Test: 'spree-test' } as const
    for (const name of Object.values(tables)) await dynalite.createTable(name)
    await startExample('environment variables', {
      ...variables(),
      ...addressesOf(await startSpree()),
      // An empty variable counts as not set.
      LD_PREFIX_Spree_Project_Production: '',
      LD_PREFIX_Spree_Project_Test: '',
      LD_TABLE_NAME_Spree_Project_Production: tables.Production,
      LD_TABLE_NAME_Spree_Project_Test: tables.Test,
    })
    for (const [{ sdkKey }, value] of PLACES) {
      const tableName = `spree-${value}`
      await expect.poll(() => dynalite.items(tableName, '$inited')).toHaveLength(1)
      expect(await flags(tableName, 'features')).toEqual(environment(value).flags)
      expect(await valuesOf([reader(sdkKey, { tableName })], 'staff-only')).toEqual([true])
    }
  })
})

describeWithConsul('LaunchDarkly’s document of daemon mode, with Consul instead of Redis', () => {
  let agent: ConsulAgent
  beforeAll(async () => {
    agent = await startConsulAgent()
  })
  afterAll(() => agent.stop())

  const value = async (key: string): Promise<string | undefined> => {
    const response = await fetch(`${agent.url}/v1/kv/${key}?raw`)
    return response.ok ? response.text() : undefined
  }

  it.each(FORMS)('(S125) %s: prefixes are used the same way', async (form) => {
    await fetch(`${agent.url}/v1/kv/?recurse`, { method: 'DELETE' })
    const service = await startSpree()
    const settings = { ...WITHOUT_REDIS, USE_CONSUL: '1', CONSUL_HOST: new URL(agent.url).host }
    const relay = await startExample(form, { ...settings, ...addressesOf(service) })
    for (const [{ sdkKey, prefix }, expected] of PLACES) {
      await expect.poll(() => value(`${prefix}/$inited`)).toBe('')
      for (const [key, flag] of Object.entries(environment(expected).flags ?? {})) {
        expect(JSON.parse((await value(`${prefix}/features/${key}`)) ?? '')).toEqual(flag)
      }
      const store = consulStore({ url: agent.url, prefix, cacheTTL: 600 })
      const sdk = halyardClient(sdkKey, { dataSystem: presets.daemon(store) })
      expect(await valuesOf([sdk], 'staff-only')).toEqual([true])
      expect(await valuesOf([sdk], 'a')).toEqual([expected])
      service.change(sdkKey, put('a', 2, constant('a', 2, 'changed')))
      await expect.poll(() => valuesOf([sdk], 'a')).toEqual(['changed'])
    }
    expect(await relay.stop()).toBe(0)
  })
})

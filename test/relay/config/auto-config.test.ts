import { describe, expect, it } from 'vitest'
import { readRelayConfig } from '../../../src/relay/config/read-relay-config.ts'
import { DEFAULTS, readText, wrongsOf } from './reading.ts'

const AUTO = '[AutoConfig]\nkey = rel-1\n'
const REDIS = '[Redis]\nhost = h\n'
const DYNAMODB = '[DynamoDB]\nenabled = true\n'

it('(AC1.1) is configured by a file, a variable or an object', () => {
  const config = { ...DEFAULTS, autoConfig: { key: 'rel-1' }, environments: [] }
  expect(readText(AUTO)).toStrictEqual({ config, warnings: [] })
  expect(readRelayConfig({ variables: { AUTO_CONFIG_KEY: 'rel-1' } })).toStrictEqual({ config, warnings: [] })
  const options = { autoConfig: { key: 'rel-1' } }
  expect(readRelayConfig({ options })).toStrictEqual({ config, warnings: [] })
  // A configuration is read unchanged.
  expect(readRelayConfig({ options: config }).config).toStrictEqual(config)
})

it('(AC1.1) is refused beside environments and beside an archive', () => {
  expect(wrongsOf(`${AUTO}[Environment "one"]\nsdkKey = 1\n`)).toEqual([
    'relay.conf:3 [Environment "one"]: no environments in addition to those of automatic configuration (relay.conf:2 [AutoConfig] key), an environment',
  ])
  expect(wrongsOf(AUTO, { LD_ENV_one: '1' })).toHaveLength(1)
  expect(wrongsOf(`${AUTO}[OfflineMode]\nfileDataSource = x\n`)).toEqual([
    'relay.conf:2 [AutoConfig] key: no automatic configuration beside an archive (relay.conf:4 [OfflineMode] fileDataSource), a key',
  ])
})

it('(AC1.1) has no effect without a key, and refuses one with a line break without repeating it', () => {
  const one = '[Environment "one"]\nsdkKey = 1\n'
  const { config, warnings } = readText(`[AutoConfig]\ncacheKey = x\n${one}`)
  expect(config).not.toHaveProperty('autoConfig')
  expect(warnings).toEqual([
    'relay.conf:2 [AutoConfig] cacheKey has no effect without key, the automatic configuration key',
  ])
  expect(wrongsOf('', { AUTO_CONFIG_KEY: 'rel-1 rel-2' })).toEqual([
    'AUTO_CONFIG_KEY: a key or token of printable characters, without spaces and line breaks, a string (value hidden)',
  ])
})

describe('the place of environments in the database', () => {
  it('(AC1.2) contains their id', () => {
    expect(readText(`${REDIS}${AUTO}envDatastorePrefix = ld:$CID`).config.autoConfig).toStrictEqual({
      key: 'rel-1',
      prefix: 'ld:$CID',
    })
    expect(readText(`${DYNAMODB}${AUTO}envDatastoreTableName = ld-$CID`).config.autoConfig).toStrictEqual({
      key: 'rel-1',
      tableName: 'ld-$CID',
    })
  })

  it.each([
    [
      REDIS + AUTO,
      'relay.conf:3 [AutoConfig]: an envDatastorePrefix that contains $CID, so that environments differ, none',
    ],
    [
      `${REDIS}${AUTO}envDatastorePrefix = ld`,
      'relay.conf:5 [AutoConfig] envDatastorePrefix: an envDatastorePrefix that contains $CID, so that environments differ, none',
    ],
    [
      `${DYNAMODB}${AUTO}envDatastorePrefix = $CID`,
      'relay.conf:3 [AutoConfig]: a tableName in [DynamoDB], or an envDatastoreTableName, none',
    ],
  ])('(AC1.2) is refused if it is the same for all of them: %j', (text, wrong) => {
    expect(wrongsOf(text)).toEqual([wrong])
  })

  it('(AC1.4) is set by variables that offline mode has too', () => {
    const variables = {
      AUTO_CONFIG_KEY: 'rel-1',
      ENV_DATASTORE_PREFIX: 'ld:$CID',
      REDIS_HOST: 'h',
      USE_REDIS: '1',
    }
    const { config, warnings } = readRelayConfig({ variables })
    expect(config.autoConfig).toStrictEqual({ key: 'rel-1', prefix: 'ld:$CID' })
    expect(warnings).toEqual([])
    const keyInFile = readText(REDIS + AUTO, { ENV_DATASTORE_PREFIX: 'ld:$CID' })
    expect(keyInFile).toMatchObject({ config: { autoConfig: { prefix: 'ld:$CID' } }, warnings: [] })
    const offline = readText(`${REDIS}[OfflineMode]\nfileDataSource = x\n`, { ENV_DATASTORE_PREFIX: '$CID' })
    expect(offline).toMatchObject({ config: { offline: { prefix: '$CID' } }, warnings: [] })
  })
})

it('(AC1.4) has origins and headers for browsers, from variables that offline mode has too', () => {
  const variables = { ENV_ALLOWED_ORIGIN: 'https://a.test,https://b.test', ENV_ALLOWED_HEADER: 'X-Own' }
  const { config, warnings } = readText(AUTO, variables)
  expect(config.autoConfig).toStrictEqual({
    key: 'rel-1',
    allowedOrigins: ['https://a.test', 'https://b.test'],
    allowedHeaders: ['X-Own'],
  })
  expect(warnings).toEqual([])
})

describe('the copy', () => {
  const prefix = 'envDatastorePrefix = $CID\n'

  it('(AC1.3) has a key in Redis, and a key and a table in DynamoDB', () => {
    expect(readText(`${REDIS}${AUTO}${prefix}cacheKey = k`).config.autoConfig).toMatchObject({
      cacheKey: 'k',
    })
    const text = `[DynamoDB]\nenabled = true\ntableName = all\n${AUTO}${prefix}cacheKey = k\n`
    const { config } = readText(text)
    expect(config.autoConfig).toMatchObject({ cacheKey: 'k', cacheTableName: 'all' })
    expect(readText(`${text}cacheTableName = own`).config.autoConfig).toMatchObject({ cacheTableName: 'own' })
    expect(readRelayConfig({ options: config }).config).toStrictEqual(config)
    expect(wrongsOf(`${DYNAMODB}${AUTO}envDatastoreTableName = t-$CID\ncacheKey = k`)).toEqual([
      'relay.conf:6 [AutoConfig] cacheKey: a tableName in [DynamoDB], or a cacheTableName, none',
    ])
  })

  it('(AC1.3) has no key without a database, or in Consul', () => {
    expect(readText(`${AUTO}cacheKey = k`)).toMatchObject({
      config: { autoConfig: { key: 'rel-1' } },
      warnings: ['relay.conf:3 [AutoConfig] cacheKey has no effect: no database is configured'],
    })
    expect(readText(`[Consul]\nhost = h\n${AUTO}envDatastorePrefix = $CID\ncacheKey = k`).warnings).toEqual([
      'relay.conf:6 [AutoConfig] cacheKey has no effect: Consul cannot hold the copy',
    ])
  })
})

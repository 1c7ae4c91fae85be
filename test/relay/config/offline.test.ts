import { describe, expect, it } from 'vitest'
import { readRelayConfig } from '../../../src/relay/config/read-relay-config.ts'
import { DEFAULTS, readText, wrongs, wrongsOf } from './reading.ts'

const OFFLINE = '[OfflineMode]\nfileDataSource = /flags.tar.gz\n'
const ONE = '[Environment "one"]\nsdkKey = 1\n'
const INTERVAL = 'a duration of at least 100ms, such as 30s, 1m30s or 500ms (a number needs a unit)'

describe('an archive', () => {
  const config = {
    ...DEFAULTS,
    offline: { archive: '/flags.tar.gz', intervalMs: 1_000 },
    environments: [],
  }

  it('S102: can be configured by a file, a variable or an object', () => {
    expect(readText(OFFLINE)).toStrictEqual({ config, warnings: [] })
    expect(readRelayConfig({ variables: { FILE_DATA_SOURCE: '/flags.tar.gz' } })).toStrictEqual({
      config,
      warnings: [],
    })
    const options = { offline: { archive: '/flags.tar.gz' } }
    expect(readRelayConfig({ options })).toStrictEqual({ config, warnings: [] })
    // A configuration is read unchanged.
    expect(readRelayConfig({ options: config }).config).toStrictEqual(config)
  })

  it('S102: is checked every second, or in the configured interval', () => {
    const interval = (text: string): unknown =>
      readText(`${OFFLINE}fileDataSourceMonitoringInterval = ${text}`).config.offline?.intervalMs
    expect([interval('100ms'), interval('1m30s')]).toEqual([100, 90_000])
    const variables = { FILE_DATA_SOURCE: 'x', FILE_DATA_SOURCE_MONITORING_INTERVAL: '5s' }
    expect(readRelayConfig({ variables: variables }).config.offline?.intervalMs).toBe(5_000)
    const options = { offline: { archive: 'x', intervalMs: 200 } }
    expect(readRelayConfig({ options }).config.offline?.intervalMs).toBe(200)
  })

  it('S102: refuses an interval below 100 ms', () => {
    expect(wrongsOf(`${OFFLINE}fileDataSourceMonitoringInterval = 99ms`)).toEqual([
      `relay.conf:3 [OfflineMode] fileDataSourceMonitoringInterval: ${INTERVAL}, "99ms"`,
    ])
    expect(wrongs({ options: { offline: { archive: 'x', intervalMs: 99 } } })).toEqual([
      `options.offline.intervalMs: ${INTERVAL}, number 99`,
    ])
  })

  it('S102: excludes configured environments, from any source', () => {
    const wrong =
      'no environments in addition to those of the archive (relay.conf:2 [OfflineMode] fileDataSource), an environment'
    expect(wrongsOf(OFFLINE + ONE)).toEqual([`relay.conf:3 [Environment "one"]: ${wrong}`])
    expect(wrongsOf(OFFLINE, { LD_ENV_one: '1' })).toEqual([`LD_ENV_one: ${wrong}`])
  })

  it('S102: has no effect without its path', () => {
    expect(wrongsOf('[OfflineMode]\nfileDataSourceMonitoringInterval = 1s')).toHaveLength(1)
    const { config: read, warnings } = readText(
      `[OfflineMode]\nfileDataSourceMonitoringInterval = 1s\n${ONE}`,
    )
    expect(read).not.toHaveProperty('offline')
    expect(warnings).toEqual([
      'relay.conf:2 [OfflineMode] fileDataSourceMonitoringInterval has no effect without fileDataSource, the path of an archive',
    ])
  })

  it('S102: has options for the browsers of all environments', () => {
    const { config: read, warnings } = readText(`${OFFLINE}envAllowedOrigin = https://x\n`, {
      ENV_ALLOWED_HEADER: 'X-One,X-Two',
    })
    const members = { allowedOrigins: ['https://x'], allowedHeaders: ['X-One', 'X-Two'] }
    expect(read.offline).toStrictEqual({ ...config.offline, ...members })
    expect(warnings).toEqual([])
  })
})

describe('the place of its environments in the database', () => {
  const redis = `[Redis]\nhost = h\n${OFFLINE}`
  const dynamodb = `[DynamoDB]\nenabled = true\n${OFFLINE}`

  it('S102: contains their id', () => {
    expect(readText(`${redis}envDatastorePrefix = ld:$CID`).config.offline).toStrictEqual({
      archive: '/flags.tar.gz',
      intervalMs: 1_000,
      prefix: 'ld:$CID',
    })
    expect(readText(`${dynamodb}envDatastoreTableName = ld-$CID`).config.offline).toMatchObject({
      tableName: 'ld-$CID',
    })
    const common = dynamodb.replace('[Offline', 'tableName = all\n[Offline')
    expect(readText(common, { ENV_DATASTORE_PREFIX: '$CID' }).config.offline).toMatchObject({
      prefix: '$CID',
      tableName: 'all',
    })
  })

  it.each([
    [
      redis,
      'relay.conf:3 [OfflineMode]: an envDatastorePrefix that contains $CID, so that environments differ, none',
    ],
    [
      `${redis}envDatastorePrefix = ld`,
      'relay.conf:5 [OfflineMode] envDatastorePrefix: an envDatastorePrefix that contains $CID, so that environments differ, none',
    ],
    [
      `${redis}envDatastorePrefix = $halyard:$CID`,
      'relay.conf:5 [OfflineMode] envDatastorePrefix: a prefix without $halyard, which is reserved for Halyard, a string (value hidden)',
    ],
    [
      `${dynamodb}envDatastorePrefix = $CID`,
      'relay.conf:3 [OfflineMode]: a tableName in [DynamoDB], or an envDatastoreTableName, none',
    ],
    [
      `${dynamodb}envDatastoreTableName = "a $CID"`,
      'relay.conf:5 [OfflineMode] envDatastoreTableName: the name or ARN of a table, with $CID in place of the environment id, a string (value hidden)',
    ],
  ])('S102: is refused if it is the same for all environments: %j', (text, wrong) => {
    expect(wrongsOf(text)).toContain(wrong)
  })

  it('S102: has no effect without a database', () => {
    expect(readText(`${OFFLINE}envDatastorePrefix = $CID`).warnings).toEqual([
      'relay.conf:3 [OfflineMode] envDatastorePrefix has no effect: no database is configured',
    ])
  })
})

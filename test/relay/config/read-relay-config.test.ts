import { parseEnv } from 'node:util'
import { describe, expect, it } from 'vitest'
import { readRelayConfig } from '../../../src/relay/config/read-relay-config.ts'
import type { EnvironmentConfig, RelayConfig } from '../../../src/relay/config/relay-config.ts'
import { DEFAULTS, fixture, readText } from './reading.ts'

const REDIS = { type: 'redis', url: 'redis://localhost:6379', localTtlMs: 30_000 } as const
const ONE = '[Environment "one"]\nsdkKey = one-sdk\nprefix = one\n'
const ONE_VARIABLES = { LD_ENV_one: 'one-sdk', LD_PREFIX_one: 'one' }

/** Returns the two environments of the examples, with their names in the file or in variables. */
function spree(production: string, test: string): readonly EnvironmentConfig[] {
  return [
    { name: production, sdkKey: 'SPREE_PROD_SDK_KEY', prefix: 'ld:spree:production' },
    { name: test, sdkKey: 'SPREE_TEST_SDK_KEY', prefix: 'ld:spree:test' },
  ]
}

/** Returns the database that these variables configure. */
function storeOf(environment: Readonly<Record<string, string>>, text = ''): RelayConfig['store'] {
  return readText(text, { ...ONE_VARIABLES, LD_TABLE_NAME_one: 'table', ...environment }).config.store
}

describe('the examples of daemon mode', () => {
  it('(S90) are read unchanged: the file', () => {
    expect(readText(fixture('daemon-mode.conf'))).toStrictEqual({
      config: {
        ...DEFAULTS,
        store: REDIS,
        environments: spree('Spree Project Production', 'Spree Project Test'),
      },
      warnings: [],
    })
  })

  it('(S90) are read unchanged: the variables', () => {
    expect(readRelayConfig({ variables: parseEnv(fixture('daemon-mode.env')) })).toStrictEqual({
      config: {
        ...DEFAULTS,
        store: REDIS,
        environments: spree('Spree_Project_Production', 'Spree_Project_Test'),
      },
      warnings: [],
    })
  })

  it('(S90) are one relay together, because underscores stand for the spaces of a name', () => {
    const environment = parseEnv(fixture('daemon-mode.env'))
    const together = readText(fixture('daemon-mode.conf'), environment)
    expect(together).toStrictEqual(readText(fixture('daemon-mode.conf')))
  })
})

it('(S90) reads every option, in any case, quoted or not', () => {
  expect(readText(fixture('everything.conf'))).toStrictEqual({
    config: {
      port: 8333,
      host: '::1',
      logLevel: 'warn',
      heartbeatMs: 90_000,
      initTimeoutMs: 500,
      ignoreConnectionErrors: true,
      maxClientConnectionMs: 1_800_000,
      stallMs: 20_000,
      pingJitterMs: 2_000,
      maxClientBodyBytes: 2_097_152,
      shutdownDelayMs: 7_000,
      gracefulShutdownMs: 4_000,
      snapshotDirectory: '/var/lib/relay',
      history: { maxSteps: 500, maxBytes: 1_048_576, maxAgeMs: 3_600_000 },
      admission: { maxConcurrent: 10, maxQueued: 0 },
      disconnectedStatusMs: 180_000,
      bigSegmentsStaleMs: 600_000,
      bigSegmentsStaleAsDegraded: true,
      endpoints: { polling: 'https://base.example/path', streaming: 'http://stream.example:8443' },
      clientSideUrl: 'https://client.example',
      tls: {
        certFile: '/etc/relay/it\'s "here" # yes.pem',
        keyFile: '/etc/relay/key.pem',
        minVersion: 'TLSv1.2',
      },
      proxy: { url: 'http://proxy.example:3128', username: 'user', password: 'of the option' },
      caFiles: ['/etc/ca/one.pem', '/etc/ca/two.pem'],
      logFormat: 'json',
      ready: { requires: ['data', 'upstream', 'store'], maxAgeMs: 600_000 },
      openTelemetry: true,
      events: {
        send: true,
        url: 'https://events.example/path',
        flushIntervalMs: 2_000,
        capacity: 500,
        maxPayloadBytes: 5_242_880,
        maxQueuedBytes: 33_554_432,
      },
      store: {
        type: 'redis',
        url: 'rediss://redis.example:6400/2',
        username: 'beside',
        password: 'se:cret',
        caFile: '/etc/redis/ca.pem',
        certFile: '/etc/redis/client.pem',
        keyFile: '/etc/redis/client.key',
        localTtlMs: Infinity,
      },
      environments: [
        {
          name: 'earth',
          sdkKey: 'earth-sdk',
          prefix: 'earth-',
          ttlMs: 300_000,
          logLevel: 'debug',
          envId: 'earth-env',
          allowedOrigins: ['https://one.example', 'http://two.example:8080'],
          allowedHeaders: ['X-One'],
          secureMode: true,
          projKey: 'default',
        },
        { name: 'krypton', sdkKey: 'krypton-sdk', prefix: 'krypton' },
      ],
    },
    warnings: [],
  })
})

it('(S202) the default heartbeat is shorter than the idle time-outs of common proxies', () => {
  const { config } = readText('[Environment "a"]\nsdkKey = a-key-123\n')
  expect(config.heartbeatMs).toBeLessThan(50_000)
})

it('(S90) every variable has the effect of its option', () => {
  const variables = {
    PORT: '8333',
    HALYARD_RELAY_HOST: '::1',
    LOG_LEVEL: 'warn',
    HEARTBEAT_INTERVAL: '1m30s',
    INIT_TIMEOUT: '500ms',
    IGNORE_CONNECTION_ERRORS: '1',
    MAX_CLIENT_CONNECTION_TIME: '30m',
    MAX_CLIENT_WRITE_TIME: '20s',
    PING_STREAM_JITTER_TIME: '2s',
    MAX_CLIENT_REQUEST_BODY_SIZE: '2097152',
    HALYARD_RELAY_SHUTDOWN_DELAY: '7s',
    GRACEFUL_SHUTDOWN_TIMEOUT: '4s',
    HALYARD_SNAPSHOT_DIRECTORY: '/var/lib/relay',
    HALYARD_HISTORY_STEPS: '500',
    HALYARD_HISTORY_BYTES: '1048576',
    HALYARD_HISTORY_AGE: '1h',
    INIT_MAX_CONCURRENT: '10',
    INIT_MAX_QUEUED: '0',
    DISCONNECTED_STATUS_TIME: '3m',
    BIG_SEGMENTS_STALE_THRESHOLD: '10m',
    BIG_SEGMENTS_STALE_AS_DEGRADED: '1',
    BASE_URI: 'https://base.example/path/',
    STREAM_URI: 'http://stream.example:8443',
    CLIENT_SIDE_BASE_URI: 'https://client.example',
    TLS_ENABLED: 'true',
    TLS_CERT: '/etc/relay/it\'s "here" # yes.pem',
    TLS_KEY: '/etc/relay/key.pem',
    TLS_MIN_VERSION: '1.2',
    HALYARD_RELAY_LOG_FORMAT: 'json',
    HALYARD_RELAY_READY_REQUIRES: 'data,upstream,store',
    HALYARD_RELAY_READY_MAX_AGE: '10m',
    USE_OTLP: '1',
    USE_EVENTS: 'true',
    EVENTS_HOST: 'https://events.example/path',
    EVENTS_FLUSH_INTERVAL: '2s',
    EVENTS_CAPACITY: '500',
    EVENTS_MAX_INBOUND_PAYLOAD_SIZE: '5MiB',
    HALYARD_EVENTS_MAX_QUEUED_BYTES: '32MiB',
    PROXY_URL: 'http://proxy.example:3128',
    PROXY_AUTH_USER: 'user',
    PROXY_AUTH_PASSWORD: 'of the option',
    PROXY_CA_CERTS: '/etc/ca/one.pem, /etc/ca/two.pem',
    USE_REDIS: 'yes',
    REDIS_URL: 'redis://redis.example:6400/2',
    REDIS_TLS: '1',
    REDIS_USERNAME: 'beside',
    REDIS_PASSWORD: 'se:cret',
    REDIS_CA_FILE: '/etc/redis/ca.pem',
    REDIS_CLIENT_CERT_FILE: '/etc/redis/client.pem',
    REDIS_CLIENT_KEY_FILE: '/etc/redis/client.key',
    CACHE_TTL: '-1s',
    // Variables have no order: those of an environment may precede its SDK key.
    LD_PREFIX_earth: 'earth-',
    LD_TTL_earth: '5m',
    LD_ENV_earth: 'earth-sdk',
    LD_LOG_LEVEL_earth: 'debug',
    LD_CLIENT_SIDE_ID_earth: 'earth-env',
    LD_ALLOWED_ORIGIN_earth: 'https://one.example, http://two.example:8080',
    LD_ALLOWED_HEADER_earth: 'X-One',
    LD_SECURE_MODE_earth: '1',
    LD_PROJ_KEY_earth: 'default',
    LD_ENV_krypton: 'krypton-sdk',
    LD_PREFIX_krypton: 'krypton',
  }
  expect(readRelayConfig({ variables })).toStrictEqual(readText(fixture('everything.conf')))
})

it('(S90) variables override the file, option by option', () => {
  const text = `[Main]\nport = 1\nlogLevel = debug\n[Redis]\nhost = there\nport = 7000\n${ONE}`
  const { config } = readText(text, {
    PORT: '2',
    REDIS_HOST: 'here',
    LD_PREFIX_one: 'other',
    LD_ENV_two: '2',
    LD_PREFIX_two: 'two',
  })
  expect(config).toStrictEqual({
    ...DEFAULTS,
    port: 2,
    logLevel: 'debug',
    store: { ...REDIS, url: 'redis://here:7000' },
    environments: [
      { name: 'one', sdkKey: 'one-sdk', prefix: 'other' },
      { name: 'two', sdkKey: '2', prefix: 'two' },
    ],
  })
})

it('(S90) a variable refers to the name with its spelling, and to none if two names share it', () => {
  const text = ['a b', 'a-b', 'c_d', 'c d'].map(
    (name) => `[Environment "${name}"]\nsdkKey = ${name.replace(' ', '+')}\n`,
  )
  const { config } = readText(text.join(''), { LD_ENV_a_b: '1', LD_ENV_c_d: '2' })
  expect(config.environments.map(({ name, sdkKey }) => `${name}: ${sdkKey}`)).toEqual([
    'a b: a+b',
    'a-b: a-b',
    'c_d: 2',
    'c d: c+d',
    'a_b: 1',
  ])
})

it('(S90) ignores an empty variable', () => {
  const { config } = readText(ONE, { PORT: '', USE_REDIS: '', LOG_LEVEL: '', LD_PREFIX_one: '' })
  expect(config).toStrictEqual({ ...DEFAULTS, environments: [{ name: 'one', sdkKey: 'one-sdk' }] })
})

it('(S90) environments may be named like members of objects', () => {
  const text = ['__proto__', 'constructor', 'toString'].map(
    (name) => `[Environment "${name}"]\nsdkKey = ${name}\n`,
  )
  const { config } = readText(text.join(''), { LD_ENV_valueOf: 'valueOf' })
  expect(config.environments.map(({ name, sdkKey }) => name === sdkKey && name)).toEqual([
    '__proto__',
    'constructor',
    'toString',
    'valueOf',
  ])
})

describe('a database', () => {
  it.each([
    ['USE_REDIS alone', { USE_REDIS: '1' }, REDIS],
    ['a port alone', { USE_REDIS: '1', REDIS_PORT: '9999' }, { ...REDIS, url: 'redis://localhost:9999' }],
    ['a host of version 6', { USE_REDIS: '1', REDIS_HOST: '::1' }, { ...REDIS, url: 'redis://[::1]:6379' }],
    [
      'the link of a container',
      { USE_REDIS: '1', REDIS_HOST: 'unused', REDIS_PORT: 'tcp://10.0.0.7:6400' },
      { ...REDIS, url: 'redis://10.0.0.7:6400' },
    ],
    [
      'a URL beside the link of a container',
      { USE_REDIS: '1', REDIS_URL: 'redis://there', REDIS_PORT: 'tcp://10.0.0.7:6400' },
      { ...REDIS, url: 'redis://there:6379' },
    ],
    ['no cache', { USE_REDIS: '1', CACHE_TTL: '0' }, { ...REDIS, localTtlMs: 0 }],
    ['DynamoDB', { USE_DYNAMODB: '1' }, { type: 'dynamodb', localTtlMs: 30_000 }],
    [
      'a DynamoDB of our own',
      { USE_DYNAMODB: '1', DYNAMODB_URL: 'http://localhost:8000/', CACHE_TTL: '-1s' },
      { type: 'dynamodb', url: 'http://localhost:8000', localTtlMs: Infinity },
    ],
    ['Consul', { USE_CONSUL: '1' }, { type: 'consul', url: 'http://localhost:8500', localTtlMs: 30_000 }],
    [
      'a Consul elsewhere, with a token',
      { USE_CONSUL: '1', CONSUL_HOST: 'https://consul.example', CONSUL_TOKEN: 't' },
      { type: 'consul', url: 'https://consul.example', token: 't', localTtlMs: 30_000 },
    ],
    [
      'a Consul by host and port, with the file of a token',
      { USE_CONSUL: '1', CONSUL_HOST: '[::1]:8501', CONSUL_TOKEN_FILE: '/run/token' },
      { type: 'consul', url: 'http://[::1]:8501', tokenFile: '/run/token', localTtlMs: 30_000 },
    ],
  ])('(S90) is configured by %s', (_, environment, store) => {
    expect(storeOf(environment)).toStrictEqual(store)
  })

  it.each([
    ['Redis by a host', '[Redis]\nhost = there', 'redis://there:6379'],
    ['Redis by a port', '[Redis]\nport = 7000', 'redis://localhost:7000'],
    ['Redis by a URL', '[Redis]\nurl = rediss://there:1', 'rediss://there:1'],
    ['Consul by a host', '[Consul]\nhost = there', 'http://there:8500'],
  ])('(S90) is used if a file has its address: %s', (_, text, url) => {
    expect(storeOf({}, text)).toMatchObject({ url })
  })

  it('(S90) is disabled by its variable in spite of the file', () => {
    expect(storeOf({ USE_REDIS: 'false' }, '[Redis]\nhost = there')).toBeUndefined()
  })

  it('(S90) can be replaced by variables', () => {
    expect(storeOf({ USE_REDIS: '0', USE_CONSUL: '1' }, '[Redis]\nhost = there')).toMatchObject({
      type: 'consul',
    })
  })

  it('(S90) each environment gets its own table or the common one', () => {
    const text = `[DynamoDB]\nenabled = true\ntableName = common\n${ONE}[Environment "two"]\nsdkKey = 2\ntableName = own\n`
    expect(readText(text).config.environments).toStrictEqual([
      { name: 'one', sdkKey: 'one-sdk', prefix: 'one', tableName: 'common' },
      { name: 'two', sdkKey: '2', tableName: 'own' },
    ])
  })
})

it.each([
  ['no limit, written as 0', '[Main]\nmaxClientConnectionTime = 0\n', { maxClientConnectionMs: 0 }],
  [
    'a proxy with user and password in its URL',
    '[Proxy]\nurl = http://us%20er:p%40ss@proxy.example:3128/\n',
    { proxy: { url: 'http://proxy.example:3128', username: 'us er', password: 'p@ss' } },
  ],
  [
    'files for TLS without TLS',
    '[Redis]\nhost = localhost\ncaFile = x\n',
    { store: REDIS, environments: [{ name: 'one', sdkKey: 'one-sdk', prefix: 'one' }] },
  ],
])('(S90) is configured by %s', (_, text, config) => {
  const { config: read } = readText(text + ONE)
  expect(read).toStrictEqual({ ...DEFAULTS, environments: [{ name: 'one', sdkKey: 'one-sdk' }], ...config })
})

describe('a warning', () => {
  it.each([
    [
      'a database that is not enabled',
      `[DynamoDB]\ntableName = t\n${ONE}`,
      {},
      'relay.conf:1 [DynamoDB] has no effect without enabled = true',
    ],
    [
      'a database without a place',
      `[Redis]\nlocalTtl = 1s\n${ONE}`,
      {},
      'relay.conf:1 [Redis] has no effect without enabled = true or host or port or url or clusterNodes or sentinels',
    ],
    [
      'variables of an unused database',
      ONE,
      { REDIS_HOST: 'x', REDIS_PORT: 'tcp://x:1' },
      'REDIS_HOST, REDIS_PORT: no effect, because Redis is not enabled (USE_REDIS=1)',
    ],
    [
      'variables of an unknown environment',
      ONE,
      { LD_PREFIX_on: 'x' },
      'LD_PREFIX_on has no effect: LD_ENV_on is not set',
    ],
    [
      'an option that is set twice',
      `[Main]\nport = 1\nPort = 2\n${ONE}`,
      {},
      'relay.conf:3 [Main] port overrides relay.conf:2 [Main] port',
    ],
    [
      'a certificate without TLS',
      `[Main]\ntlsCert = x\n${ONE}`,
      {},
      'relay.conf:2 [Main] tlsCert has no effect: TLS is not enabled',
    ],
    [
      'an authority without TLS',
      `[Redis]\nhost = x\ncaFile = x\n${ONE}`,
      {},
      'relay.conf:3 [Redis] caFile has no effect: TLS is not enabled',
    ],
    [
      'a password for no proxy',
      `[Proxy]\npassword = x\n${ONE}`,
      {},
      'relay.conf:2 [Proxy] password has no effect: no proxy URL is configured',
    ],
  ])('(S92) reports %s', (_, text, environment, warning) => {
    expect(readText(text, environment).warnings).toContain(warning)
  })

  it('(S92) reports prefixes without a database once', () => {
    const text = `${ONE}[Environment "two"]\nsdkKey = 2\nprefix = two\n`
    expect(readText(text).warnings).toEqual([
      'relay.conf:3 [Environment "one"] prefix has no effect: no database is configured',
    ])
  })

  it('(S92) names the options of the other Relay Proxy that have no effect', () => {
    const { config, warnings } = readText(fixture('of-another-relay.conf'), {
      USE_STACKDRIVER: '1',
      USE_DATADOG: '0',
      LD_MOBILE_KEY_only: 'mob',
      LD_SECURE_MODE_only: 'false',
    })
    expect(config).toStrictEqual({
      ...DEFAULTS,
      exitOnError: true,
      clientSideUrl: 'http://clientbase',
      environments: [
        {
          name: 'only',
          sdkKey: 'only-sdk',
          mobileKey: 'mob',
          allowedOrigins: ['https://one', 'https://two'],
          secureMode: false,
        },
      ],
    })
    expect(warnings).toEqual(
      [
        'relay.conf:6 [Stackdriver]',
        'relay.conf:12 [Datadog]',
        'relay.conf:16 [Filters]',
        'USE_STACKDRIVER',
      ].map((place) => expect.stringContaining(`${place} has no effect: `)),
    )
  })

  it('(RE3.2) reports events that go to LaunchDarkly although flags come from elsewhere', () => {
    const text = `[Main]\nbaseUri = https://flags.example\n[Events]\nsendEvents = true\n${ONE}`
    expect(readText(text).warnings).toContain(
      'relay.conf:4 [Events] sendEvents: events and their keys go to https://events.launchdarkly.com, although flags come from another address; set eventsUri to change that',
    )
    expect(readText(text, { EVENTS_HOST: 'https://events.example' }).warnings).toHaveLength(1)
    expect(readText(text, { USE_EVENTS: 'false' }).warnings).toHaveLength(1)
  })

  it('(S92) accepts the former base URI for the present one without a warning', () => {
    const { config, warnings } = readText(
      `[Main]\nbaseUri = https://app.launchdarkly.com\n${ONE.slice(0, 35)}`,
    )
    expect([config.endpoints, warnings]).toEqual([{}, []])
  })
})

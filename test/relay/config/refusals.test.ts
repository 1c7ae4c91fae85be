import { describe, expect, it } from 'vitest'
import { wrongsOf } from './reading.ts'

const ONE = '[Environment "one"]\nsdkKey = 1\nprefix = one\n'
const TWO = '[Environment "two"]\nsdkKey = 2\nprefix = two\n'

const BOOLEAN = 'true or false (or 1, yes, on; 0, no, off)'
const POSITIVE = 'a duration of at least 1ms, such as 30s, 1m30s or 500ms (a number needs a unit)'
const NOT_NEGATIVE = 'a duration that is not negative, such as 30s, 1m30s or 500ms (a number needs a unit)'
const TTL =
  'a duration, such as 30s, 1m30s or 500ms (a number needs a unit); 0 for no cache, -1s for one that never expires'
const URL_FORM = 'an http or https URL'
const WITHOUT_LOGIN = `${URL_FORM} without a user and password (the part before "@")`
const READY = 'a list of data, upstream and store, or none'
const HOST = 'a host name or address without a port'

describe('refuses a value of the wrong form with its line', () => {
  it.each([
    ['port = 70000', 'port', 'a port, 0 (any) to 65535', '"70000"'],
    ['port = -1', 'port', 'a port, 0 (any) to 65535', '"-1"'],
    ['port = 80a', 'port', 'a port, 0 (any) to 65535', '"80a"'],
    ['port = 0x50', 'port', 'a port, 0 (any) to 65535', 'a string (value hidden)'],
    ['port', 'port', 'a port, 0 (any) to 65535', 'boolean true'],
    ['host = localhost:8030', 'host', HOST, 'a string (value hidden)'],
    ['host = "a b"', 'host', HOST, 'a string (value hidden)'],
    ['logLevel = verbose', 'logLevel', 'debug, info, warn, error or none', 'a string (value hidden)'],
    ['initTimeout = 180', 'initTimeout', POSITIVE, '"180"'],
    ['heartbeatInterval = 0', 'heartbeatInterval', POSITIVE, '"0"'],
    ['heartbeatInterval = 3min', 'heartbeatInterval', POSITIVE, 'a string (value hidden)'],
    ['initTimeout = -1s', 'initTimeout', POSITIVE, '"-1s"'],
    ['maxClientConnectionTime = -1', 'maxClientConnectionTime', NOT_NEGATIVE, '"-1"'],
    ['disconnectedStatusTime = soon', 'disconnectedStatusTime', NOT_NEGATIVE, 'a string (value hidden)'],
    ['ignoreConnectionErrors = maybe', 'ignoreConnectionErrors', BOOLEAN, 'a string (value hidden)'],
    ['ignoreConnectionErrors = 2', 'ignoreConnectionErrors', BOOLEAN, '"2"'],
    ['baseUri = sdk.launchdarkly.com', 'baseUri', URL_FORM, 'a string (value hidden)'],
    ['baseUri = ftp://x', 'baseUri', URL_FORM, 'a string (value hidden)'],
    ['streamUri = https://u:p@x', 'streamUri', WITHOUT_LOGIN, 'a string (value hidden)'],
    ['logFormat = xml', 'logFormat', 'text or json', 'a string (value hidden)'],
    ['readyRequires = database', 'readyRequires', READY, 'a string (value hidden)'],
    ['readyRequires = data, none', 'readyRequires', READY, 'a string (value hidden)'],
    ['readyMaxAge = 0', 'readyMaxAge', POSITIVE, '"0"'],
    ['tlsMinVersion = 1.4', 'tlsMinVersion', '1.0, 1.1, 1.2 or 1.3', '"1.4"'],
  ])('(S91) %s', (line, key, expected, received) => {
    expect(wrongsOf(`[Main]\n\n${line}\n${ONE}`)).toEqual([
      `relay.conf:3 [Main] ${key}: ${expected}, ${received}`,
    ])
  })

  it.each([
    ['[Redis]\nhost = h\nport = 0', 'relay.conf:3 [Redis] port: a port, 1 to 65535, or tcp://host:port, "0"'],
    [
      '[Redis]\nhost = h\nport = tcp://h:x',
      'relay.conf:3 [Redis] port: a port, 1 to 65535, or tcp://host:port, a string (value hidden)',
    ],
    [
      '[Redis]\nurl = http://h',
      'relay.conf:2 [Redis] url: a redis: or rediss: URL: redis://USER:PASSWORD@HOST:PORT/DB, or rediss: for TLS, a string (value hidden)',
    ],
    ['[Redis]\nhost = "\\\\"', `relay.conf:2 [Redis] host: ${HOST}, a string (value hidden)`],
    ['[Redis]\nhost = h:6379', `relay.conf:2 [Redis] host: ${HOST}, a string (value hidden)`],
    ['[Redis]\nhost = h\nlocalTtl = -1', `relay.conf:3 [Redis] localTtl: ${TTL}, "-1"`],
    [
      '[Redis]\nhost = h\nenabled = maybe',
      `relay.conf:3 [Redis] enabled: ${BOOLEAN}, a string (value hidden)`,
    ],
    [
      '[Consul]\nhost = http://u:p@h',
      `relay.conf:2 [Consul] host: host:port, or ${WITHOUT_LOGIN}, a string (value hidden)`,
    ],
    [
      '[Consul]\nhost = h\ntoken = "a\\nb"',
      'relay.conf:3 [Consul] token: a key or token of printable characters, without spaces and line breaks, a string (value hidden)',
    ],
    [
      '[OpenTelemetry]\nenabled = maybe',
      `relay.conf:2 [OpenTelemetry] enabled: ${BOOLEAN}, a string (value hidden)`,
    ],
    [
      '[Proxy]\nurl = socks5://h',
      'relay.conf:2 [Proxy] url: the http or https URL of a proxy, without query and fragment, a string (value hidden)',
    ],
    [
      '[Environment "x"]\nsdkKey = a b\nprefix = x',
      'relay.conf:2 [Environment "x"] sdkKey: an SDK key, a string with white space or control characters in it',
    ],
    [
      '[Environment "x"]\nsdkKey = x\nprefix = x\ntableName = a b',
      'relay.conf:4 [Environment "x"] tableName: the name or ARN of a table, a string (value hidden)',
    ],
    [
      '[Environment "x"]\nsdkKey = x\nprefix = x\nttl = -1s',
      `relay.conf:4 [Environment "x"] ttl: ${NOT_NEGATIVE}, "-1s"`,
    ],
  ])('(S91) %j', (text, wrong) => {
    expect(wrongsOf(`${text}\n${ONE}`)).toEqual([wrong])
  })

  it('(RE3.3) refuses the obsolete variable of sampling', () => {
    expect(wrongsOf(ONE, { EVENTS_SAMPLING_INTERVAL: '5' })).toEqual([
      'EVENTS_SAMPLING_INTERVAL: its absence (it is obsolete: events are not sampled), a value',
    ])
  })

  it('(S91) refuses variables by name', () => {
    expect(
      wrongsOf(ONE, { PORT: 'x', USE_REDIS: 'maybe', CACHE_TTL: '30', LD_LOG_LEVEL_one: 'loud' }),
    ).toEqual([
      'PORT: a port, 0 (any) to 65535, a string (value hidden)',
      `USE_REDIS: ${BOOLEAN}, a string (value hidden)`,
      `CACHE_TTL: ${TTL}, "30"`,
      'LD_LOG_LEVEL_one: debug, info, warn, error or none, a string (value hidden)',
    ])
  })
})

describe('refuses an unknown name with its line', () => {
  it.each([
    ['[Main]\nprot = 1', 'relay.conf:2 [Main]: an option of [Main] (did you mean port?), "prot"'],
    [
      '[Main]\nheartBeatIntervall = 1',
      'relay.conf:2 [Main]: an option of [Main] (did you mean heartbeatInterval?), "heartBeatIntervall"',
    ],
    ['[Main]\nsomething = 1', 'relay.conf:2 [Main]: an option of [Main], an unknown name'],
    ['[Main]\nprefix = 1', 'relay.conf:2 [Main]: an option of [Main], an unknown name'],
    [
      '[Environment "x"]\nsdkKey = x\nsdk_key = x',
      'relay.conf:3 [Environment "x"]: an option of [Environment] (did you mean sdkKey?), "sdk_key"',
    ],
    ['[Mian]', 'relay.conf:1: a known section (did you mean Main?), "Mian"'],
    ['[Postgres]', 'relay.conf:1: a known section, an unknown name'],
    ['[Environment]\nsdkKey = x', 'relay.conf:1: [Environment "NAME"], no name'],
    ['[Redis "x"]\nhost = h', 'relay.conf:1: [Redis], a second name (only environments have one)'],
    ['port = 1', 'relay.conf:1: a section before the first option, none'],
    ['[Main]\nport = "1', 'relay.conf:2: a closing quote on the same line, the end of the line'],
  ])('(S91) %j', (text, wrong) => {
    expect(wrongsOf(`${text}\n${ONE}`)).toEqual([wrong])
  })
})

describe('refuses contradictions with both places', () => {
  it.each([
    [
      'several databases',
      `[Redis]\nhost = h\n[Consul]\nhost = h\n[DynamoDB]\nenabled = true\n${ONE}`,
      {},
      [
        'relay.conf:5 [DynamoDB]: at most one database, DynamoDB in addition to Redis (relay.conf:1 [Redis])',
        'relay.conf:3 [Consul]: at most one database, Consul in addition to Redis (relay.conf:1 [Redis])',
      ],
    ],
    [
      'a database of the file and one of the variables',
      `[Redis]\nhost = h\n${ONE}`,
      { USE_CONSUL: '1' },
      ['USE_CONSUL: at most one database, Consul in addition to Redis (relay.conf:1 [Redis])'],
    ],
    [
      'a URL of Redis together with host and port',
      `[Redis]\nurl = redis://h\nhost = h\nport = 1\n${ONE}`,
      {},
      [
        'relay.conf:3 [Redis] host: a url, or host and port, both (relay.conf:2 [Redis] url)',
        'relay.conf:4 [Redis] port: a url, or host and port, both (relay.conf:2 [Redis] url)',
      ],
    ],
    [
      'a certificate for Redis without its key',
      `[Redis]\nurl = rediss://h\nclientCertificateFile = x\n${ONE}`,
      {},
      [
        'relay.conf:3 [Redis] clientCertificateFile: clientCertificateFile and clientKeyFile, only one of them',
      ],
    ],
    [
      'a token and the file of one',
      `[Consul]\nhost = h\ntoken = t\n${ONE}`,
      { CONSUL_TOKEN_FILE: '/t' },
      ['CONSUL_TOKEN_FILE: a token or a tokenFile, both (relay.conf:3 [Consul] token)'],
    ],
    [
      'TLS without files',
      `[Main]\ntlsEnabled = true\n${ONE}`,
      {},
      ['relay.conf:2 [Main] tlsEnabled: tlsCert and tlsKey, neither'],
    ],
    [
      'TLS without the key',
      `[Main]\ntlsEnabled\ntlsCert = x\n${ONE}`,
      {},
      ['relay.conf:2 [Main] tlsEnabled: tlsCert and tlsKey, only one of them'],
    ],
    [
      'no environment',
      '[Main]\nport = 1\n',
      {},
      [
        'environments: at least one: [Environment "NAME"] with an sdkKey in a file, or the variable LD_ENV_NAME, none',
      ],
    ],
    [
      'environments without a key',
      '[Environment "x"]\nprefix = x\n',
      { LD_ENV_y: '' },
      [
        'relay.conf:1 [Environment "x"]: an SDK key, none (is the environment variable set that it comes from?)',
        'LD_ENV_y: an SDK key, none (is the environment variable set that it comes from?)',
      ],
    ],
    [
      'one key for two environments',
      `${ONE}[Environment "two"]\nsdkKey = 1\n`,
      { LD_ENV_three: '1' },
      [
        'relay.conf:5 [Environment "two"] sdkKey: a unique SDK key, the same as relay.conf:2 [Environment "one"] sdkKey',
        'LD_ENV_three: a unique SDK key, the same as relay.conf:2 [Environment "one"] sdkKey',
      ],
    ],
    [
      'a database without a prefix, even with one environment',
      '[Redis]\nhost = h\n[Environment "x"]\nsdkKey = x\n',
      {},
      ['relay.conf:3 [Environment "x"]: a unique prefix for its rows in the database, none'],
    ],
    [
      'a table of DynamoDB with Redis',
      '[Redis]\nhost = h\n[Environment "x"]\nsdkKey = x\ntableName = x\n',
      {},
      ['relay.conf:3 [Environment "x"]: a unique prefix for its rows in the database, none'],
    ],
    [
      'neither prefix nor table',
      '[DynamoDB]\nenabled\ntableName = t\n[Environment "x"]\nsdkKey = x\n',
      {},
      ['relay.conf:4 [Environment "x"]: a unique prefix or tableName for its rows in the database, none'],
    ],
    [
      'the same prefix in the own table of one environment and the common table of another',
      `[DynamoDB]\nenabled\ntableName = t\n${ONE}tableName = t\n[Environment "two"]\nsdkKey = 2\nprefix = one\n`,
      {},
      [
        'relay.conf:10 [Environment "two"] prefix: a unique place in the database, the same as relay.conf:6 [Environment "one"] prefix',
      ],
    ],
    [
      'a prefix and no table at all',
      `[DynamoDB]\nenabled\n${ONE}`,
      {},
      ['relay.conf:3 [Environment "one"]: a tableName, here or in [DynamoDB], none'],
    ],
  ])('(S91, S92) %s', (_, text, environment, wrongs) => {
    expect(wrongsOf(text, environment).toSorted()).toEqual(wrongs.toSorted())
  })
})

it('(S91) reports all errors at once', () => {
  expect(
    wrongsOf(`[Main]\nport = x\nprot = 1\n[Redis]\nhost = "h\n[Consul\n${TWO}[Environment "x"]\n`, {
      LOG_LEVEL: 'x',
    }),
  ).toEqual([
    'relay.conf:5: a closing quote on the same line, the end of the line',
    'relay.conf:6: ] after the name of a section, other text',
    'relay.conf:3 [Main]: an option of [Main] (did you mean port?), "prot"',
    'relay.conf:2 [Main] port: a port, 0 (any) to 65535, a string (value hidden)',
    'LOG_LEVEL: debug, info, warn, error or none, a string (value hidden)',
    'relay.conf:10 [Environment "x"]: an SDK key, none (is the environment variable set that it comes from?)',
  ])
})

it('(S91) limits the size of a file and the number of errors', () => {
  expect(wrongsOf('x'.repeat(17 * 2 ** 20))).toContain('relay.conf: a file of at most 16 MiB, a larger one')
  expect(wrongsOf('[Main]\nx = 1\n'.repeat(10_000))).toHaveLength(100)
})

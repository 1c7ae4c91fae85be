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
const READY = 'data, upstream and store, or some of them, or none'
const HOST = 'the name or address of a host, without a port'

describe('a value of the wrong form is refused by its line', () => {
  it.each([
    ['port = 70000', 'port', 'a port, 0 (any) to 65535', '"70000"'],
    ['port = -1', 'port', 'a port, 0 (any) to 65535', '"-1"'],
    ['port = 80a', 'port', 'a port, 0 (any) to 65535', '"80a"'],
    ['port = 0x50', 'port', 'a port, 0 (any) to 65535', 'another text'],
    ['port', 'port', 'a port, 0 (any) to 65535', 'boolean true'],
    ['host = localhost:8030', 'host', HOST, 'another text'],
    ['host = "a b"', 'host', HOST, 'another text'],
    ['logLevel = verbose', 'logLevel', 'debug, info, warn, error or none', 'another text'],
    ['heartbeatInterval = 180', 'heartbeatInterval', POSITIVE, '"180"'],
    ['heartbeatInterval = 0', 'heartbeatInterval', POSITIVE, '"0"'],
    ['heartbeatInterval = 3min', 'heartbeatInterval', POSITIVE, 'another text'],
    ['initTimeout = -1s', 'initTimeout', POSITIVE, '"-1s"'],
    ['maxClientConnectionTime = -1', 'maxClientConnectionTime', NOT_NEGATIVE, '"-1"'],
    ['disconnectedStatusTime = soon', 'disconnectedStatusTime', NOT_NEGATIVE, 'another text'],
    ['ignoreConnectionErrors = maybe', 'ignoreConnectionErrors', BOOLEAN, 'another text'],
    ['ignoreConnectionErrors = 2', 'ignoreConnectionErrors', BOOLEAN, '"2"'],
    ['baseUri = sdk.launchdarkly.com', 'baseUri', URL_FORM, 'another text'],
    ['baseUri = ftp://x', 'baseUri', URL_FORM, 'another text'],
    ['streamUri = https://u:p@x', 'streamUri', WITHOUT_LOGIN, 'another text'],
    ['logFormat = xml', 'logFormat', 'text or json', 'another text'],
    ['readyRequires = database', 'readyRequires', READY, 'another text'],
    ['readyRequires = data, none', 'readyRequires', READY, 'another text'],
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
      'relay.conf:3 [Redis] port: a port, 1 to 65535, or tcp://host:port, another text',
    ],
    [
      '[Redis]\nurl = http://h',
      'relay.conf:2 [Redis] url: a redis: or rediss: URL: redis://USER:PASSWORD@HOST:PORT/DB, or rediss: for TLS, another text',
    ],
    ['[Redis]\nhost = "\\\\"', `relay.conf:2 [Redis] host: ${HOST}, another text`],
    ['[Redis]\nhost = h:6379', `relay.conf:2 [Redis] host: ${HOST}, another text`],
    ['[Redis]\nhost = h\nlocalTtl = -1', `relay.conf:3 [Redis] localTtl: ${TTL}, "-1"`],
    ['[Redis]\nhost = h\nenabled = maybe', `relay.conf:3 [Redis] enabled: ${BOOLEAN}, another text`],
    [
      '[Consul]\nhost = http://u:p@h',
      `relay.conf:2 [Consul] host: host:port, or ${WITHOUT_LOGIN}, another text`,
    ],
    [
      '[Consul]\nhost = h\ntoken = "a\\nb"',
      'relay.conf:3 [Consul] token: a key or token of printable characters, without spaces and line breaks, another text',
    ],
    ['[OpenTelemetry]\nenabled = maybe', `relay.conf:2 [OpenTelemetry] enabled: ${BOOLEAN}, another text`],
    [
      '[Proxy]\nurl = socks5://h',
      'relay.conf:2 [Proxy] url: the http or https URL of a proxy, without query and fragment, another text',
    ],
    [
      '[Environment "x"]\nsdkKey = a b\nprefix = x',
      'relay.conf:2 [Environment "x"] sdkKey: an SDK key, a string with white space or control characters in it',
    ],
    [
      '[Environment "x"]\nsdkKey = x\nprefix = x\ntableName = a b',
      'relay.conf:4 [Environment "x"] tableName: the name of a table, or its ARN, another text',
    ],
    [
      '[Environment "x"]\nsdkKey = x\nprefix = x\nttl = -1s',
      `relay.conf:4 [Environment "x"] ttl: ${NOT_NEGATIVE}, "-1s"`,
    ],
  ])('(S91) %j', (text, wrong) => {
    expect(wrongsOf(`${text}\n${ONE}`)).toEqual([wrong])
  })

  it('(S91) and so is a variable, by its name', () => {
    expect(
      wrongsOf(ONE, { PORT: 'x', USE_REDIS: 'maybe', CACHE_TTL: '30', LD_LOG_LEVEL_one: 'loud' }),
    ).toEqual([
      'PORT: a port, 0 (any) to 65535, another text',
      `USE_REDIS: ${BOOLEAN}, another text`,
      `CACHE_TTL: ${TTL}, "30"`,
      'LD_LOG_LEVEL_one: debug, info, warn, error or none, another text',
    ])
  })
})

describe('a name nobody knows is refused by its line', () => {
  it.each([
    ['[Main]\nprot = 1', 'relay.conf:2 [Main]: an option of [Main] (did you mean port?), "prot"'],
    [
      '[Main]\nheartBeatIntervall = 1',
      'relay.conf:2 [Main]: an option of [Main] (did you mean heartbeatInterval?), "heartBeatIntervall"',
    ],
    ['[Main]\nsomething = 1', 'relay.conf:2 [Main]: an option of [Main], another word'],
    ['[Main]\nprefix = 1', 'relay.conf:2 [Main]: an option of [Main], another word'],
    [
      '[Environment "x"]\nsdkKey = x\nsdk_key = x',
      'relay.conf:3 [Environment "x"]: an option of [Environment] (did you mean sdkKey?), "sdk_key"',
    ],
    ['[Mian]', 'relay.conf:1: a section of a relay (did you mean Main?), "Mian"'],
    ['[Postgres]', 'relay.conf:1: a section of a relay, another word'],
    ['[Environment]\nsdkKey = x', 'relay.conf:1: [Environment "NAME"], no name'],
    ['[Redis "x"]\nhost = h', 'relay.conf:1: [Redis], a second name, which only environments have'],
    ['port = 1', 'relay.conf:1: a section before the first option, none'],
    ['[Main]\nport = "1', 'relay.conf:2: a closing quote on the same line, the end of the line'],
  ])('(S91) %j', (text, wrong) => {
    expect(wrongsOf(`${text}\n${ONE}`)).toEqual([wrong])
  })
})

describe('what does not go together is refused, with both places', () => {
  it.each([
    [
      'several databases',
      `[Redis]\nhost = h\n[Consul]\nhost = h\n[DynamoDB]\nenabled = true\n${ONE}`,
      {},
      [
        'relay.conf:5 [DynamoDB]: one database at most, DynamoDB beside Redis (relay.conf:1 [Redis])',
        'relay.conf:3 [Consul]: one database at most, Consul beside Redis (relay.conf:1 [Redis])',
      ],
    ],
    [
      'a database of the file and one of the variables',
      `[Redis]\nhost = h\n${ONE}`,
      { USE_CONSUL: '1' },
      ['USE_CONSUL: one database at most, Consul beside Redis (relay.conf:1 [Redis])'],
    ],
    [
      'a URL of Redis beside host and port',
      `[Redis]\nurl = redis://h\nhost = h\nport = 1\n${ONE}`,
      {},
      [
        'relay.conf:3 [Redis] host: either a url, or host and port, both (relay.conf:2 [Redis] url)',
        'relay.conf:4 [Redis] port: either a url, or host and port, both (relay.conf:2 [Redis] url)',
      ],
    ],
    [
      'a certificate for Redis without its key',
      `[Redis]\nurl = rediss://h\nclientCertificateFile = x\n${ONE}`,
      {},
      ['relay.conf:3 [Redis] clientCertificateFile: a certificate and its key, one without the other'],
    ],
    [
      'a token and the file of one',
      `[Consul]\nhost = h\ntoken = t\n${ONE}`,
      { CONSUL_TOKEN_FILE: '/t' },
      ['CONSUL_TOKEN_FILE: either a token or the file of one, both (relay.conf:3 [Consul] token)'],
    ],
    [
      'TLS without files',
      `[Main]\ntlsEnabled = true\n${ONE}`,
      {},
      ['relay.conf:2 [Main] tlsEnabled: files of a certificate and its key, neither'],
    ],
    [
      'TLS without the key',
      `[Main]\ntlsEnabled\ntlsCert = x\n${ONE}`,
      {},
      ['relay.conf:2 [Main] tlsEnabled: files of a certificate and its key, one without the other'],
    ],
    [
      'no environment',
      '[Main]\nport = 1\n',
      {},
      [
        'environments: at least one, as [Environment "NAME"] with an sdkKey in a file, or as LD_ENV_NAME in a variable, none',
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
        'relay.conf:5 [Environment "two"] sdkKey: an SDK key of its own, that of relay.conf:2 [Environment "one"] sdkKey',
        'LD_ENV_three: an SDK key of its own, that of relay.conf:2 [Environment "one"] sdkKey',
      ],
    ],
    [
      'a database without a prefix, of one environment only too',
      '[Redis]\nhost = h\n[Environment "x"]\nsdkKey = x\n',
      {},
      [
        'relay.conf:3 [Environment "x"]: a prefix of its own, which sets its rows in the database apart, none',
      ],
    ],
    [
      'a table of DynamoDB where a prefix is needed',
      '[Redis]\nhost = h\n[Environment "x"]\nsdkKey = x\ntableName = x\n',
      {},
      [
        'relay.conf:3 [Environment "x"]: a prefix of its own, which sets its rows in the database apart, none',
      ],
    ],
    [
      'neither prefix nor table',
      '[DynamoDB]\nenabled\ntableName = t\n[Environment "x"]\nsdkKey = x\n',
      {},
      [
        'relay.conf:4 [Environment "x"]: a prefix or a tableName of its own, which sets its rows in the database apart, none',
      ],
    ],
    [
      'one prefix in one table, which is the own one of the first and the common one of the second',
      `[DynamoDB]\nenabled\ntableName = t\n${ONE}tableName = t\n[Environment "two"]\nsdkKey = 2\nprefix = one\n`,
      {},
      [
        'relay.conf:10 [Environment "two"] prefix: a place in the database of its own, that of relay.conf:6 [Environment "one"] prefix',
      ],
    ],
    [
      'a prefix and no table at all',
      `[DynamoDB]\nenabled\n${ONE}`,
      {},
      ['relay.conf:3 [Environment "one"]: a tableName, here or for all of DynamoDB, none'],
    ],
  ])('(S91, S92) %s', (_, text, environment, wrongs) => {
    expect(wrongsOf(text, environment).toSorted()).toEqual(wrongs.toSorted())
  })
})

it('(S91) everything that is wrong is said at once', () => {
  expect(
    wrongsOf(`[Main]\nport = x\nprot = 1\n[Redis]\nhost = "h\n[Consul\n${TWO}[Environment "x"]\n`, {
      LOG_LEVEL: 'x',
    }),
  ).toEqual([
    'relay.conf:5: a closing quote on the same line, the end of the line',
    'relay.conf:6: ] after the name of a section, something else',
    'relay.conf:3 [Main]: an option of [Main] (did you mean port?), "prot"',
    'relay.conf:2 [Main] port: a port, 0 (any) to 65535, another text',
    'LOG_LEVEL: debug, info, warn, error or none, another text',
    'relay.conf:10 [Environment "x"]: an SDK key, none (is the environment variable set that it comes from?)',
  ])
})

it('(S91) a file of any size is refused in words anybody can read', () => {
  expect(wrongsOf('x'.repeat(17 * 2 ** 20))).toContain('relay.conf: at most 16 MiB, more')
  expect(wrongsOf('[Main]\nx = 1\n'.repeat(10_000))).toHaveLength(100)
})

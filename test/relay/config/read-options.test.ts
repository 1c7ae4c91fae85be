import { describe, expect, it } from 'vitest'
import { readRelayConfig } from '../../../src/relay/config/read-relay-config.ts'
import type { RelayOptions } from '../../../src/relay/config/relay-config.ts'
import { STORES } from '../../../src/store/registry.ts'
import { DEFAULTS, fixture, readText, wrongs } from './reading.ts'

const ONE = { name: 'one', sdkKey: '1', prefix: 'one' } as const
const DYNAMODB = `[DynamoDB]\nenabled\ntableName = t\nurl = http://x\nlocalTtl = -1s\n[Environment "a"]\nsdkKey = a\nprefix = a\n`
const ALL_AT_ONCE = `[Concurrency]\nmaxConcurrent = 0\n[Environment "a"]\nsdkKey = a\n`
const CONSUL = `[Consul]\nhost = x\ntoken = t\nlocalTtl = 0\n[Environment "a"]\nsdkKey = a\nprefix = a\n`

describe('options of an object', () => {
  it.each([
    ['the example of daemon mode', fixture('daemon-mode.conf')],
    ['everything there is', fixture('everything.conf')],
    ['DynamoDB', DYNAMODB],
    ['Consul', CONSUL],
    ['whole payloads all at once', ALL_AT_ONCE],
  ])('(S90) read a configuration unchanged: %s', (_, text) => {
    const { config } = readText(text)
    expect(readRelayConfig({ options: config })).toStrictEqual({ config, warnings: [] })
  })

  it('(S90) may omit members with a default', () => {
    const options: RelayOptions = { store: { type: 'redis', host: 'there', tls: true }, environments: [ONE] }
    expect(readRelayConfig({ options }).config).toStrictEqual({
      ...DEFAULTS,
      store: { type: 'redis', url: 'rediss://there:6379', localTtlMs: 30_000 },
      environments: [ONE],
    })
  })

  it('(S90) ignore members that are undefined', () => {
    const options = {
      port: undefined,
      store: undefined,
      tls: undefined,
      environments: [{ ...ONE, ttlMs: undefined }],
    }
    const { name, sdkKey } = ONE
    expect(readRelayConfig({ options: options as unknown as RelayOptions }).config).toStrictEqual({
      ...DEFAULTS,
      environments: [{ name, sdkKey }],
    })
  })

  it('(S90) are overridden by variables', () => {
    const options: RelayOptions = { port: 1, store: { type: 'redis' }, environments: [ONE] }
    const variables = { PORT: '2', REDIS_HOST: 'x', LD_ENV_one: 'other' }
    expect(readRelayConfig({ options, variables }).config).toMatchObject({
      port: 2,
      store: { url: 'redis://x:6379' },
      environments: [{ sdkKey: 'other' }],
    })
  })

  it.each<readonly [string, unknown, readonly string[]]>([
    [
      'no object',
      null,
      [
        'options: an object, another type',
        'environments: at least one: [Environment "NAME"] with an sdkKey in a file, or the variable LD_ENV_NAME, none',
      ],
    ],
    [
      'no list',
      { environments: {} },
      [
        'options.environments: an array, another type',
        'environments: at least one: [Environment "NAME"] with an sdkKey in a file, or the variable LD_ENV_NAME, none',
      ],
    ],
    [
      'an unknown name',
      { environments: [ONE], hearbeatMs: 1 },
      ['options.hearbeatMs: a known option (did you mean heartbeatMs?), an unknown name'],
    ],
    [
      'an unknown name inside',
      { environments: [{ ...ONE, sdkkey: 1 }] },
      ['options.environments[0].sdkkey: a known option (did you mean sdkKey?), an unknown name'],
    ],
    [
      'paths as names',
      { environments: [ONE], 'store.url': 'redis://x', 'tls.certFile': 'x' },
      [
        'options.store.url: a known option, an unknown name',
        'options.tls.certFile: a known option, an unknown name',
      ],
    ],
    [
      'a name of another store',
      { environments: [ONE], store: { type: 'consul', host: 'x' } },
      ['options.store.host: a known option, an unknown name'],
    ],
    [
      'no known store',
      { environments: [ONE], store: { type: 'mysql', host: 'x' } },
      [`options.store.type: ${STORES.map(({ type }) => type).join(' or ')}, another value`],
    ],
    [
      'a store by its name',
      { environments: [ONE], store: 'redis' },
      ['options.store: an object, another type'],
    ],
    [
      'a port in words',
      { environments: [ONE], port: '80x' },
      ['options.port: a port, 0 (any) to 65535, "80x"'],
    ],
    [
      'half a port',
      { environments: [ONE], port: 1.5 },
      ['options.port: a port, 0 (any) to 65535, number 1.5'],
    ],
    [
      'no number of milliseconds',
      { environments: [ONE], heartbeatMs: NaN },
      [
        'options.heartbeatMs: a duration of at least 1ms, such as 30s, 1m30s or 500ms (a number needs a unit), number NaN',
      ],
    ],
    [
      'TLS without a key',
      { environments: [ONE], tls: { certFile: 'x' } },
      ['options.tls: tlsCert and tlsKey, only one of them'],
    ],
    [
      'an environment without a name',
      { environments: [{ sdkKey: '1' }, ONE] },
      ['options.environments[0].name: a non-empty string, another value'],
    ],
    [
      'a name twice',
      { environments: [ONE, { ...ONE, sdkKey: '2' }] },
      ['options.environments[1].name: a unique name, the same as options.environments[0]'],
    ],
    [
      'a prefix twice',
      { store: { type: 'redis' }, environments: [ONE, { ...ONE, name: 'two', sdkKey: '2' }] },
      [
        'options.environments[1].prefix: a unique place in the database, the same as options.environments[0].prefix',
      ],
    ],
    [
      'a prefix that is none',
      { store: { type: 'redis' }, environments: [{ ...ONE, prefix: 5 }] },
      ['options.environments[0].prefix: a non-empty string, a number (value hidden)'],
    ],
  ])('(S91) are refused: %s', (_, options, expected) => {
    expect(wrongs({ options: options as RelayOptions })).toEqual(expected)
  })
})

import { expect, it } from 'vitest'
import { asUsageError, commandLineOf } from '../../../src/cli/flag-server.ts'
import {
  type ReadConfig,
  type RelaySources,
  readRelayConfig,
} from '../../../src/relay/config/read-relay-config.ts'

type Values = Parameters<typeof commandLineOf>[0]

function read(values: Values, sources: Omit<RelaySources, 'commandLine'> = {}): ReadConfig {
  const commandLine = commandLineOf({ file: ['flags.yaml'], ...values })
  return readRelayConfig({ ...sources, ...(commandLine && { commandLine }) })
}

const CONF = 'relay.conf'

it('(FS20.1) serves one environment from several files and URLs', () => {
  const { config, warnings } = read({ file: ['a.yaml', 'b,c.json'], url: ['https://example.com/flags'] })
  expect(config.environments).toMatchObject([
    { name: 'flags', files: ['a.yaml', 'b,c.json'], urls: ['https://example.com/flags'] },
  ])
  expect(warnings).toEqual([])
})

it('(FS20.2) the command line wins over variables, and variables over the file', () => {
  const file = { path: CONF, text: '[Main]\nport = 1\nhost = "127.0.0.2"\nheartbeatInterval = 7\n' }
  const variables = { PORT: '2', HALYARD_RELAY_HOST: '127.0.0.3' }
  expect(read({ port: '3' }, { file, variables }).config).toMatchObject({
    port: 3,
    host: '127.0.0.3',
    heartbeatMs: 7_000,
  })
  const keys = read({ 'sdk-key': 'sdk-line' }, { variables: { LD_ENV_flags: 'sdk-variable' } }).config
  expect(keys.environments).toMatchObject([{ sdkKey: 'sdk-line' }])
})

it('(FS20.2) variables set keys and options of the environment', () => {
  const { config } = read(
    {},
    {
      variables: {
        LD_ENV_flags: 'sdk-1',
        LD_MOBILE_KEY_flags: 'mob-1',
        LD_CLIENT_SIDE_ID_flags: 'id-1',
        LD_ALLOWED_ORIGIN_flags: 'https://example.com',
      },
    },
  )
  expect(config.host).toBeUndefined()
  expect(config.environments).toEqual([
    {
      name: 'flags',
      files: ['flags.yaml'],
      sdkKey: 'sdk-1',
      mobileKey: 'mob-1',
      envId: 'id-1',
      allowedOrigins: ['https://example.com'],
    },
  ])
})

it.each<[place: string, sources: Omit<RelaySources, 'commandLine'>]>([
  [`${CONF}:1 [Environment "a"]`, { file: { path: CONF, text: '[Environment "a"]\nsdkKey = sdk-a\n' } }],
  [
    `${CONF}:1 [Environment "flags"]`,
    { file: { path: CONF, text: '[Environment "flags"]\nsdkKey = sdk-a\n' } },
  ],
  ['LD_ENV_a', { variables: { LD_ENV_a: 'sdk-a' } }],
])('(FS20.3) refuses another environment: %s', (place, sources) => {
  expect(() => read({}, sources)).toThrow(
    `${place}: expected no environment in addition to that of --file, received an environment`,
  )
})

it.each([
  ['the archive (FILE_DATA_SOURCE)', { FILE_DATA_SOURCE: 'archive.tar.gz' }],
  ['automatic configuration (AUTO_CONFIG_KEY)', { AUTO_CONFIG_KEY: 'rel-1' }],
])('(FS20.3) refuses %s', (origin, variables) => {
  expect(() => read({}, { variables })).toThrow(
    `--file: expected no environments in addition to those of ${origin}`,
  )
})

it.each<[values: Values, message: string]>([
  [{ port: '70000' }, '--port: expected a port, 0 (any) to 65535, received "70000"'],
  [{ 'sdk-key': 'a b' }, '--sdk-key: expected an SDK key, received a string with white space'],
  [
    { 'sdk-key': 'sdk-1', 'mobile-key': 'a b' },
    '--mobile-key: expected a key or token of printable characters',
  ],
  [
    { 'sdk-key': 'sdk-1', 'client-side-id': '' },
    '--client-side-id: expected a non-empty string, received an empty',
  ],
  [{ host: 'a/b', 'sdk-key': 'sdk-1' }, '--host: expected a host name or address without a port'],
  [{ file: [''] }, '--file: expected paths of files or folders'],
  [{ url: ['flags.yaml'] }, '--url: expected http or https URLs'],
])('(FS20.4) a wrong value is a usage error: %j', (values, message) => {
  let thrown: unknown
  try {
    read(values)
  } catch (error) {
    thrown = asUsageError(error)
  }
  expect(thrown).toMatchObject({ code: 'USAGE', message: expect.stringContaining(message) })
})

it('(FS20.4) an error of another source is no usage error', () => {
  expect(() => read({}, { variables: { PORT: 'x' } })).toThrow('PORT: expected a port')
  expect(asUsageError(new Error('other'))).toEqual(new Error('other'))
})

it.each(['port', 'host', 'sdk-key', 'mobile-key', 'client-side-id'] as const)(
  '(FS20.4) --%s needs a file or URL',
  (name) => {
    expect(() => commandLineOf({ [name]: '1' })).toThrow(`--${name} needs --file or --url`)
    expect(commandLineOf({ url: ['https://example.com'], [name]: '1' })).toBeDefined()
  },
)

it.each<[place: string, values: Values, variables: Record<string, string>]>([
  ['--mobile-key', { 'mobile-key': 'mob-1' }, {}],
  ['--client-side-id', { 'client-side-id': 'id' }, {}],
  ['LD_CLIENT_SIDE_ID_flags', {}, { LD_CLIENT_SIDE_ID_flags: 'id' }],
  ['HALYARD_MORE_SDK_KEYS_flags', {}, { HALYARD_MORE_SDK_KEYS_flags: 'sdk-2' }],
])('(FS21.3) %s needs an SDK key', (place, values, variables) => {
  expect(() => read(values, { variables })).toThrow(`${place}: expected an SDK key beside it`)
})

it('(FS22.1) listens on loopback without an SDK key', () => {
  expect(read({}).config).toMatchObject({ host: '127.0.0.1', environments: [{ acceptsAnyKey: true }] })
  expect(read({ host: 'localhost' }).config.host).toBe('localhost')
  expect(read({ 'sdk-key': 'sdk-1', host: '0.0.0.0' }).config.environments[0]).not.toHaveProperty(
    'acceptsAnyKey',
  )
})

it.each<[place: string, values: Values, sources: Omit<RelaySources, 'commandLine'>]>([
  ['--host', { host: '0.0.0.0' }, {}],
  ['HALYARD_RELAY_HOST', {}, { variables: { HALYARD_RELAY_HOST: '::' } }],
  [`${CONF}:2 [Main] host`, {}, { file: { path: CONF, text: '[Main]\nhost = example.com\n' } }],
  [
    `${CONF}:3 [Main] adminHost`,
    {},
    { file: { path: CONF, text: '[Main]\nadminPort = 1\nadminHost = "10.0.0.1"\n' } },
  ],
])('(FS22.1) refuses %s if other machines can reach it', (place, values, sources) => {
  expect(() => read(values, sources)).toThrow(`${place}: expected a loopback address such as 127.0.0.1`)
})

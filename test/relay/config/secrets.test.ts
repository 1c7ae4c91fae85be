import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ConfigError } from '../../../src/model/errors.ts'
import { SECTIONS } from '../../../src/relay/config/options.ts'
import { type RelaySources, readRelayConfig } from '../../../src/relay/config/read-relay-config.ts'
import { STORES } from '../../../src/store/registry.ts'

/** Returns the messages about a configuration. */
function messagesOf(sources: RelaySources): string {
  try {
    return readRelayConfig(sources).warnings.join('\n')
  } catch (error) {
    if (error instanceof ConfigError) return `${error.message}\n${JSON.stringify(error.issues)}`
    throw error
  }
}

/** Lines in which a secret may be by mistake. */
const LINES = [
  '$',
  '$ = x',
  '$=',
  '= $',
  '[$]',
  '[$ "x"]',
  '[Redis] $',
  '[Redis "$"]',
  'port = $',
  'prot = $',
  'password = $',
  'password = "$',
  'password = $"',
  'password = "$\\x"',
  'password = \\$',
  'password $',
  '"$"',
  'url = redis://u:$@h:x',
  'url = redis://u:$@h',
  'token = $ $',
  'tokenFile = $',
  'sdkKey = "$\\n"',
  'sdkKey = $',
  'tlsEnabled = $',
  'host = $:1',
  'localTtl = $',
  'prefix = $',
  'prefix = $/$halyard',
  'tableName = $',
  'caCertFiles = $',
  'logLevel = $',
  'logFormat = $',
  'readyRequires = data, $',
  'readyMaxAge = $',
  'fileDataSource = $',
  'fileDataSourceMonitoringInterval = $',
  'envDatastorePrefix = $',
  'envDatastoreTableName = $ $',
] as const

const secret = fc.stringMatching(/^[A-Za-z0-9]{12,40}$/)
const sections = [...SECTIONS]

it('(S91) repeats no secret from any place in a file', () => {
  const section = fc.constantFrom(
    ...sections.map(([, { title }]) => (title === 'Environment' ? `[${title} "x"]` : `[${title}]`)),
  )
  const line = fc.oneof(fc.constantFrom(...LINES), section)
  fc.assert(
    fc.property(secret, fc.array(line, { maxLength: 12 }), (value, lines) => {
      const text = lines.join('\n').replaceAll(/\$(?!halyard)/g, value)
      expect(messagesOf({ file: { path: 'relay.conf', text } })).not.toContain(value)
    }),
    { numRuns: 2_000 },
  )
})

it('(S91) repeats no secret from any variable', () => {
  const variables = sections.flatMap(([name, { options }]) =>
    options.map(({ variable }) => (name === 'environment' ? `${variable}x` : variable)),
  )
  const use = { USE_REDIS: '1', USE_CONSUL: '1', USE_DYNAMODB: '1', TLS_ENABLED: '1', LD_ENV_x: 'x' }
  for (const variable of variables) {
    for (const value of [
      'hunter2hunter2',
      'hunter2 hunter2',
      'redis://u:hunter2@h',
      'http://u:hunter2@h/?x',
    ]) {
      expect(messagesOf({ variables: { ...use, [variable]: value } }), variable).not.toContain('hunter2')
    }
  }
})

it('(S91) repeats no secret from any member of an object', () => {
  const databases: readonly string[] = STORES.map(({ type }) => type)
  const members = sections.flatMap(([name, { options }]) =>
    options.flatMap(({ path }) => {
      if (path === undefined) return []
      return [[name, databases.includes(name) ? `store.${path}` : path] as const]
    }),
  )
  expect(members.length).toBeGreaterThan(30)
  for (const [name, path] of members) {
    for (const value of ['hunter2 hunter2', ['hunter2'], { hunter2: 1 }, 87654321, null]) {
      const [outer = '', inner] = path.split('.')
      const member = inner === undefined ? { [outer]: value } : { [outer]: { type: name, [inner]: value } }
      const options =
        name === 'environment'
          ? { environments: [{ name: 'x', sdkKey: 'x', ...member }] }
          : { environments: [{ name: 'x', sdkKey: 'x', prefix: 'x' }], ...member }
      const isNumber =
        /port|ms$|tls|ignore|exit|version|openTelemetry|environmentStatusMetrics|dataSavingMode|secureMode|degraded$|events\.(send|capacity|max)/i.test(
          path,
        )
      const message = messagesOf({ options })
      expect(message, path).not.toContain('hunter2')
      if (!isNumber) expect(message, path).not.toContain('87654321')
    }
  }
})

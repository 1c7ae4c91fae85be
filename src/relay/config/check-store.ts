import { parseRedisUrl } from '../../store/redis/parse-redis-url.ts'
import { compact } from './compact.ts'
import { CONSUL, DYNAMODB, REDIS, type RedisValues } from './database-options.ts'
import { usedDatabases, whatEnables } from './databases.ts'
import type { Findings } from './findings.ts'
import { DATABASES, type Database, TITLES } from './option-table.ts'
import type { ConsulConfig, DynamodbConfig, RedisConfig, StoreConfig } from './relay-config.ts'
import type { Section, Sections } from './sections.ts'
import { valuesOf } from './values-of.ts'

const DEFAULT_LOCAL_TTL_MS = 30_000

/** The database, and the table of all environments that have none of their own. */
export interface StoreChoice {
  readonly store: StoreConfig
  readonly tableName?: string
}

/** Reads which database is to be used: none, or one. */
export function checkStore(sections: Sections, findings: Findings): StoreChoice | undefined {
  const used = usedDatabases(sections)
  for (const database of DATABASES.filter((each) => !used.includes(each))) {
    warnOfIdle(database, sections.shared.get(database), findings)
  }
  const [database, ...others] = used
  if (database === undefined) return undefined
  const section = sections.shared.get(database)
  for (const other of others) {
    const place = sections.shared.get(other)?.place ?? TITLES[other]
    findings.refuse(
      place,
      'one database at most',
      `${TITLES[other]} beside ${TITLES[database]} (${section?.place})`,
    )
  }
  switch (database) {
    case 'redis':
      return { store: redis(section, findings) }
    case 'consul':
      return { store: consul(section, findings) }
    case 'dynamodb':
      return dynamodb(section, findings)
    default:
      return database satisfies never
  }
}

/** Who describes a database wants to use it, except where it says that it is not enabled. */
function warnOfIdle(database: Database, section: Section | undefined, findings: Findings): void {
  if (!section || section.settings.has('enabled')) return
  findings.warn(`${section.place} has no effect without ${whatEnables(database)}`)
}

function redis(section: Section | undefined, findings: Findings): RedisConfig {
  const values = valuesOf(REDIS, section, findings)
  const { url, username, password, isSecure } = redisAddress(values)
  const { caFile, clientCertificateFile: certFile, clientKeyFile: keyFile, localTtl } = values
  refuseRedis(section, values, findings)
  const files = ['caFile', 'clientCertificateFile', 'clientKeyFile']
  const places = files.flatMap((key) => section?.settings.get(key)?.place ?? [])
  if (!isSecure) for (const place of places) findings.warn(`${place} has no effect: TLS is not enabled`)
  return compact({
    type: 'redis',
    url,
    username: values.username ?? username,
    password: values.password ?? password,
    ...(isSecure && { caFile, certFile, keyFile }),
    localTtlMs: localTtl ?? DEFAULT_LOCAL_TTL_MS,
  })
}

interface RedisAddress {
  /** Without user and password. */
  readonly url: string
  readonly username?: string
  readonly password?: string
  readonly isSecure: boolean
}

function redisAddress(values: Partial<RedisValues>): RedisAddress {
  const given = values.url === undefined ? undefined : parseRedisUrl(values.url)
  const host = given?.host ?? values.port?.host ?? values.host ?? 'localhost'
  const port = given?.port ?? values.port?.port ?? 6_379
  const isSecure = given?.secure === true || values.tls === true
  const place = `${host.includes(':') ? `[${host}]` : host}:${port}`
  const database = given?.db === undefined ? '' : `/${given.db}`
  return compact({
    url: `redis${isSecure ? 's' : ''}://${place}${database}`,
    username: given?.username,
    password: given?.password,
    isSecure,
  })
}

function refuseRedis(section: Section | undefined, { port }: Partial<RedisValues>, findings: Findings): void {
  const settings = section?.settings ?? new Map<string, never>()
  const url = settings.get('url')
  // Kubernetes links to every service, so a link beside a URL is nobody's wish.
  const beside = ['host', ...(port?.host === undefined ? ['port'] : [])].map((key) => settings.get(key))
  for (const other of url ? beside.filter((setting) => setting !== undefined) : []) {
    findings.refuse(other.place, 'either a url, or host and port', `both (${url?.place})`)
  }
  const [pair, ...rest] = ['clientCertificateFile', 'clientKeyFile'].flatMap((key) => settings.get(key) ?? [])
  if (pair && rest.length === 0) {
    findings.refuse(pair.place, 'a certificate and its key', 'one without the other')
  }
}

function dynamodb(section: Section | undefined, findings: Findings): StoreChoice {
  const { url, tableName, localTtl } = valuesOf(DYNAMODB, section, findings)
  const store: DynamodbConfig = compact({
    type: 'dynamodb',
    url,
    localTtlMs: localTtl ?? DEFAULT_LOCAL_TTL_MS,
  })
  return compact({ store, tableName })
}

function consul(section: Section | undefined, findings: Findings): ConsulConfig {
  const { host, token, tokenFile, localTtl } = valuesOf(CONSUL, section, findings)
  const file = section?.settings.get('tokenFile')
  const inline = section?.settings.get('token')
  if (file && inline) {
    findings.refuse(file.place, 'either a token or the file of one', `both (${inline.place})`)
  }
  return compact({
    type: 'consul',
    url: host ?? 'http://localhost:8500',
    token,
    tokenFile,
    localTtlMs: localTtl ?? DEFAULT_LOCAL_TTL_MS,
  })
}

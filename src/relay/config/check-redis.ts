import { parseRedisUrl } from '../../store/redis/options.ts'
import { compact } from './compact.ts'
import { DEFAULT_LOCAL_TTL_MS, REDIS, type RedisValues } from './database-options.ts'
import type { Findings } from './findings.ts'
import type { RedisConfig } from './relay-config.ts'
import type { Section, Setting } from './sections.ts'
import { valuesOf } from './values-of.ts'

/** Reads where Redis is, as one server, a cluster or a master that Sentinels know, and how to log in. */
export function checkRedis(section: Section | undefined, findings: Findings): RedisConfig {
  const values = valuesOf(REDIS, section, findings)
  const settings = section?.settings ?? new Map<string, Setting>()
  const { caFile, clientCertificateFile: certFile, clientKeyFile: keyFile } = values
  const { isSecure, ...place } = placeOf(values, settings)
  refusePlaces(settings, values, findings)
  refuseSentinelOptions(settings, findings)
  refuseHalfCertificate(settings, findings)
  const files = ['caFile', 'clientCertificateFile', 'clientKeyFile']
  const unused = isSecure ? [] : files.flatMap((key) => settings.get(key) ?? [])
  for (const setting of unused) findings.warn(`${setting.place} has no effect: TLS is not enabled`)
  return compact({
    type: 'redis',
    ...place,
    username: values.username ?? place.username,
    password: values.password ?? place.password,
    ...(isSecure && { caFile, certFile, keyFile }),
    localTtlMs: values.localTtl ?? DEFAULT_LOCAL_TTL_MS,
  })
}

interface Place
  extends Pick<
    RedisConfig,
    | 'url'
    | 'clusterNodes'
    | 'sentinels'
    | 'sentinelMaster'
    | 'sentinelUsername'
    | 'sentinelPassword'
    | 'database'
    | 'tls'
    | 'username'
    | 'password'
  > {
  readonly isSecure: boolean
}

function placeOf(values: Partial<RedisValues>, settings: ReadonlyMap<string, Setting>): Place {
  const isSecure = values.tls === true
  const tls = isSecure || undefined
  if (settings.has('clusterNodes')) return compact({ clusterNodes: values.clusterNodes, tls, isSecure })
  if (settings.has('sentinels')) {
    const { sentinels, sentinelMaster, sentinelUsername, sentinelPassword, database } = values
    return compact({
      sentinels,
      sentinelMaster,
      sentinelUsername,
      sentinelPassword,
      database,
      tls,
      isSecure,
    })
  }
  return serverOf(values)
}

/** Of one server everything is in the URL but user and password, so that it may be logged. */
function serverOf(values: Partial<RedisValues>): Place {
  const given = values.url === undefined ? undefined : parseRedisUrl(values.url)
  const host = given?.host ?? values.port?.host ?? values.host ?? 'localhost'
  const port = given?.port ?? values.port?.port ?? 6_379
  const db = given?.db ?? values.database
  const isSecure = given?.secure === true || values.tls === true
  const place = `${host.includes(':') ? `[${host}]` : host}:${port}`
  return compact({
    url: `redis${isSecure ? 's' : ''}://${place}${db === undefined ? '' : `/${db}`}`,
    username: given?.username,
    password: given?.password,
    isSecure,
  })
}

/** One server, a cluster or Sentinels: one of them says where Redis is. */
function refusePlaces(
  settings: ReadonlyMap<string, Setting>,
  { port }: Partial<RedisValues>,
  findings: Findings,
): void {
  const [first, ...others] = ['url', 'clusterNodes', 'sentinels'].flatMap((key) => settings.get(key) ?? [])
  if (!first) return
  for (const other of others) {
    findings.refuse(other.place, 'a url, clusterNodes or sentinels', `more than one (${first.place})`)
  }
  // Kubernetes links to every service, so a link beside another address is not what somebody wrote.
  const parts = ['host', ...(port?.host === undefined ? ['port'] : [])]
  for (const other of parts.flatMap((key) => settings.get(key) ?? [])) {
    const expected =
      first === settings.get('url') ? 'either a url, or host and port' : 'host and port in the list of nodes'
    findings.refuse(other.place, expected, `both (${first.place})`)
  }
  const database = settings.get('database')
  if (database && !settings.has('sentinels')) {
    const expected = settings.has('url')
      ? 'the number of the database in the url'
      : 'none: a cluster has one database'
    findings.refuse(database.place, expected, 'one')
  }
}

function refuseSentinelOptions(settings: ReadonlyMap<string, Setting>, findings: Findings): void {
  const [sentinels, master] = [settings.get('sentinels'), settings.get('sentinelMaster')]
  const lonely = sentinels && master ? undefined : (sentinels ?? master)
  if (lonely) findings.refuse(lonely.place, 'sentinels together with sentinelMaster', 'one without the other')
  if (sentinels) return
  for (const key of ['sentinelUsername', 'sentinelPassword']) {
    const setting = settings.get(key)
    if (setting) findings.warn(`${setting.place} has no effect: there are no sentinels`)
  }
}

function refuseHalfCertificate(settings: ReadonlyMap<string, Setting>, findings: Findings): void {
  const pair = ['clientCertificateFile', 'clientKeyFile'].flatMap((key) => settings.get(key) ?? [])
  const [first] = pair
  if (first && pair.length === 1) {
    findings.refuse(first.place, 'a certificate and its key', 'one without the other')
  }
}

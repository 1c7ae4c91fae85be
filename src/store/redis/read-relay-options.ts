import { compact } from '../../options/compact.ts'
import type { IssueCollector } from '../../options/issues.ts'
import type { Section, Setting } from '../../options/option-table.ts'
import { readValues } from '../../options/read-values.ts'
import type { RedisConfig } from './module.ts'
import { parseRedisUrl } from './options.ts'
import type { RedisOptions } from './relay-option-types.ts'
import { REDIS_SECTION } from './relay-options.ts'

/** A port. If Docker or Kubernetes link a container, `REDIS_PORT` contains an address, which overrides the host. */
export interface RedisPort {
  readonly host?: string
  readonly port: number
}

interface RedisValues extends Omit<RedisOptions, 'type' | 'port' | 'localTtlMs'> {
  readonly port?: RedisPort
  readonly localTtlMs: number
}

type Settings = ReadonlyMap<string, Setting>

/** Reads the location of Redis (a single server, a cluster, or a master behind Sentinels) and the login. */
export function readRelayOptions(section: Section | undefined, collector: IssueCollector): RedisConfig {
  const values = readValues<RedisValues>(REDIS_SECTION, section, collector)
  const settings: Settings = section?.settings ?? new Map()
  const { caFile, certFile, keyFile, localTtlMs } = values
  const { isSecure, ...place } = placeOf(values, settings)
  refuseSeveralPlaces(settings, values, collector)
  refuseSentinelsWithoutMaster(settings, collector)
  refuseHalfCertificate(settings, collector)
  if (!isSecure) {
    for (const { place: file } of ofNames(settings, 'caFile', 'clientCertificateFile', 'clientKeyFile'))
      collector.warn(`${file} has no effect: TLS is not enabled`)
  }
  return compact({
    type: 'redis',
    ...place,
    username: values.username ?? place.username,
    password: values.password ?? place.password,
    ...(isSecure && { caFile, certFile, keyFile }),
    localTtlMs,
  })
}

interface RedisPlace extends Omit<RedisConfig, 'type' | 'localTtlMs' | 'caFile' | 'certFile' | 'keyFile'> {
  readonly isSecure: boolean
}

function placeOf(values: RedisValues, settings: Settings): RedisPlace {
  const isSecure = values.tls === true
  const tls = isSecure || undefined
  if (settings.has('clusterNodes')) return compact({ clusterNodes: values.clusterNodes, tls, isSecure })
  if (!settings.has('sentinels')) return serverOf(values)
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

/** Returns the URL of a single server without user and password, so that it may be logged. */
function serverOf(values: RedisValues): RedisPlace {
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

function refuseSeveralPlaces(settings: Settings, { port }: RedisValues, collector: IssueCollector): void {
  const [first, ...others] = ofNames(settings, 'url', 'clusterNodes', 'sentinels')
  if (!first) return
  for (const other of others) {
    collector.refuse(other.place, 'only one of url, clusterNodes and sentinels', `several (${first.place})`)
  }
  // Kubernetes sets the variables of a link for every service, so that one beside another address is no mistake.
  const names = port?.host === undefined ? ['host', 'port'] : ['host']
  for (const other of ofNames(settings, ...names)) {
    const expected =
      first === settings.get('url') ? 'a url, or host and port' : 'host and port in the list of nodes'
    collector.refuse(other.place, expected, `both (${first.place})`)
  }
  const database = settings.get('database')
  if (database && !settings.has('sentinels')) {
    const expected = settings.has('url')
      ? 'the database number in the url'
      : 'no database number, because a cluster has one database'
    collector.refuse(database.place, expected, 'an option of its own')
  }
}

function refuseSentinelsWithoutMaster(settings: Settings, collector: IssueCollector): void {
  const [first, second] = ofNames(settings, 'sentinels', 'sentinelMaster')
  if (first && !second) collector.refuse(first.place, 'sentinels and sentinelMaster', 'only one of them')
}

function refuseHalfCertificate(settings: Settings, collector: IssueCollector): void {
  const [first, second] = ofNames(settings, 'clientCertificateFile', 'clientKeyFile')
  if (first && !second)
    collector.refuse(first.place, 'clientCertificateFile and clientKeyFile', 'only one of them')
}

function ofNames(settings: Settings, ...names: readonly string[]): readonly Setting[] {
  return names.flatMap((name) => settings.get(name) ?? [])
}

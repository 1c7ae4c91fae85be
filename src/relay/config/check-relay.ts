import { HOSTED } from '../../config/event-address.ts'
import { compact } from '../../options/compact.ts'
import type { IssueCollector } from '../../options/issues.ts'
import type { Section } from '../../options/option-table.ts'
import { readValues } from '../../options/read-values.ts'
import { boolean } from '../../options/value-forms.ts'
import { checkAutoConfig, checkOffline } from './check-origin.ts'
import { type CheckContext, usedDatabases } from './databases.ts'
import type {
  AdminConfig,
  AdminLogin,
  AutoConfigOptions,
  OfflineConfig,
  ProxyConfig,
  ServingTls,
} from './option-groups.ts'
import type { GeneralConfig } from './option-types.ts'
import { GENERAL_SECTIONS } from './options.ts'
import type { Sections } from './sections.ts'

/** The former base URL of polls, which still occurs in configurations. LaunchDarkly's Relay Proxy replaces it, too. */
const FORMER_BASE_URI = 'https://app.launchdarkly.com'

/** Age that the data of a healthy stream may reach: the stream may be silent for 3 min, and a poll checks it after 200 to 220 s. */
const MAX_HEALTHY_AGE_MS = 240_000

/** The values of all general sections. Groups such as `tls` may still lack required members. */
interface GeneralValues extends Omit<GeneralConfig, 'tls' | 'admin' | 'proxy' | 'offline' | 'autoConfig'> {
  readonly tls?: Partial<ServingTls>
  readonly admin?: Partial<AdminConfig>
  readonly proxy?: Partial<ProxyConfig>
  readonly offline?: Partial<OfflineConfig>
  readonly autoConfig?: Partial<AutoConfigOptions>
}

export function readGeneral({ shared }: Sections, collector: IssueCollector): GeneralValues {
  const { main, proxy, events, concurrency, openTelemetry, prometheus, offline, autoConfig } =
    GENERAL_SECTIONS
  const groups = { endpoints: {}, history: {}, admission: {} }
  return {
    ...groups,
    ...readValues<GeneralValues>(main, shared.get('main'), collector),
    ...readValues(proxy, shared.get('proxy'), collector),
    ...readValues(events, shared.get('events'), collector),
    ...readValues(concurrency, shared.get('concurrency'), collector),
    ...readValues(openTelemetry, shared.get('openTelemetry'), collector),
    ...readValues(prometheus, shared.get('prometheus'), collector),
    ...(shared.has('offline') && readValues(offline, shared.get('offline'), collector)),
    ...(shared.has('autoConfig') && readValues(autoConfig, shared.get('autoConfig'), collector)),
  }
}

/** Returns the general configuration. Reports options that contradict each other or have no effect. */
export function checkGeneral(
  { tls, admin, adminLogin, prometheus, proxy, offline, autoConfig, endpoints, ...values }: GeneralValues,
  sections: Sections,
  { choice, collector }: CheckContext,
): GeneralConfig {
  const { polling, streaming } = endpoints
  checkReady(values, sections, collector)
  checkEvents(endpoints, sections, collector)
  checkExit(values, sections, collector)
  return compact({
    ...values,
    endpoints: compact({ polling: polling === FORMER_BASE_URI ? undefined : polling, streaming }),
    tls: servingTls(tls, sections.shared.get('main'), collector),
    admin: admin?.port === undefined ? undefined : { ...admin, port: admin.port },
    adminLogin: loginOf(adminLogin, sections.shared.get('main'), collector),
    prometheus: isEnabled(sections.shared.get('prometheus')) ? prometheus : undefined,
    proxy: proxy && proxyOf(proxy),
    offline: checkOffline(offline, sections, { choice, collector }),
    autoConfig: checkAutoConfig(autoConfig, sections, { choice, collector }),
  })
}

function servingTls(
  tls: Partial<ServingTls> | undefined,
  section: Section | undefined,
  collector: IssueCollector,
): ServingTls | undefined {
  const enabled = section?.settings.get('tlsEnabled')
  if (!enabled || !isEnabled(section, 'tlsEnabled')) return undefined
  const files = ['tlsCert', 'tlsKey'].filter((name) => section?.settings.has(name))
  if (files.length < 2) {
    const received = files.length === 1 ? 'only one of them' : 'neither'
    collector.refuse(enabled.place, 'tlsCert and tlsKey', received)
  }
  const { certFile, keyFile } = tls ?? {}
  return certFile !== undefined && keyFile !== undefined ? { ...tls, certFile, keyFile } : undefined
}

/** Returns true if the section has the switch and it is not off. */
export function isEnabled(section: Section | undefined, name = 'enabled'): boolean {
  const enabled = section?.settings.get(name)
  return enabled !== undefined && boolean.read(enabled.value) !== false
}

/** Returns the login of operators. Reports a user name without a password, because anyone could enter. */
function loginOf(
  login: AdminLogin | undefined,
  section: Section | undefined,
  collector: IssueCollector,
): AdminLogin | undefined {
  const [user, password, file] = ['adminUser', 'adminPassword', 'adminPasswordFile'].map((name) =>
    section?.settings.get(name),
  )
  const expected = 'adminPassword or adminPasswordFile'
  if (user && !password && !file) collector.refuse(user.place, expected, 'neither')
  if (password && file) collector.refuse(file.place, expected, `both (${password.place})`)
  return login
}

/** Returns the proxy, with the credentials of its URL as separate members unless options replace them. Without a URL: `undefined`. */
function proxyOf({ url, username, password }: Partial<ProxyConfig>): ProxyConfig | undefined {
  if (url === undefined) return undefined
  const parsed = new URL(url)
  return compact({
    url: parsed.origin,
    username: username ?? decoded(parsed.username),
    password: password ?? decoded(parsed.password),
  })
}

function decoded(part: string): string | undefined {
  return part === '' ? undefined : decodeURIComponent(part)
}

function checkExit(
  { exitAlways }: Pick<GeneralValues, 'exitAlways'>,
  sections: Sections,
  collector: IssueCollector,
): void {
  const settings = sections.shared.get('main')?.settings
  const setting = settings?.get('exitAlways')
  if (!setting || !exitAlways || usedDatabases(sections).length > 0 || settings?.has('snapshotDirectory'))
    return
  collector.warn(`${setting.place}: no database is configured, so that only the connections are checked`)
}

function checkReady(
  { ready }: Pick<GeneralValues, 'ready'>,
  sections: Sections,
  collector: IssueCollector,
): void {
  const settings = sections.shared.get('main')?.settings
  const requires = settings?.get('readyRequires')
  const isStored = usedDatabases(sections).length > 0 || settings?.has('snapshotDirectory')
  if (requires && ready.requires?.includes('store') && !isStored) {
    collector.warn(`${requires.place}: store has no effect, because no database is configured`)
  }
  const maxAge = settings?.get('readyMaxAge')
  if (maxAge && ready.maxAgeMs !== undefined && ready.maxAgeMs < MAX_HEALTHY_AGE_MS) {
    const silence = 'for which a healthy stream may be silent: idle environments will not be ready'
    collector.warn(`${maxAge.place} is less than 4m, ${silence}`)
  }
}

/** Warns if flags come from another service and events do not go there. */
function checkEvents(
  { polling, streaming }: GeneralValues['endpoints'],
  { shared }: Sections,
  collector: IssueCollector,
): void {
  const settings = shared.get('events')?.settings
  const enabled = settings?.get('sendEvents')
  if (!enabled || boolean.read(enabled.value) !== true || settings?.has('eventsUri')) return
  const isOther = [polling, streaming].some((url) => url !== undefined && url !== FORMER_BASE_URI)
  if (isOther)
    collector.warn(
      `${enabled.place}: events and their keys go to ${HOSTED.events}, although flags come from another address; set eventsUri to change that`,
    )
}

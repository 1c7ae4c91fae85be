import { checkOperation } from './check-operation.ts'
import { compact } from './compact.ts'
import type { Findings } from './findings.ts'
import { CONCURRENCY, MAIN, type MainValues, PROXY, type ProxyValues } from './main-options.ts'
import type { ProxyConfig, RelayConfig, ServingTls } from './relay-config.ts'
import type { Section, Sections } from './sections.ts'
import { valuesOf } from './values-of.ts'

/** Where polls went before they had a host of their own; LaunchDarkly's Relay Proxy takes it for the present one, too. */
const FORMER_BASE_URI = 'https://app.launchdarkly.com'

/** What a relay is apart from its database, its archive and its environments. */
export type MainConfig = Omit<RelayConfig, 'store' | 'offline' | 'environments'>

export function checkMain(sections: Sections, findings: Findings): MainConfig {
  const { shared } = sections
  const section = shared.get('main')
  const values = valuesOf(MAIN, section, findings)
  const proxy = valuesOf(PROXY, shared.get('proxy'), findings)
  const concurrency = valuesOf(CONCURRENCY, shared.get('concurrency'), findings)
  const polling = values.baseUri === FORMER_BASE_URI ? undefined : values.baseUri
  return compact({
    port: values.port ?? 8_030,
    host: values.host,
    logLevel: values.logLevel ?? 'info',
    heartbeatMs: values.heartbeatInterval ?? 30_000,
    initTimeoutMs: values.initTimeout ?? 10_000,
    ignoreConnectionErrors: values.ignoreConnectionErrors ?? false,
    maxClientConnectionMs: values.maxClientConnectionTime ?? 12 * 3_600_000,
    admission: compact({
      // 0 is LaunchDarkly's word for "all at once".
      maxConcurrent: concurrency.maxConcurrent === 0 ? Infinity : concurrency.maxConcurrent,
      maxQueued: concurrency.maxQueued,
    }),
    history: compact({
      maxSteps: values.historySteps,
      maxBytes: values.historyBytes,
      maxAgeMs: values.historyAge,
    }),
    stallMs: values.maxClientWriteTime || 30_000,
    shutdownDelayMs: values.shutdownDelay,
    gracefulShutdownMs: values.gracefulShutdownTimeout ?? 10_000,
    snapshotDirectory: values.snapshotDirectory,
    disconnectedStatusMs: values.disconnectedStatusTime ?? 60_000,
    dataSavingMode: values.dataSavingMode,
    endpoints: compact({ polling, streaming: values.streamUri }),
    tls: servingTls(values, section, findings),
    proxy: proxyOf(proxy, shared.get('proxy'), findings),
    caFiles: proxy.caCertFiles ?? [],
    ...checkOperation(sections, values, findings),
  })
}

function servingTls(
  { tlsEnabled, tlsCert, tlsKey, tlsMinVersion }: Partial<MainValues>,
  section: Section | undefined,
  findings: Findings,
): ServingTls | undefined {
  const files = ['tlsCert', 'tlsKey'].flatMap((key) => section?.settings.get(key) ?? [])
  if (!tlsEnabled) {
    for (const { place } of files) findings.warn(`${place} has no effect: TLS is not enabled`)
  } else if (files.length < 2) {
    const place = section?.settings.get('tlsEnabled')?.place ?? 'tlsEnabled'
    findings.refuse(
      place,
      'files of a certificate and its key',
      files[0] ? 'one without the other' : 'neither',
    )
  } else if (tlsCert !== undefined && tlsKey !== undefined) {
    return compact({ certFile: tlsCert, keyFile: tlsKey, minVersion: tlsMinVersion })
  }
  return undefined
}

function proxyOf(
  { url, user, password }: Partial<ProxyValues>,
  section: Section | undefined,
  findings: Findings,
): ProxyConfig | undefined {
  if (url) {
    return compact({
      url: url.origin,
      username: user ?? decoded(url.username),
      password: password ?? decoded(url.password),
    })
  }
  if (section && !section.settings.has('url')) {
    for (const key of ['user', 'password']) {
      const setting = section.settings.get(key)
      if (setting) findings.warn(`${setting.place} has no effect: there is no proxy to tell it to`)
    }
  }
  return undefined
}

function decoded(text: string): string | undefined {
  return text === '' ? undefined : decodeURIComponent(text)
}

import { change } from '../../support/stored.ts'
import { startService } from './clients.ts'
import { configurationIn, startRelay } from './servers.ts'

export const PRODUCTION = 'sdk-production-1c5f'
export const STAGING = 'sdk-staging-7aa0'

/** Starts a service with two environments, cacheable for five minutes, and a relay of it. */
export async function startPair(main = ''): Promise<{
  readonly service: Awaited<ReturnType<typeof startService>>
  readonly relay: Awaited<ReturnType<typeof startRelay>>
}> {
  const service = await startService({
    [PRODUCTION]: [change('a', 1, 'production')],
    [STAGING]: [change('a', 1, 'staging')],
  })
  const environments = `[Environment "production"]\nsdkKey = "${PRODUCTION}"\nttl = 5m\n[Environment "staging"]\nsdkKey = "${STAGING}"\nttl = 5m\n`
  const relay = await startRelay(
    `[Main]\nbaseUri = "${service.url}"\nstreamUri = "${service.url}"\n${main}${environments}`,
  )
  return { service, relay }
}

/** Returns the configuration of a relay with one environment in Redis, and with these lines of `[Main]`. */
export function configurationWithRedis(service: string, redis: string, main: readonly string[] = []): string {
  return [
    '[Main]',
    `baseUri = "${service}"`,
    `streamUri = "${service}"`,
    ...main,
    '[Redis]',
    `url = "${redis}"`,
    '[Environment "production"]',
    `sdkKey = "${PRODUCTION}"`,
    'prefix = production',
    '',
  ].join('\n')
}

/** A server of nginx with everything at its default. */
export const plainNginx = (port: number, directives = ''): string =>
  `server { listen 127.0.0.1:PORT; location / { proxy_pass http://127.0.0.1:${port}; ${directives} } }`

/** The configuration of the documents, in front of these relays. */
export function documentedNginx(...relays: readonly { readonly port: number }[]): string {
  const servers = relays.map(({ port }) => `  server 127.0.0.1:${port};\n`).join('')
  return configurationIn('behind-a-proxy.md', 'nginx')
    .replace(/( {2}server 10\..*\n)+/, servers)
    .replace('listen 80', 'listen 127.0.0.1:PORT')
}

/** Spellings of `/status`, none of which may lead past a rule of a proxy. */
export const OPERATOR_PATHS = [
  '/status',
  '//status',
  '/./status',
  '/a/../status',
  '/a/%2e%2e/status',
  '/%2e/status',
  '/%73tatus',
  '/status/',
  '/STATUS',
  '/status;x',
  '/x/..%2fstatus',
  '/\\status',
] as const

/** HAProxy with the time limits of Debian's configuration. */
export const plainHaproxy = (port: number): string =>
  [
    'defaults',
    '  mode http',
    '  timeout connect 5000',
    '  timeout client 50000',
    '  timeout server 50000',
    'listen relay',
    '  bind 127.0.0.1:PORT',
    `  server one 127.0.0.1:${port}`,
    '',
  ].join('\n')

import { counted } from '../model/text.ts'
import { LOCAL_KEYS } from '../relay/config/flag-server.ts'
import type { EnvironmentConfig, RelayConfig } from '../relay/config/relay-config.ts'
import { masked } from '../relay/masked-keys.ts'
import type { RelayServer } from '../relay/relay.ts'
import type { RelayView } from '../relay/view.ts'

/** Returns the lines that a flag server logs when it is ready: what it serves, to which clients, and the address of its page. */
export function startLines(
  { url, adminUrl, view }: Pick<RelayServer, 'url' | 'adminUrl' | 'view'>,
  { environments }: Pick<RelayConfig, 'environments'>,
): readonly string[] {
  const [environment] = environments
  if (!environment) return []
  const { files = [], urls = [] } = environment
  // The query of a URL may be a secret.
  const from = [...urls.map((each) => each.replace(/\?.*/s, '')), ...files].join(', ')
  return [
    `flag server: ${servedBy(view)} ${from} on ${readable(url)}`,
    `flag server: ${clientsOf(environment)}`,
    `flag server: page with flags and clients: ${pageOf(adminUrl ?? url)}`,
  ]
}

function servedBy({ environments: [environment] }: RelayView): string {
  if (!environment || environment.serving === 'nothing') return 'nothing to serve yet from'
  const { flags, segments } = environment.holds
  return `serving ${counted(flags, 'flag')} and ${counted(segments, 'segment')} of`
}

function clientsOf({ acceptsAnyKey, sdkKey, mobileKey, envId }: EnvironmentConfig): string {
  if (acceptsAnyKey) {
    const { sdkKey: sdk, mobileKey: mobile, envId: id } = LOCAL_KEYS
    return `every key is accepted, from this machine only; for example SDK key ${sdk}, mobile key ${mobile}, client-side ID ${id}`
  }
  const mobile = mobileKey === undefined ? 'none (--mobile-key)' : masked(mobileKey)
  return `SDK key ${masked(sdkKey)}, mobile key ${mobile}, client-side ID of browsers ${envId ?? 'none (--client-side-id)'}`
}

/** Every address of the machine, as Node names it. */
const ALL_ADDRESSES = /\[::\]|0\.0\.0\.0/

function readable(url: string): string {
  return ALL_ADDRESSES.test(url) ? `${local(url)} (on all addresses of this machine)` : url
}

function pageOf(url: string): string {
  return `${local(url)}/`
}

function local(url: string): string {
  return url.replace(ALL_ADDRESSES, 'localhost')
}

/** Closes the server and rejects with the fault if its first files are invalid, which waiting does not change. */
export async function refuseInvalidFiles(
  server: Pick<RelayServer, 'view' | 'started' | 'close'>,
  { ignoreConnectionErrors }: Pick<RelayConfig, 'ignoreConnectionErrors'>,
): Promise<void> {
  await server.started
  const [environment] = server.view.environments
  const { lastError } = environment?.source ?? {}
  if (environment?.serving !== 'nothing' || lastError?.kind !== 'invalid_data' || ignoreConnectionErrors)
    return
  await server.close({ delayMs: 0 })
  throw new Error(lastError.message)
}

/** Returns an error with the cause and a remedy if a flag server cannot listen; returns any other error unchanged. */
export function listenErrorOf(
  error: unknown,
  { port, host = 'this machine' }: Pick<RelayConfig, 'port' | 'host'>,
): unknown {
  const {
    code = '',
    syscall,
    port: used = port,
  } = error as NodeJS.ErrnoException & { readonly port?: number }
  if (syscall !== 'listen' && syscall !== 'getaddrinfo') return error
  const reason = reasonOf(code, used, host)
  return reason === undefined ? error : new Error(`${reason} (${code})`, { cause: error })
}

function reasonOf(code: string, port: number, host: string): string | undefined {
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} is already in use; choose another with --port, or 0 for a free one`
    case 'EACCES':
      return `port ${port} is not permitted to this user; choose one above 1023 with --port`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${host} is not an address of this machine; choose another with --host`
    default:
      return undefined
  }
}

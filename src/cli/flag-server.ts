import type { EnvironmentConfig, RelayOptions } from '../relay/config/relay-config.ts'
import { UsageError } from './arguments.ts'

/** The options of `halyard relay` for a flag server: one environment whose flags come from files. */
export const FLAG_SERVER_OPTIONS = {
  file: { type: 'string', multiple: true },
  port: { type: 'string' },
  host: { type: 'string' },
  'sdk-key': { type: 'string' },
  'mobile-key': { type: 'string' },
  'client-side-id': { type: 'string' },
} as const

export interface FlagServerValues {
  readonly file?: readonly string[] | undefined
  readonly port?: string | undefined
  readonly host?: string | undefined
  readonly 'sdk-key'?: string | undefined
  readonly 'mobile-key'?: string | undefined
  readonly 'client-side-id'?: string | undefined
}

/** The configuration of a flag server. */
export interface FlagServerConfig {
  readonly options: RelayOptions
  /** True if every key is accepted, because the command has none. */
  readonly acceptsAnyKey: boolean
}

const ENVIRONMENT_NAME = 'flags'
const LOOPBACK = '127.0.0.1'

/** The keys of a flag server that accepts every key. */
const DEFAULT_KEYS = { sdkKey: 'sdk-local', mobileKey: 'mob-local', envId: 'local' } as const

/**
 * Returns the configuration of a flag server, or undefined without `--file`. Without a key only this machine is served, so a host
 * that others can reach is a {@link UsageError}.
 */
export function flagServerConfig(values: FlagServerValues): FlagServerConfig | undefined {
  const { file: files, port, host } = values
  if (files === undefined) return undefined
  const { 'sdk-key': sdkKey, 'mobile-key': mobileKey, 'client-side-id': envId } = values
  const acceptsAnyKey = sdkKey === undefined
  if (acceptsAnyKey && host !== undefined && !isLoopback(host))
    throw new UsageError(
      `--host ${host} lets other machines read the flags; give --sdk-key too, or leave out --host to serve this machine only`,
    )
  const environment: EnvironmentConfig = {
    name: ENVIRONMENT_NAME,
    ...(acceptsAnyKey ? DEFAULT_KEYS : { sdkKey }),
    ...(mobileKey !== undefined && { mobileKey }),
    ...(envId !== undefined && { envId }),
    files,
  }
  const listen = host ?? (acceptsAnyKey ? LOOPBACK : undefined)
  return {
    acceptsAnyKey,
    options: {
      environments: [environment],
      ...(port !== undefined && { port: Number(port) }),
      ...(listen !== undefined && { host: listen }),
    },
  }
}

function isLoopback(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/i.test(host)
}

import { readFileSync } from 'node:fs'
import { HOSTED } from '../../config/event-address.ts'
import { reasonOf } from '../../model/error-text.ts'
import { parseDuration } from '../../options/duration.ts'
import { baseUrlFault } from '../../transport/base-url.ts'
import { isProxyUrl, type ProxyChoice } from '../../transport/proxy.ts'
import type { ServiceTlsOptions } from '../../transport/tls.ts'
import { type parseArguments, UsageError } from '../arguments.ts'
import type { CommandContext } from '../command.ts'
import { readStoreAddress } from '../inspect/store-address.ts'
import { CONFIG_OPTIONS } from '../relay-config.ts'
import type { Authorities } from './certificate-chain.ts'
import type { Protocol } from './check-service.ts'
import type { StoreTarget } from './check-store.ts'

/** The targets of the checks. */
export interface Plan {
  readonly network: NetworkPlan
  /** Each origin is checked once, whatever the number of environments. Absent if only a store is checked. */
  readonly endpoints: Endpoints | undefined
  readonly protocol: Protocol | 'either'
  readonly environments: readonly EnvironmentPlan[]
}

export interface NetworkPlan {
  readonly proxy: ProxyChoice
  /** Where the proxy was chosen, for example `--proxy`. */
  readonly proxyOrigin: string
  readonly tls: ServiceTlsOptions
  readonly authorities: Authorities
}

export interface Endpoints {
  readonly streaming: string
  readonly polling: string
  /** Absent if no events are sent. */
  readonly events?: string
}

export interface EnvironmentPlan {
  /** Absent on a command line, which has one environment without a name. */
  readonly name?: string
  readonly sdkKey?: string
  /** True if its flags come from files in place of a service. */
  readonly fromFiles: boolean
  readonly store?: StoreTarget
}

const OWN_OPTIONS = {
  'sdk-key': { type: 'string' },
  url: { type: 'string' },
  polling: { type: 'string' },
  streaming: { type: 'string' },
  events: { type: 'string' },
  store: { type: 'string' },
  prefix: { type: 'string' },
  proxy: { type: 'string' },
  ca: { type: 'string' },
  timeout: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

export const OPTIONS: typeof OWN_OPTIONS & typeof CONFIG_OPTIONS = { ...OWN_OPTIONS, ...CONFIG_OPTIONS }

export type Values = ReturnType<typeof parseArguments<typeof OPTIONS>>['values']

export const TIMEOUT = '10s'

export function readTimeout({ timeout = TIMEOUT }: Values): number {
  const ms = parseDuration(timeout) ?? 0
  if (ms <= 0) throw new UsageError('--timeout needs a duration, such as 10s')
  return ms
}

/** Returns the plan of a command line that names no configuration of a relay. Throws a {@link UsageError}. */
export function planOfCommandLine(values: Values, { env }: Pick<CommandContext, 'env'>): Plan {
  const sdkKey = values['sdk-key'] ?? keyOf(env)
  const addresses = readAddresses(values)
  const isStoreOnly = values.store !== undefined && sdkKey === undefined && !addresses.isGiven
  if (values.prefix !== undefined && values.store === undefined)
    throw new UsageError('--prefix needs --store')
  const store =
    values.store === undefined ? undefined : readStoreAddress(values.store, { prefix: values.prefix, env })
  return {
    network: { ...readProxy(values.proxy), ...readCa(values.ca) },
    endpoints: isStoreOnly ? undefined : addresses.endpoints,
    protocol: PROTOCOLS[env.HALYARD_DATA_SAVING_MODE ?? ''] ?? 'either',
    environments: [
      {
        fromFiles: false,
        ...(sdkKey !== undefined && { sdkKey }),
        ...(store && {
          store: {
            address: store,
            owner: sdkKey === undefined ? undefined : { sdkKey },
            filledBy: isStoreOnly ? 'other software' : 'service',
            isShared: false,
            ...encryptionOf(values.store ?? ''),
          },
        }),
      },
    ],
  }
}

/** Returns whether an address of a database is one with TLS. */
export function encryptionOf(address: string): Pick<StoreTarget, 'encryption'> {
  if (/^(rediss|consuls|https)\b/i.test(address)) return { encryption: 'with TLS' }
  return /^(redis|consul|http)\b/i.test(address) ? { encryption: 'without TLS' } : {}
}

const PROTOCOLS: Readonly<Record<string, Protocol>> = { on: 'fdv2', off: 'fdv1' }

/** An empty variable counts as a key that is missing by mistake, which its check reports. */
function keyOf(env: CommandContext['env']): string | undefined {
  return env.LAUNCHDARKLY_SDK_KEY ?? env.LD_SDK_KEY
}

function readAddresses(values: Values): { readonly endpoints: Endpoints; readonly isGiven: boolean } {
  for (const name of ['url', 'polling', 'streaming', 'events'] as const) {
    const value = values[name]
    const fault = value === undefined ? undefined : baseUrlFault(value)
    if (fault !== undefined) throw new UsageError(`--${name}: expected ${fault}`)
  }
  const { url, polling = url, streaming = url, events = url } = values
  const isGiven = [polling, streaming, events].some((each) => each !== undefined)
  const base = (text: string): string => text.replace(/\/+$/, '')
  // The SDK key of a private service must not be sent to the hosted one, so a missing address follows the given one.
  const endpoints = isGiven
    ? {
        streaming: base(streaming ?? polling ?? HOSTED.streaming),
        polling: base(polling ?? streaming ?? HOSTED.polling),
        ...(events !== undefined && { events: base(events) }),
      }
    : HOSTED
  return { endpoints, isGiven }
}

function readProxy(text: string | undefined): Pick<NetworkPlan, 'proxy' | 'proxyOrigin'> {
  if (text === undefined) return { proxy: 'environment', proxyOrigin: 'the environment' }
  if (text !== 'none' && !isProxyUrl(text))
    throw new UsageError('--proxy needs "none", or the URL of an http or https proxy')
  return { proxy: text, proxyOrigin: '--proxy' }
}

function readCa(path: string | undefined): Pick<NetworkPlan, 'tls' | 'authorities'> {
  if (path === undefined) return { tls: {}, authorities: 'of Node.js' }
  try {
    return { tls: { ca: readFileSync(path) }, authorities: { files: [path] } }
  } catch (error) {
    throw new UsageError(`--ca: ${reasonOf(error)}`)
  }
}

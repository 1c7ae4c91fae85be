import type { DataSystemConfig } from '../../config/config.ts'
import { presets } from '../../config/presets.ts'
import { parseDuration } from '../../options/duration.ts'
import type { StoreAddress } from '../../store/inspected-store.ts'
import { parseArguments, UsageError } from '../arguments.ts'
import type { CommandContext } from '../command.ts'
import { readStoreAddress } from '../inspect/store-address.ts'
import { sdkKeyOf } from '../shared-arguments.ts'

export const LOCAL_URL = 'http://127.0.0.1:8030'

/** A relay, flag server or service. */
interface WatchedService {
  readonly type: 'service'
  /** `undefined`: the hosted service. */
  readonly url: string | undefined
  readonly sdkKey: string
  readonly plan: DataSystemConfig
  readonly protocol: 'fdv2' | 'fdv1'
}

/** A database or snapshot that other software writes. */
interface WatchedStore {
  readonly type: 'store'
  readonly address: StoreAddress
}

export interface WatchOptions {
  readonly source: WatchedService | WatchedStore
  /** Keys of the flags to print. Empty: all. */
  readonly flags: readonly string[]
  readonly context: string | undefined
  /** Milliseconds, or `Infinity`. */
  readonly forMs: number
  readonly until: 'stopped' | 'valid'
  readonly logs: 'printed' | 'left out'
  readonly format: 'json' | 'text'
}

/** Parses the command line. Throws a {@link UsageError}, which repeats nothing that could be a password. */
export function readWatchOptions(args: readonly string[], env: CommandContext['env']): WatchOptions | 'help' {
  const { values, positionals } = parseArguments(args, OPTIONS)
  if (values.help) return 'help'
  const [positional, ...rest] = positionals
  if (rest.length > 0) throw new UsageError(`watch takes one source, not ${positionals.length}`)
  if (positional !== undefined && values.from !== undefined)
    throw new UsageError('the source was given twice, as an argument and with --from')
  const { until } = values
  if (until !== undefined && until !== 'valid') throw new UsageError(`--until takes valid, not ${until}`)
  return {
    source: sourceOf(positional ?? values.from, values, env),
    flags: values.flag ?? [],
    context: values.context,
    forMs: values.for === undefined ? Infinity : durationOf(values.for),
    until: until ?? 'stopped',
    logs: values.log ? 'printed' : 'left out',
    format: values.json ? 'json' : 'text',
  }
}

interface SourceValues {
  readonly 'sdk-key'?: string | undefined
  readonly plan?: string | undefined
  readonly fdv1?: boolean | undefined
  readonly prefix?: string | undefined
}

const PLANS: Readonly<Record<string, () => DataSystemConfig>> = {
  default: () => presets.default(),
  streaming: () => presets.streaming(),
  polling: () => presets.pollingOnly(),
}

function sourceOf(
  from: string | undefined,
  values: SourceValues,
  env: CommandContext['env'],
): WatchOptions['source'] {
  const { 'sdk-key': key, plan: planName = 'default', fdv1, prefix } = values
  if (from !== undefined && !/^https?:\/\//i.test(from)) return storeOf(from, values, env)
  if (prefix !== undefined) throw new UsageError('a URL has no --prefix')
  const plan = Object.hasOwn(PLANS, planName) ? PLANS[planName] : undefined
  if (!plan) throw new UsageError(`--plan is default, streaming or polling, not ${planName}`)
  const common = { type: 'service', plan: plan(), protocol: fdv1 ? 'fdv1' : 'fdv2' } as const
  if (from === undefined && key !== undefined) return { ...common, url: undefined, sdkKey: key }
  const url = from ?? LOCAL_URL
  return { ...common, url, sdkKey: sdkKeyOf(url, key, env) ?? '' }
}

const SERVICE_OPTIONS = ['sdk-key', 'plan', 'fdv1'] as const

function storeOf(from: string, values: SourceValues, env: CommandContext['env']): WatchedStore {
  if (!from.includes('://'))
    throw new UsageError(
      'watch needs a URL, such as http://127.0.0.1:8765 or redis://HOST; "halyard dev FILE" serves a flag file',
    )
  const stray = SERVICE_OPTIONS.find((name) => values[name] !== undefined)
  if (stray !== undefined) throw new UsageError(`a store has no --${stray}`)
  return { type: 'store', address: readStoreAddress(from, { prefix: values.prefix, env }) }
}

function durationOf(text: string): number {
  const ms = parseDuration(text) ?? 0
  if (ms <= 0) throw new UsageError('--for needs a duration, such as 30s')
  return ms
}

const OPTIONS = {
  from: { type: 'string' },
  'sdk-key': { type: 'string' },
  prefix: { type: 'string' },
  plan: { type: 'string' },
  fdv1: { type: 'boolean' },
  flag: { type: 'string', multiple: true },
  context: { type: 'string' },
  for: { type: 'string' },
  until: { type: 'string' },
  log: { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

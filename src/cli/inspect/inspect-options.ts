import { parseArguments } from '../parse-arguments.ts'
import { UsageError } from '../usage-error.ts'
import { readStoreAddress, type StoreAddress } from './store-address.ts'

/** What a command line asks for. */
export interface InspectOptions {
  readonly address: StoreAddress
  readonly format: 'text' | 'json'
  readonly items: 'listed' | 'counted'
  /** `strictly`: warnings count as damage does. */
  readonly verify: 'not' | 'for damage' | 'strictly'
  readonly timeoutMs: number
  /** Print this row alone. */
  readonly key?: string
}

const TIMEOUT_MS = 30_000
/** What concerns the whole store, and means nothing for a single row. */
const OF_THE_WHOLE = ['items', 'verify', 'strict'] as const

/** Throws a {@link UsageError} that says what is wrong, without repeating what could hold a password. */
export function readInspectOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): InspectOptions | 'help' {
  const { values, positionals } = parseArguments(args, OPTIONS)
  if (values.help) return 'help'
  const [store, ...rest] = positionals
  if (store === undefined || store === '')
    throw new UsageError('inspect needs a store: a URL, or the path of a file')
  if (rest.length > 0) throw new UsageError(`inspect looks at one store, not at ${positionals.length}`)
  const { prefix, key, json, items, verify, strict, timeout } = values
  const beside = OF_THE_WHOLE.find((name) => values[name])
  if (key !== undefined && beside) throw new UsageError(`--key and --${beside} do not go together`)
  if (strict && !verify) throw new UsageError('--strict needs --verify')
  return {
    address: readStoreAddress(store, { prefix, env }),
    format: json ? 'json' : 'text',
    items: items ? 'listed' : 'counted',
    verify: verify ? (strict ? 'strictly' : 'for damage') : 'not',
    timeoutMs: timeout === undefined ? TIMEOUT_MS : readTimeout(timeout),
    ...(key !== undefined && { key }),
  }
}

const OPTIONS = {
  prefix: { type: 'string' },
  key: { type: 'string' },
  json: { type: 'boolean' },
  items: { type: 'boolean' },
  verify: { type: 'boolean' },
  strict: { type: 'boolean' },
  timeout: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

function readTimeout(text: string): number {
  const seconds = Number(text)
  if (!(seconds > 0) || seconds === Infinity)
    throw new UsageError(`--timeout must be seconds, more than 0, not ${text}`)
  return seconds * 1_000
}

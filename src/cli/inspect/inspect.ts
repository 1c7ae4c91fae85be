import { systemClock } from '../../async/clock.ts'
import { counted } from '../../model/text.ts'
import { parseArguments, UsageError } from '../arguments.ts'
import { type CommandContext, printResult } from '../command.ts'
import { type Finding, findingsOf } from './findings.ts'
import { lookAtKey, lookAtStore } from './look.ts'
import { describeItems, describeLook, describeRow, lookAsJson, quoted, rowsAsJson } from './print.ts'
import { readStoreAddress, type StoreAddress } from './store-address.ts'

const clock = systemClock

/** Looks into a store and prints what it holds. Never writes to it. The exit code says what was asked for. */
export async function inspect(args: readonly string[], context: CommandContext): Promise<number> {
  const options = readInspectOptions(args, context.env)
  if (options === 'help') return printResult(USAGE, context)
  return options.key === undefined ? printStore(options, context) : printKey(options.key, options, context)
}

async function printStore(options: InspectOptions, { stdout, signal }: CommandContext): Promise<number> {
  const look = await lookAtStore({ ...options, clock, signal })
  const findings = findingsOf(look)
  const wrong = options.verify === 'strictly' ? findings : findings.filter(isDamage)
  const sound = wrong.length === 0
  const now = clock.now()
  if (options.format === 'json') {
    stdout(lookAsJson(look, { findings, sound, items: options.items, now }))
  } else {
    stdout(describeLook(look, findings, now))
    if (options.items === 'listed') stdout(`\n${describeItems(look.survey.rows)}`)
    if (options.verify !== 'not')
      stdout(`\n${sound ? 'Sound' : `Not sound: ${counted(wrong.length, 'finding')}`}`)
  }
  return options.verify !== 'not' && !sound ? 1 : 0
}

async function printKey(
  key: string,
  options: InspectOptions,
  { stdout, stderr, signal }: CommandContext,
): Promise<number> {
  const look = await lookAtKey(key, { ...options, clock, signal })
  if (options.format === 'json') stdout(rowsAsJson(look))
  else if (look.rows.length > 0) stdout(look.rows.map(describeRow).join('\n\n'))
  else stderr(`${look.name}: there is neither a flag nor a segment ${quoted(key)}`)
  return look.rows.length === 0 ? 1 : 0
}

function isDamage({ severity }: Finding): boolean {
  return severity === 'damage'
}

const USAGE = `Usage: halyard inspect STORE [options]

Shows what a store holds. Never writes to it.

STORE is one of
  redis://[USER:PASSWORD@]HOST[:PORT][/DB]   rediss:// for TLS
  redis-cluster://HOST:PORT,HOST:PORT        some nodes of a cluster; rediss-cluster:// for TLS
  redis-sentinel://HOST:PORT,…[/DB]?master=NAME
  dynamodb://TABLE[?region=R&endpoint=URL]   region and credentials as the AWS SDK finds them
  consul://[:TOKEN@]HOST[:PORT]              consuls:// for https
  file:///PATH, or a path                    a snapshot on disk

  --prefix PREFIX    what the keys begin with; also ?prefix=PREFIX (default launchdarkly; in DynamoDB none)
  --items            list every row: key, version, on or off, bytes
  --key KEY          print the flag and the segment of this key, and nothing else
  --json             print JSON
  --verify           exit 1 on damage
  --strict           with --verify: exit 1 on warnings too
  --timeout SECONDS  how long the store may take to answer (default 30)
  --help             print this

Damage is what no software leaves behind when its work is done: rows that cannot be read, rows without the marker,
a sidecar that cannot be read or whose rows are gone, a damaged file, nothing at all. Warnings are what other software
may cause, or what is no harm yet: a digest that is not that of the rows, a row near the limit of its database, an
object that contradicts its row.

Environment: REDIS_USERNAME and REDIS_PASSWORD, REDIS_SENTINEL_USERNAME and REDIS_SENTINEL_PASSWORD, CONSUL_HTTP_TOKEN, those of the AWS SDK. What STORE says counts for more.

Exit code: 0 done, and with --verify sound; 1 damage, or no such --key; 2 a wrong command line, or the store cannot be
looked into.`

/** What a command line asks for. */
interface InspectOptions {
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

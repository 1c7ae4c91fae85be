import { systemClock } from '../../async/clock.ts'
import { counted } from '../../model/text.ts'
import type { StoreAddress } from '../../store/inspected-store.ts'
import { parseArguments, UsageError } from '../arguments.ts'
import { type CommandContext, printResult } from '../command.ts'
import { HELP_ROW, helpText } from '../help.ts'
import { type Finding, findingsOf } from './findings.ts'
import { quoted } from './format.ts'
import { describeMembership, membershipAsJson, readMembership } from './membership.ts'
import { describeItems, describeRow, describeStore, rowsAsJson, storeAsJson } from './print.ts'
import { readKey, readStore } from './read-store.ts'
import { ADDRESS_ROWS, readStoreAddress, VARIABLE_ROWS } from './store-address.ts'

const clock = systemClock

/** Prints the content of a store, without writing to it. Resolves with the exit code. */
export async function inspect(args: readonly string[], context: CommandContext): Promise<number> {
  const options = readInspectOptions(args, context.env)
  if (options === 'help') return printResult(USAGE, context)
  if (options.contextKey !== undefined) return printMembership(options.contextKey, options, context)
  return options.key === undefined ? printStore(options, context) : printKey(options.key, options, context)
}

async function printStore(options: InspectOptions, { stdout, signal }: CommandContext): Promise<number> {
  const inspection = await readStore({ ...options, clock, signal })
  const findings = findingsOf(inspection)
  const failures = options.verify === 'strictly' ? findings : findings.filter(isDamage)
  const sound = failures.length === 0
  const now = clock.now()
  if (options.format === 'json') {
    stdout(storeAsJson(inspection, { findings, sound, items: options.items, now }))
  } else {
    stdout(describeStore(inspection, findings, now))
    if (options.items === 'listed') stdout(`\n${describeItems(inspection.survey.rows)}`)
    if (options.verify !== 'not')
      stdout(`\n${sound ? 'Sound' : `Not sound: ${counted(failures.length, 'finding')}`}`)
  }
  return options.verify !== 'not' && !sound ? 1 : 0
}

async function printKey(
  key: string,
  options: InspectOptions,
  { stdout, stderr, signal }: CommandContext,
): Promise<number> {
  const inspection = await readKey(key, { ...options, clock, signal })
  if (options.format === 'json') stdout(rowsAsJson(inspection))
  else if (inspection.rows.length > 0) stdout(inspection.rows.map(describeRow).join('\n\n'))
  else stderr(`${inspection.name}: no flag or segment has the key ${quoted(key)}`)
  return inspection.rows.length === 0 ? 1 : 0
}

async function printMembership(
  contextKey: string,
  options: InspectOptions,
  { stdout, stderr, signal }: CommandContext,
): Promise<number> {
  const inspection = await readMembership(contextKey, { ...options, clock, signal })
  const text = describeMembership(inspection)
  if (options.format === 'json') stdout(membershipAsJson(inspection))
  else if (text !== undefined) stdout(text)
  else stderr(`${inspection.name}: no big segment lists the context key ${quoted(contextKey)}`)
  return text === undefined ? 1 : 0
}

function isDamage({ severity }: Finding): boolean {
  return severity === 'damage'
}

const USAGE = helpText({
  usage: 'inspect STORE [options]',
  about: [
    'Shows the content of a store. Never writes to it.',
    'With --verify it checks the store for damage, that is, a state that no completed write leaves: unreadable rows, rows without the marker, an unreadable sidecar, a sidecar whose rows are missing, a damaged file, no data at all.',
    'Warnings are states that other software may cause or that do no harm yet: a digest that does not match the rows, a row near the size limit of its database, an object that contradicts its row.',
  ],
  sections: [
    { title: 'Forms of STORE', rows: ADDRESS_ROWS },
    {
      title: 'Options',
      rows: [
        ['--prefix PREFIX', 'prefix of the rows; also ?prefix=PREFIX (default launchdarkly; DynamoDB: none)'],
        ['--items', 'list every row: key, version, on or off, bytes'],
        ['--key KEY', 'print only the flag and the segment with this key'],
        ['--context KEY', 'print only the big segments that include or exclude the context with this key'],
        ['--json', 'print JSON'],
        ['--verify', 'exit with 1 on damage'],
        ['--strict', 'with --verify: exit with 1 on warnings, too'],
        ['--timeout SECONDS', 'time-out for the store (default 30)'],
        HELP_ROW,
      ],
    },
    { title: 'Environment variables, which STORE overrides', rows: VARIABLE_ROWS },
  ],
  examples: ['halyard inspect redis://localhost --verify', 'halyard inspect /var/lib/flags --key new-page'],
  exitCodes: [
    ['0', 'success, and with --verify a sound store'],
    ['1', 'damage with --verify, or nothing found with --key or --context'],
    ['2', 'the command line is wrong, or the store cannot be read'],
  ],
  page: 'docs/inspect.md',
})

interface InspectOptions {
  readonly address: StoreAddress
  readonly format: 'text' | 'json'
  readonly items: 'listed' | 'counted'
  /** `strictly`: warnings count as damage. */
  readonly verify: 'not' | 'for damage' | 'strictly'
  readonly timeoutMs: number
  readonly key?: string
  /** The context key whose big segments are the only output. */
  readonly contextKey?: string
}

const TIMEOUT_MS = 30_000
/** The options that --key and --context exclude, because they concern the whole store. */
const WHOLE_STORE_OPTIONS = ['items', 'verify', 'strict'] as const

/** Parses the command line. Throws a {@link UsageError}, which repeats nothing that could be a password. */
export function readInspectOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): InspectOptions | 'help' {
  const { values, positionals } = parseArguments(args, OPTIONS)
  if (values.help) return 'help'
  const [store, ...rest] = positionals
  if (store === undefined || store === '')
    throw new UsageError('inspect needs a store: a URL, or the path of a file')
  if (rest.length > 0) throw new UsageError(`inspect takes one store, not ${positionals.length}`)
  const { prefix, key, context: contextKey, json, items, verify, strict, timeout } = values
  const excluded = WHOLE_STORE_OPTIONS.find((name) => values[name])
  const only = key !== undefined ? '--key' : contextKey !== undefined ? '--context' : undefined
  if (key !== undefined && contextKey !== undefined)
    throw new UsageError('--key and --context do not go together')
  if (only !== undefined && excluded) throw new UsageError(`${only} and --${excluded} do not go together`)
  if (strict && !verify) throw new UsageError('--strict needs --verify')
  return {
    address: readStoreAddress(store, { prefix, env }),
    format: json ? 'json' : 'text',
    items: items ? 'listed' : 'counted',
    verify: verify ? (strict ? 'strictly' : 'for damage') : 'not',
    timeoutMs: timeout === undefined ? TIMEOUT_MS : readTimeout(timeout),
    ...(key !== undefined && { key }),
    ...(contextKey !== undefined && { contextKey }),
  }
}

const OPTIONS = {
  prefix: { type: 'string' },
  key: { type: 'string' },
  context: { type: 'string' },
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
    throw new UsageError(`--timeout must be a number of seconds above 0, not ${text}`)
  return seconds * 1_000
}

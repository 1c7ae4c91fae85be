import { systemClock } from '../../async/clock.ts'
import type { Context } from '../../evaluation/context.ts'
import { explain as explainFlag } from '../../evaluation/explain.ts'
import type { Explanation } from '../../evaluation/explanation.ts'
import { loadPatternEngine } from '../../evaluation/pattern-engine.ts'
import { didYouMean } from '../../model/near-miss.ts'
import { printable } from '../../model/text.ts'
import { parseDuration } from '../../options/duration.ts'
import { parseArguments, UsageError } from '../arguments.ts'
import { type CommandContext, printResult, problemLogger } from '../command.ts'
import { COLOUR_ROW, HELP_ROW, helpText } from '../help.ts'
import { asJson, quoted, shortened, table } from '../inspect/format.ts'
import { ADDRESS_ROWS, VARIABLE_ROWS } from '../inspect/store-address.ts'
import { readContext, sdkKeyOf } from '../shared-arguments.ts'
import { styleOf } from '../style.ts'
import { describeExplanation } from './print.ts'
import { type DataSource, type ReadData, withData } from './read-data.ts'
import { reasonText } from './reason-text.ts'

const USAGE = helpText({
  usage: 'explain [FLAG] --context JSON --from SOURCE [options]',
  about: [
    'Evaluates a flag for a context and prints each step with its outcome, or, without FLAG, the values and reasons of all flags. Changes nothing and sends no events. The output contains values of the context.',
  ],
  sections: [
    {
      title: 'Options',
      rows: [
        ['--context JSON', 'the context as JSON, @FILE for a file, or - for the standard input'],
        ['--from SOURCE', 'the flags: one of the forms below'],
        [
          '--sdk-key KEY',
          'SDK key for a URL (default: the variable LAUNCHDARKLY_SDK_KEY; sdk-local for a URL of this machine)',
        ],
        ['--environment NAME', 'name or ID of the environment, for an archive with several'],
        ['--prefix PREFIX', 'prefix of the rows, for a store; also ?prefix=PREFIX'],
        ['--json', 'print JSON'],
        ['--timeout TIME', 'time-out for the source (default 30s)'],
        HELP_ROW,
      ],
    },
    {
      title: 'Forms of SOURCE',
      rows: [
        ['FILE', 'a flag file (JSON or YAML), a folder of flag files, or an archive'],
        ['http://HOST:PORT', 'a relay or service; also https://HOST'],
        ...ADDRESS_ROWS,
      ],
    },
    { title: 'Environment variables', rows: [...VARIABLE_ROWS, COLOUR_ROW] },
  ],
  examples: [`halyard explain new-page --context '{"kind":"user","key":"ada"}' --from flags.yaml`],
  exitCodes: [
    ['0', 'success'],
    ['1', 'there is no such flag'],
    ['2', 'the command line or the context is wrong, or the source cannot be read'],
  ],
  page: 'docs/explain.md',
})

/** Prints the explanation of a flag, or the values and reasons of all flags. Resolves with the exit code. */
export async function explain(args: readonly string[], context: CommandContext): Promise<number> {
  const options = readOptions(args, context)
  if (options === 'help') return printResult(USAGE, context)
  const subject = await readContext(options.context, context)
  await loadPatternEngine()
  const { env, signal } = context
  const tools = { env, signal, clock: systemClock, logger: problemLogger(context) }
  return withData(options.source, tools, async (data) => {
    const { flag: key } = options
    return key === undefined
      ? printAll(data, subject, options, context)
      : printFlag({ ...options, data, key, subject }, context)
  })
}

interface ExplainOptions {
  readonly flag?: string
  readonly context: string
  readonly source: DataSource
  readonly format: 'json' | 'text'
}

interface Question extends ExplainOptions {
  readonly data: ReadData
  readonly key: string
  readonly subject: Context
}

async function printFlag({ data, key, subject, format }: Question, context: CommandContext): Promise<number> {
  const { stdout, stderr } = context
  const { flags, name } = data
  if (!flags.has(key)) {
    const hint = didYouMean(key, [...flags.keys()])
    stderr(printable(`${name}: there is no flag ${quoted(key)}${hint === undefined ? '' : `; ${hint}`}`))
    return 1
  }
  const explanation = await explainFlag(data, key, subject)
  stdout(
    format === 'json'
      ? asJson({ from: name, ...explanation })
      : describeExplanation(explanation, { from: name, subject, style: styleOf(context) }),
  )
  return 0
}

async function printAll(
  data: ReadData,
  subject: Context,
  { format }: ExplainOptions,
  { stdout }: CommandContext,
): Promise<number> {
  const explained: Explanation[] = []
  for (const key of [...data.flags.keys()].toSorted()) explained.push(await explainFlag(data, key, subject))
  stdout(format === 'json' ? allAsJson(data.name, explained) : describeAll(explained))
  return 0
}

/** Returns a table of the values and reasons of flags. */
function describeAll(explained: readonly Explanation[]): string {
  if (explained.length === 0) return 'There are no flags.'
  const lines = explained.map(({ key, result }) => {
    const { value, variationIndex, reason } = result
    return [
      shortened(quoted(key)),
      variationIndex === null ? '-' : shortened(JSON.stringify(value) ?? '-'),
      variationIndex === null ? '-' : String(variationIndex),
      reasonText(reason),
    ]
  })
  return table([['FLAG', 'VALUE', 'VARIATION', 'REASON'], ...lines]).join('\n')
}

function allAsJson(from: string, explained: readonly Explanation[]): string {
  const flags = explained.map(({ key, version, result }) => ({ key, version, ...result }))
  return asJson({ from, flags })
}

function readOptions(args: readonly string[], { env }: CommandContext): ExplainOptions | 'help' {
  const { values, positionals } = parseArguments(args, OPTIONS)
  if (values.help) return 'help'
  const [flag, ...rest] = positionals
  if (rest.length > 0) throw new UsageError(`explain takes one flag, not ${positionals.length}`)
  const { context, from, prefix, environment, json, timeout = '30s' } = values
  if (from === undefined || from === '')
    throw new UsageError('explain needs --from with a file, a folder, a URL or a store')
  if (context === undefined || context === '')
    throw new UsageError(`explain needs --context, for example --context '{"kind":"user","key":"u-1"}'`)
  const timeoutMs = parseDuration(timeout) ?? 0
  if (timeoutMs <= 0) throw new UsageError('--timeout needs a duration, such as 30s')
  const sdkKey = sdkKeyOf(from, values['sdk-key'], env)
  return {
    context,
    source: {
      from,
      timeoutMs,
      ...(prefix !== undefined && { prefix }),
      ...(environment !== undefined && { environment }),
      ...(sdkKey !== undefined && { sdkKey }),
    },
    format: json ? 'json' : 'text',
    ...(flag !== undefined && { flag }),
  }
}

const OPTIONS = {
  context: { type: 'string' },
  from: { type: 'string' },
  'sdk-key': { type: 'string' },
  environment: { type: 'string' },
  prefix: { type: 'string' },
  json: { type: 'boolean' },
  timeout: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

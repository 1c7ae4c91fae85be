import { systemClock } from '../../async/clock.ts'
import { childOf } from '../../async/signals.ts'
import { waitFor } from '../../async/wait-for.ts'
import type { DataSystemConfig } from '../../config/config.ts'
import { createDataSystem } from '../../config/create-data-system.ts'
import { presets } from '../../config/presets.ts'
import type { DataSystem } from '../../datasystem/data-system.ts'
import type { Context } from '../../evaluation/context.ts'
import { loadPatternEngine } from '../../evaluation/pattern-engine.ts'
import type { Sink } from '../../model/change-set.ts'
import { parseDuration } from '../../options/duration.ts'
import { LOCAL_KEYS } from '../../relay/config/flag-server.ts'
import { masked } from '../../relay/view.ts'
import { parseArguments, UsageError } from '../arguments.ts'
import { type CommandContext, printResult } from '../command.ts'
import { HELP_ROW, helpText } from '../help.ts'
import { readContext, sdkKeyOf } from '../shared-arguments.ts'
import { DataWatcher } from './data-watcher.ts'
import { jsonOutput, lineOutput, type Output, ScreenOutput } from './output.ts'
import type { WatchEvent } from './watch-event.ts'

const LOCAL_URL = 'http://127.0.0.1:8030'
const SERVICE = "LaunchDarkly's service"

const HELP = helpText({
  usage: 'watch [URL] [options]',
  about: [
    'Connects to a relay, flag server or service as an SDK does, and prints each change of the status and of the flags. On a terminal the last line shows the present status. Sends no events.',
    `URL is http://HOST:PORT or https://HOST. The default is ${LOCAL_URL}, a relay or flag server on this machine, or, with --sdk-key, ${SERVICE}.`,
  ],
  sections: [
    {
      title: 'Options',
      rows: [
        ['--from URL', 'the same as URL, as halyard explain has it'],
        [
          '--sdk-key KEY',
          'SDK key (default: the variable LAUNCHDARKLY_SDK_KEY; sdk-local for a URL of this machine)',
        ],
        [
          '--plan PLAN',
          'default (a poll, a stream, and polls while the stream is down), streaming or polling',
        ],
        ['--fdv1', 'use the former protocol, FDv1, as older relays need it'],
        ['--flag KEY', 'print only changes of this flag; several times for several flags'],
        [
          '--context JSON',
          'print the values of the flags for this context, too: JSON, @FILE, or - for the standard input',
        ],
        ['--for TIME', 'end after this time, such as 30s'],
        ['--until valid', 'end as soon as a source has delivered data'],
        ['--log', 'print the lines of the log, too'],
        ['--json', 'print one JSON object in each line'],
        HELP_ROW,
      ],
    },
  ],
  examples: [
    'halyard watch http://127.0.0.1:8765 --flag new-page',
    'halyard watch https://relay.internal --sdk-key KEY --until valid --for 30s',
  ],
  exitCodes: [
    ['0', 'there was data, or the command was stopped by Ctrl-C'],
    ['1', 'there was no data by the end of --for, or no source is left with --until valid'],
    ['2', 'wrong command line'],
  ],
  page: 'docs/commands.md',
})

/** Prints the status and the changes of a client until it is stopped, or as long as the options say. Resolves with the exit code. */
export async function watch(args: readonly string[], context: CommandContext): Promise<number> {
  const options = readOptions(args, context)
  if (options === 'help') return printResult(HELP, context)
  const subject = options.context === undefined ? undefined : await readContext(options.context, context)
  if (subject) await loadPatternEngine()
  const session = new Session(options, subject, context)
  try {
    return await session.run(context)
  } finally {
    await session.close()
  }
}

interface WatchOptions {
  /** `undefined`: the hosted service. */
  readonly url: string | undefined
  readonly sdkKey: string
  readonly plan: DataSystemConfig
  readonly protocol: 'fdv2' | 'fdv1'
  readonly flags: readonly string[]
  readonly context: string | undefined
  /** Milliseconds, or `Infinity`. */
  readonly forMs: number
  readonly until: 'stopped' | 'valid'
  readonly logs: 'printed' | 'left out'
  readonly format: 'json' | 'text'
}

class Session {
  readonly #options: WatchOptions
  readonly #output: Output
  readonly #watcher: DataWatcher
  readonly #system: DataSystem

  constructor(options: WatchOptions, subject: Context | undefined, context: CommandContext) {
    const { url, sdkKey, plan, protocol, logs, flags } = options
    this.#options = options
    const from = url ?? SERVICE
    // The data system logs its first lines before there is an output.
    const early: WatchEvent[] = []
    let print = (event: WatchEvent): void => void early.push(event)
    const log = (level: 'info' | 'warn' | 'error') => (message: string) => {
      if (logs === 'printed') print({ type: 'log', at: systemClock.now(), level, message })
    }
    const sink: Sink = { accept: (applied) => this.#watcher.accept(applied) }
    this.#system = createDataSystem(
      sdkKey,
      plan,
      {
        ...(url !== undefined && { endpoints: { polling: url, streaming: url } }),
        dataSavingMode: protocol === 'fdv2',
        logger: { debug() {}, info: log('info'), warn: log('warn'), error: log('error') },
      },
      [sink],
    )
    const present = () => ({ from, status: this.#system.status.current, content: this.#system.counts })
    const isLive = context.isTerminal && context.env.TERM !== 'dumb'
    this.#output =
      options.format === 'json'
        ? jsonOutput(context)
        : isLive
          ? new ScreenOutput(context, present)
          : lineOutput(context)
    print = this.#output.print
    this.#watcher = new DataWatcher(this.#system, { print, flags, ...(subject && { subject }) })
    print({ type: 'start', at: systemClock.now(), from, sdkKey: shownKey(sdkKey) })
    for (const event of early) print(event)
    this.#watcher.start()
  }

  async run({ signal: stopped, outputClosed }: CommandContext): Promise<number> {
    const { until, forMs: timeoutMs } = this.#options
    const isDone = (): 'done' | undefined => {
      const { state } = this.#system.status.current
      return until === 'valid' && (state === 'valid' || state === 'off') ? 'done' : undefined
    }
    const { signal, end: stop } = childOf(stopped)
    outputClosed?.addEventListener('abort', stop)
    const end = await waitFor({
      clock: systemClock,
      find: isDone,
      subscribe: (look) => this.#system.on('status', look),
      timeoutMs,
      signal,
    })
    stop()
    return end === 'aborted' || this.#system.availability === 'refreshed' ? 0 : 1
  }

  async close(): Promise<void> {
    this.#watcher.stop()
    this.#output.end()
    await this.#system.close()
  }
}

/** Returns the key without its secret part. */
function shownKey(sdkKey: string): string {
  return sdkKey === LOCAL_KEYS.sdkKey ? sdkKey : masked(sdkKey)
}

const PLANS: Readonly<Record<string, () => DataSystemConfig>> = {
  default: () => presets.default(),
  streaming: () => presets.streaming(),
  polling: () => presets.pollingOnly(),
}

function readOptions(args: readonly string[], { env }: CommandContext): WatchOptions | 'help' {
  const { values, positionals } = parseArguments(args, OPTIONS)
  if (values.help) return 'help'
  const [positional, ...rest] = positionals
  if (rest.length > 0) throw new UsageError(`watch takes one URL, not ${positionals.length}`)
  if (positional !== undefined && values.from !== undefined)
    throw new UsageError('the URL was given twice, as an argument and with --from')
  const { 'sdk-key': given, plan = 'default', until } = values
  const makePlan = Object.hasOwn(PLANS, plan) ? PLANS[plan] : undefined
  if (!makePlan) throw new UsageError(`--plan is default, streaming or polling, not ${plan}`)
  if (until !== undefined && until !== 'valid') throw new UsageError(`--until takes valid, not ${until}`)
  return {
    ...addressOf(positional ?? values.from, given, env),
    plan: makePlan(),
    protocol: values.fdv1 ? 'fdv1' : 'fdv2',
    flags: values.flag ?? [],
    context: values.context,
    forMs: values.for === undefined ? Infinity : durationOf(values.for),
    until: until ?? 'stopped',
    logs: values.log ? 'printed' : 'left out',
    format: values.json ? 'json' : 'text',
  }
}

function addressOf(
  given: string | undefined,
  key: string | undefined,
  env: CommandContext['env'],
): Pick<WatchOptions, 'url' | 'sdkKey'> {
  if (given === undefined && key !== undefined) return { url: undefined, sdkKey: key }
  const url = given ?? LOCAL_URL
  if (!/^https?:\/\//i.test(url))
    throw new UsageError(`the URL is http://HOST:PORT or https://HOST, not ${url}`)
  return { url, sdkKey: sdkKeyOf(url, key, env) ?? '' }
}

function durationOf(text: string): number {
  const ms = parseDuration(text) ?? 0
  if (ms <= 0) throw new UsageError('--for needs a duration, such as 30s')
  return ms
}

const OPTIONS = {
  from: { type: 'string' },
  'sdk-key': { type: 'string' },
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

import { systemClock } from '../../async/clock.ts'
import { childOf } from '../../async/signals.ts'
import { waitFor } from '../../async/wait-for.ts'
import { createDataSystem } from '../../config/create-data-system.ts'
import { presets } from '../../config/presets.ts'
import type { DataSystem } from '../../datasystem/data-system.ts'
import { loadPatternEngine } from '../../evaluation/pattern-engine.ts'
import type { Sink } from '../../model/change-set.ts'
import type { Logger } from '../../model/logger.ts'
import { LOCAL_KEYS } from '../../relay/config/flag-server.ts'
import { masked } from '../../relay/masked-keys.ts'
import { InspectionError } from '../arguments.ts'
import { type CommandContext, printResult } from '../command.ts'
import { COLOUR_ROW, HELP_ROW, helpText } from '../help.ts'
import { ADDRESS_ROWS } from '../inspect/store-address.ts'
import { readContext } from '../shared-arguments.ts'
import { DataWatcher } from './data-watcher.ts'
import { LOCAL_URL, readWatchOptions, type WatchOptions } from './options.ts'
import { jsonOutput, lineOutput, type Output, ScreenOutput } from './output.ts'
import type { WatchEvent } from './watch-event.ts'

const SERVICE = "LaunchDarkly's service"

const HELP = helpText({
  usage: 'watch [SOURCE] [options]',
  about: [
    'Connects to a relay, flag server or service as an SDK does, or reads a store as an SDK in daemon mode does, and prints each change of the status and of the flags. On a terminal the last line shows the present status. Sends no events.',
    `The default source is ${LOCAL_URL}, a relay or flag server on this machine, or, with --sdk-key, ${SERVICE}.`,
  ],
  sections: [
    {
      title: 'Forms of SOURCE',
      rows: [['http://HOST:PORT', 'a relay, flag server or service; also https://HOST'], ...ADDRESS_ROWS],
    },
    {
      title: 'Options',
      rows: [
        ['--from SOURCE', 'the same as SOURCE'],
        [
          '--sdk-key KEY',
          'SDK key for a URL (default: the variable LAUNCHDARKLY_SDK_KEY; sdk-local for a URL of this machine)',
        ],
        [
          '--plan PLAN',
          'default (a poll, a stream, and polls while the stream is down), streaming or polling',
        ],
        ['--fdv1', 'use the former protocol, FDv1, as older relays need it'],
        ['--prefix PREFIX', 'prefix of the rows, for a store; also ?prefix=PREFIX'],
        ['--flag KEY', 'print only changes of this flag; several times for several flags'],
        [
          '--context JSON',
          'print the values of the flags for this context, too: JSON, @FILE, or - for the standard input',
        ],
        ['--for TIME', 'end after this time, such as 30s'],
        ['--until valid', 'end as soon as there is data'],
        ['--log', 'print the lines of the log, too'],
        ['--json', 'print one JSON object in each line'],
        HELP_ROW,
      ],
    },
    { title: 'Environment variables', rows: [COLOUR_ROW] },
  ],
  examples: [
    'halyard watch http://127.0.0.1:8765 --flag new-page',
    'halyard watch https://relay.internal --sdk-key KEY --until valid --for 30s',
  ],
  exitCodes: [
    ['0', 'there was data, or the command was stopped by Ctrl-C'],
    ['1', 'there was no data by the end of --for, or no source is left with --until valid'],
    ['2', 'wrong command line, or the store cannot be opened'],
  ],
  page: 'docs/commands.md',
})

/** Prints the status and the changes of a client until it is stopped, or as long as the options say. Resolves with the exit code. */
export async function watch(args: readonly string[], context: CommandContext): Promise<number> {
  const options = readWatchOptions(args, context.env)
  if (options === 'help') return printResult(HELP, context)
  const subject = options.context === undefined ? undefined : await readContext(options.context, context)
  if (subject) await loadPatternEngine()
  // The data system logs its first lines before there is an output.
  const early: WatchEvent[] = []
  let print = (event: WatchEvent): void => void early.push(event)
  let watcher: DataWatcher | undefined
  const logger = loggerOf(options, (event) => print(event))
  const system = await openSystem(options.source, logger, {
    accept: (applied) => watcher?.accept(applied),
  })
  const from = nameOf(options, system)
  const output = outputOf(options, { context, from, system })
  ;({ print } = output)
  watcher = new DataWatcher(system, { print, flags: options.flags, ...(subject && { subject }) })
  try {
    print({ type: 'start', at: systemClock.now(), from, ...keyOf(options) })
    for (const event of early) print(event)
    watcher.start()
    return await untilDone(options, system, context)
  } finally {
    watcher.stop()
    output.end()
    await system.close()
  }
}

async function openSystem(source: WatchOptions['source'], logger: Logger, sink: Sink): Promise<DataSystem> {
  switch (source.type) {
    case 'service': {
      const { url, sdkKey, plan, protocol } = source
      const endpoints = url === undefined ? {} : { endpoints: { polling: url, streaming: url } }
      return createDataSystem(sdkKey, plan, { ...endpoints, dataSavingMode: protocol === 'fdv2', logger }, [
        sink,
      ])
    }
    case 'store': {
      const { description } = await source.address.open().catch((cause: Error) => {
        throw new InspectionError(cause)
      })
      // No request contains the key.
      return createDataSystem('daemon', presets.daemon(description), { logger }, [sink])
    }
    default:
      return source satisfies never
  }
}

function loggerOf({ logs }: WatchOptions, print: (event: WatchEvent) => void): Logger {
  const log = (level: 'info' | 'warn' | 'error') => (message: string) => {
    if (logs === 'printed') print({ type: 'log', at: systemClock.now(), level, message })
  }
  return { debug() {}, info: log('info'), warn: log('warn'), error: log('error') }
}

function nameOf({ source }: WatchOptions, { storeStatus }: DataSystem): string {
  return source.type === 'store' ? (storeStatus?.current.name ?? '') : (source.url ?? SERVICE)
}

/** Returns the key without its secret part. */
function keyOf({ source }: WatchOptions): { readonly sdkKey?: string } {
  if (source.type === 'store') return {}
  const { sdkKey } = source
  return { sdkKey: sdkKey === LOCAL_KEYS.sdkKey ? sdkKey : masked(sdkKey) }
}

interface OutputParts {
  readonly context: CommandContext
  readonly from: string
  readonly system: DataSystem
}

function outputOf({ format }: WatchOptions, { context, from, system }: OutputParts): Output {
  if (format === 'json') return jsonOutput(context)
  const { isTerminal, env } = context
  const present = () => ({ from, status: system.status.current, content: system.counts })
  return isTerminal && env.TERM !== 'dumb' ? new ScreenOutput(context, present) : lineOutput(context)
}

async function untilDone(
  { until, forMs: timeoutMs }: WatchOptions,
  system: DataSystem,
  { signal: stopped, outputClosed }: CommandContext,
): Promise<number> {
  const { signal, end: stop } = childOf(stopped)
  outputClosed?.addEventListener('abort', stop)
  const isDone = (): 'done' | undefined => {
    const { state } = system.status.current
    return until === 'valid' && (state === 'valid' || state === 'off') ? 'done' : undefined
  }
  const subscribe = (look: () => void) => system.on('status', look)
  const end = await waitFor({ clock: systemClock, find: isDone, subscribe, timeoutMs, signal })
  stop()
  return end === 'aborted' || system.availability !== 'defaults' ? 0 : 1
}

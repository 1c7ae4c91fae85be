import { systemClock } from '../../async/clock.ts'
import { fingerprint } from '../../layout/sidecar.ts'
import { TOO_DEEP, tooDeepAmong } from '../../model/nesting.ts'
import { counted, printable } from '../../model/text.ts'
import { type ArchivedEnvironment, isGeneratedId } from '../../relay/archive/archive.ts'
import { readArchive } from '../../relay/archive/read-archive.ts'
import { type EnvironmentConfig, type RelayConfig, sdkKeysOf } from '../../relay/config/relay-config.ts'
import { archiveSelector } from '../../relay/offline/archive-source.ts'
import { type WriteObserver, Writer } from '../../store/mirror/writer.ts'
import { StoreMonitor } from '../../store/store-monitor.ts'
import { parseArguments, UsageError } from '../arguments.ts'
import { type CommandContext, printResult, problemLogger } from '../command.ts'
import { HELP_ROW, helpText } from '../help.ts'
import { quoted } from '../inspect/format.ts'
import { surveyOf } from '../inspect/read-store.ts'
import { CONFIG_OPTIONS, CONFIG_ROWS, type ConfigSource, configSource } from '../relay-config.ts'
import {
  type ArchiveTask,
  readOwnConfig,
  refuseForeign,
  settleAll,
  WRITE_EXIT_CODES,
  withStore,
} from './shared.ts'

const NO_OBSERVER: WriteObserver = { beforeWrite: () => {}, replaced: () => 'current' }

const USAGE = helpText({
  usage: 'archive import FILE [options]',
  about: [
    "Replaces the rows of each environment of an archive in the database of a relay's configuration. The SDK key determines the environment. Nothing is written if an environment is not in the configuration, or if its place in the database contains another one. Environments that are not in the archive are not changed.",
    'A relay that uses the database continues to write the data of its service.',
  ],
  sections: [{ title: 'Options', rows: [...CONFIG_ROWS, HELP_ROW] }],
  examples: ['halyard archive import flags.tar.gz --config relay.conf'],
  exitCodes: WRITE_EXIT_CODES,
  page: 'docs/archive.md',
})

interface Match {
  readonly archived: ArchivedEnvironment
  readonly environment: EnvironmentConfig
}

export async function importArchive(args: readonly string[], context: CommandContext): Promise<number> {
  const options = readOptions(args, context)
  if (options === 'help') return printResult(USAGE, context)
  const { stdout, signal } = context
  const relay = await readOwnConfig(options.source, context)
  if (!relay.store && relay.snapshotDirectory === undefined) throw new Error('no database is configured')
  const { environments } = await readArchive(options.path, signal)
  const matches = matchesOf(environments, relay).map((match) => ({
    ...match,
    relay,
    logger: problemLogger(context),
    signal,
  }))
  const names = matches.map(({ environment }) => printable(environment.name))
  // All checks precede the first write, because a foreign place is an error of the configuration.
  await settleAll(names, matches.map(checkPlace))
  const lines = await settleAll(names, matches.map(write))
  for (const line of lines) stdout(line)
  return 0
}

function matchesOf(environments: readonly ArchivedEnvironment[], relay: RelayConfig): readonly Match[] {
  const found = environments.map((archived) => {
    const keys = [archived.sdkKey, ...archived.moreSdkKeys.map(({ value }) => value)]
    const isSame = (environment: EnvironmentConfig): boolean =>
      sdkKeysOf(environment).some((key) => keys.includes(key))
    return { archived, environment: relay.environments.find(isSame) }
  })
  const unknown = found.filter(({ environment }) => !environment).map(({ archived }) => nameOf(archived))
  if (unknown.length > 0)
    throw new Error(`no environment of the configuration has the SDK key of ${unknown.join(', ')}`)
  return found.flatMap(({ archived, environment }) => (environment ? [{ archived, environment }] : []))
}

function nameOf({ id, projName, name }: ArchivedEnvironment): string {
  return printable(`${[projName, name].filter(Boolean).join(' ')} (${id})`.trim())
}

function checkPlace(match: Match & ArchiveTask): Promise<void> {
  const { archived, environment } = match
  const id = isGeneratedId(archived.id) ? undefined : archived.id
  return withStore(match, async (store, inTime) => {
    refuseForeign(await surveyOf(store, inTime), environment, id)
  })
}

async function write(match: Match & ArchiveTask): Promise<string> {
  const { archived, environment, logger } = match
  const { name, sdkKey } = environment
  return withStore(match, async (store, inTime) => {
    const context = { clock: systemClock, logger }
    const monitor = new StoreMonitor(store.name, 'writer', context)
    const writer = new Writer({ ...context, store, monitor, keyFingerprint: fingerprint(sdkKey) })
    const { changes: all } = archived.data.changeSet
    const tooDeep = tooDeepAmong(all)
    for (const { kind, key } of tooDeep)
      logger.warn(`${printable(name)}: skipped ${kind} ${quoted(key)}: ${TOO_DEEP}`)
    const changes = all.filter((change) => !tooDeep.some((each) => each === change))
    const batch = { type: 'full', changes, selector: archiveSelector(archived) } as const
    await writer.write(
      batch,
      { fencingToken: undefined, environmentId: undefined, observer: NO_OBSERVER },
      inTime,
    )
    const { refused } = monitor.status.current
    if (refused.length > 0) throw new Error(`${counted(refused.length, 'row')} could not be written`)
    return `${printable(name)}: ${counted(changes.length, 'row')} written to ${store.name}`
  })
}

function readOptions(
  args: readonly string[],
  context: CommandContext,
): { readonly path: string; readonly source: ConfigSource } | 'help' {
  const { values, positionals } = parseArguments(args, OPTIONS)
  if (values.help) return 'help'
  const [path, ...rest] = positionals
  if (path === undefined || path === '') throw new UsageError('archive import needs the path of an archive')
  if (rest.length > 0)
    throw new UsageError(`archive import takes one archive; unexpected arguments: ${rest.join(' ')}`)
  return { path, source: configSource(values, context) }
}

const OPTIONS = { ...CONFIG_OPTIONS, help: { type: 'boolean', short: 'h' } } as const

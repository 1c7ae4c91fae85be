import { systemClock } from '../../async/clock.ts'
import { fingerprint } from '../../layout/sidecar.ts'
import { counted } from '../../model/counted.ts'
import { printable } from '../../model/printable.ts'
import type { ArchivedEnvironment } from '../../relay/archive/archive.ts'
import { isMadeId } from '../../relay/archive/made-id.ts'
import { readArchive } from '../../relay/archive/read-archive.ts'
import type { EnvironmentConfig, RelayConfig } from '../../relay/config/relay-config.ts'
import { archiveSelector } from '../../relay/offline/archive-selector.ts'
import { Writer } from '../../store/mirror/writer.ts'
import { StoreMonitor } from '../../store/store-monitor.ts'
import { surveyOf } from '../inspect/look.ts'
import { parseArguments } from '../parse-arguments.ts'
import { CONFIG_OPTIONS, CONFIG_USAGE, type ConfigSource, configSource } from '../relay-config.ts'
import { UsageError } from '../usage-error.ts'
import { allOf, complaints, readOwnConfig, untilStopped } from './errands.ts'
import { withStore } from './opened.ts'
import { refuseForeign } from './refuse-foreign.ts'

const USAGE = `Usage: halyard archive import FILE [options]

Writes each environment of an archive to its place in the database of a relay's configuration, in the place of what is there.
The environment is the one with the same SDK key. Nothing is written at all where one of them is not in the configuration, or
where its place holds another environment. Environments that are not in the archive are left alone.

${CONFIG_USAGE}
  --help                 print this

A relay that runs on that database goes on writing what its service says.

Exit code: 0 done; 1 what was not done, and why; 2 a wrong command line.`

/** An environment of an archive, and the one of the configuration it is. */
interface Match {
  readonly archived: ArchivedEnvironment
  readonly environment: EnvironmentConfig
}

/** Brings every environment of an archive into the database. */
export async function importArchive(args: readonly string[]): Promise<void> {
  const options = readOptions(args)
  if (options === 'help') return console.info(USAGE)
  const relay = await readOwnConfig(options.source)
  if (!relay.store && relay.snapshotDirectory === undefined) throw new Error('no database is configured')
  const signal = untilStopped()
  const { environments } = await readArchive(options.path, signal)
  const matches = matchesOf(environments, relay)
  const names = matches.map(({ environment }) => printable(environment.name))
  // First all are looked at: one that belongs to somebody else is a mistake of whoever configured it.
  await allOf(
    names,
    matches.map((match) => lookAt(match, relay, signal)),
  )
  const told = await allOf(
    names,
    matches.map((match) => write(match, relay, signal)),
  )
  for (const line of told) console.info(line)
}

function matchesOf(environments: readonly ArchivedEnvironment[], relay: RelayConfig): readonly Match[] {
  const found = environments.map((archived) => {
    const keys = [archived.sdkKey, ...archived.moreKeys.map(({ value }) => value)]
    return { archived, environment: relay.environments.find(({ sdkKey }) => keys.includes(sdkKey)) }
  })
  const strangers = found.filter(({ environment }) => !environment).map(({ archived }) => nameOf(archived))
  if (strangers.length > 0)
    throw new Error(`no environment of the configuration has the SDK key of ${strangers.join(', ')}`)
  return found.flatMap(({ archived, environment }) => (environment ? [{ archived, environment }] : []))
}

function nameOf({ id, projName, name }: ArchivedEnvironment): string {
  return printable(`${[projName, name].filter(Boolean).join(' ')} (${id})`.trim())
}

function lookAt({ archived, environment }: Match, relay: RelayConfig, signal: AbortSignal): Promise<void> {
  const id = isMadeId(archived.id) ? undefined : archived.id
  return withStore(relay, environment, signal, async (store, inTime) => {
    refuseForeign(await surveyOf(store, inTime), environment, id)
  })
}

async function write(
  { archived, environment }: Match,
  relay: RelayConfig,
  signal: AbortSignal,
): Promise<string> {
  const { name, sdkKey } = environment
  return withStore(relay, environment, signal, async (store, inTime) => {
    const context = { clock: systemClock, logger: complaints }
    const monitor = new StoreMonitor(store.name, 'writer', context)
    const writer = new Writer({ ...context, store, monitor, keyFingerprint: fingerprint(sdkKey) })
    const { changes } = archived.data.changeSet
    const batch = { type: 'full', changes, selector: archiveSelector(archived) } as const
    await writer.write(batch, { fence: undefined, environmentId: undefined, writes: () => {} }, inTime)
    const { refused } = monitor.status.current
    if (refused.length > 0) throw new Error(`${counted(refused.length, 'row')} could not be written`)
    return `${printable(name)}: ${counted(changes.length, 'row')} written to ${store.name}`
  })
}

function readOptions(
  args: readonly string[],
): { readonly path: string; readonly source: ConfigSource } | 'help' {
  const { values, positionals } = parseArguments(args, OPTIONS)
  if (values.help) return 'help'
  const [path, ...rest] = positionals
  if (path === undefined || path === '') throw new UsageError('archive import needs the path of an archive')
  if (rest.length > 0) throw new UsageError(`archive import takes one archive; what is ${rest.join(' ')}?`)
  return { path, source: configSource(values) }
}

const OPTIONS = { ...CONFIG_OPTIONS, help: { type: 'boolean', short: 'h' } } as const

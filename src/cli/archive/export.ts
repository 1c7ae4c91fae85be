import { counted, printable } from '../../model/text.ts'
import { type EnvironmentToArchive, writeArchive } from '../../relay/archive/write-archive.ts'
import type { EnvironmentConfig } from '../../relay/config/relay-config.ts'
import { type CommandContext, printResult, problemLogger } from '../command.ts'
import { parseArguments } from '../parse-arguments.ts'
import { CONFIG_OPTIONS, CONFIG_USAGE, type ConfigSource, configSource } from '../relay-config.ts'
import { UsageError } from '../usage-error.ts'
import { archiveId } from './archive-id.ts'
import { allOf, readOwnConfig } from './errands.ts'
import type { Errand, Found } from './found.ts'
import { readFromService } from './from-service.ts'
import { readFromStore } from './from-store.ts'

const USAGE = `Usage: halyard archive export --out FILE [options]

Writes every environment of a relay's configuration as an archive, if every one can be had; otherwise nothing. FILE is for
its owner alone (0600) and takes the place of an archive that is there in one step.

  --out FILE             where to write it
${CONFIG_USAGE}
  --from-store           take what the database holds, and ask no service
  --help                 print this

A service is asked for as long as the configuration's initTimeout, in FDv2, or in FDv1 where it knows no other. Each
environment needs an id, which its files are called by: the envId of the configuration, or what the service calls it, or one
that is made of its name. Mobile keys and keys that expire are not known here, and not written.

Exit code: 0 done; 1 nothing was written, and why; 2 a wrong command line.`

interface ExportOptions {
  readonly out: string
  readonly from: 'service' | 'store'
  readonly source: ConfigSource
}

/** An environment that can be written, and what is to be told of it. */
interface Exported extends EnvironmentToArchive {
  readonly line: string
}

/** Brings every environment of a configuration into one archive. */
export async function exportArchive(args: readonly string[], context: CommandContext): Promise<number> {
  const options = readOptions(args, context)
  if (options === 'help') return printResult(USAGE, context)
  const { stdout, signal } = context
  const relay = await readOwnConfig(options.source, context)
  const common = { relay, logger: problemLogger(context), signal }
  const read = options.from === 'store' ? readFromStore : readFromService
  const exported = await allOf(
    relay.environments.map(({ name }) => name),
    relay.environments.map((environment) => exportOne({ environment, ...common }, read)),
  )
  await writeArchive(options.out, exported, signal)
  for (const { line } of exported) stdout(line)
  stdout(`${options.out}: ${counted(exported.length, 'environment')}, with their SDK keys`)
  return 0
}

async function exportOne(errand: Errand, read: (errand: Errand) => Promise<Found>): Promise<Exported> {
  const { environment, logger } = errand
  const found = await read(errand)
  const { id, by } = archiveId(environment, found)
  const { environmentId = id } = found
  const name = printable(environment.name)
  if (by === 'the configuration' && environmentId !== id)
    logger.warn(`${name}: the service calls it ${printable(environmentId)}, the configuration ${id}`)
  const { flags, segments } = found.snapshot
  const holds = `${counted(flags.size, 'flag')}, ${counted(segments.size, 'segment')}`
  return {
    metadata: metadataOf(environment, id),
    snapshot: found.snapshot,
    line: `${name}: ${holds}, under the id ${id}, by ${by}`,
  }
}

function metadataOf(
  { name, sdkKey, projKey = '', ttlMs = 0 }: EnvironmentConfig,
  id: string,
): EnvironmentToArchive['metadata'] {
  return { id, name, projName: '', projKey, sdkKey, ttlMinutes: Math.round(ttlMs / 60_000) }
}

function readOptions(args: readonly string[], context: CommandContext): ExportOptions | 'help' {
  const { values, positionals } = parseArguments(args, OPTIONS)
  if (values.help) return 'help'
  if (positionals.length > 0)
    throw new UsageError(`archive export takes no arguments; what is ${positionals.join(' ')}?`)
  const { out, 'from-store': fromStore } = values
  if (out === undefined || out === '') throw new UsageError('archive export needs --out FILE')
  return { out, from: fromStore ? 'store' : 'service', source: configSource(values, context) }
}

const OPTIONS = {
  ...CONFIG_OPTIONS,
  out: { type: 'string' },
  'from-store': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

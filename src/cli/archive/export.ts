import type { ConnectionOptions } from '../../config/config.ts'
import { createDataSystem } from '../../config/create-data-system.ts'
import { presets } from '../../config/presets.ts'
import type { Survey } from '../../layout/survey.ts'
import type { Item } from '../../model/change-set.ts'
import type { DataSourceStatus } from '../../model/status.ts'
import { counted, printable } from '../../model/text.ts'
import { generateId, isArchiveId, isGeneratedId } from '../../relay/archive/archive.ts'
import { type EnvironmentToArchive, writeArchive } from '../../relay/archive/write-archive.ts'
import type { EnvironmentConfig } from '../../relay/config/relay-config.ts'
import { networkOf } from '../../relay/environment-plan.ts'
import { relayLog, writeTo } from '../../relay/log.ts'
import { parseArguments, UsageError } from '../arguments.ts'
import { type CommandContext, printResult, problemLogger } from '../command.ts'
import { surveyOf } from '../inspect/look.ts'
import { quoted } from '../inspect/print.ts'
import { CONFIG_OPTIONS, CONFIG_USAGE, type ConfigSource, configSource } from '../relay-config.ts'
import { type ArchiveTask, type Found, readOwnConfig, refuseForeign, settleAll, withStore } from './shared.ts'

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
  const exported = await settleAll(
    relay.environments.map(({ name }) => name),
    relay.environments.map((environment) => exportOne({ environment, ...common }, read)),
  )
  await writeArchive(options.out, exported, signal)
  for (const { line } of exported) stdout(line)
  stdout(`${options.out}: ${counted(exported.length, 'environment')}, with their SDK keys`)
  return 0
}

async function exportOne(
  errand: ArchiveTask,
  read: (errand: ArchiveTask) => Promise<Found>,
): Promise<Exported> {
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

/** What the files of an environment are called by, and who says so. */
export interface ArchiveId {
  readonly id: string
  readonly by: 'the configuration' | 'the service' | 'its name'
}

/** Takes the `envId` of the configuration, or what the service calls it, or something made of its name. */
function archiveId({ name, envId }: EnvironmentConfig, { environmentId }: Found): ArchiveId {
  if (envId !== undefined) {
    if (!isArchiveId(envId) || isGeneratedId(envId)) throw new Error('no file can be called by its envId')
    return { id: envId, by: 'the configuration' }
  }
  // It comes out of a header, which may say anything.
  const isUsable = environmentId !== undefined && isArchiveId(environmentId) && !isGeneratedId(environmentId)
  return isUsable ? { id: environmentId, by: 'the service' } : { id: generateId(name), by: 'its name' }
}

type Ending = Found | { readonly reason: 'timeout' | 'off' | 'aborted'; readonly status: DataSourceStatus }

/**
 * Everything a service says of an environment, within the relay's `initTimeoutMs`. A service that has no FDv2 is asked in
 * FDv1, which older relays speak. Rejects with why there is nothing.
 */
async function readFromService(errand: ArchiveTask): Promise<Found> {
  const first = await ask(errand, {})
  const isUnknown = 'reason' in first && first.reason === 'off' && !isRefused(first.status)
  const last = isUnknown ? await ask(errand, { dataSavingMode: false }) : first
  if ('snapshot' in last) return last
  errand.signal.throwIfAborted()
  const { lastError } = last.status
  const wait = last.reason === 'timeout' ? [`no data in ${errand.relay.initTimeoutMs / 1_000} s`] : []
  throw new Error([...wait, lastError?.message].filter(Boolean).join(', ') || 'no data')
}

async function ask(
  { environment, relay, logger: problems, signal }: ArchiveTask,
  more: ConnectionOptions,
): Promise<Ending> {
  const { sdkKey, name } = environment
  const { endpoints, initTimeoutMs: timeoutMs } = relay
  const logger = relayLog(writeTo(problems), 'warn').of({ name, sdkKey })
  const options = { ...networkOf(relay), endpoints, logger, ...more }
  const dataSystem = createDataSystem(sdkKey, presets.default(), options)
  try {
    const { reason } = await dataSystem.waitForInitialization({ timeoutMs, signal, minimum: 'refreshed' })
    if (reason !== 'ready') return { reason, status: dataSystem.status.current }
    const { environmentId } = dataSystem
    return { snapshot: dataSystem.snapshot(), ...(environmentId !== undefined && { environmentId }) }
  } finally {
    await dataSystem.close()
  }
}

/** Asked in another way, it would refuse again. */
function isRefused({ lastError }: DataSourceStatus): boolean {
  return lastError?.status === 401 || lastError?.status === 403
}

/** Everything the database holds of an environment, without what was deleted. Rejects with why there is nothing. */
async function readFromStore(errand: ArchiveTask): Promise<Found> {
  const { environment } = errand
  const survey = await withStore(errand, surveyOf)
  if (!survey.initialized) throw new Error('the database holds no data of it')
  refuseForeign(survey, environment, environment.envId)
  tellOfUnreadable(survey, errand)
  const snapshot = {
    flags: itemsOf(survey, 'flag'),
    segments: itemsOf(survey, 'segment'),
    selector: undefined,
  }
  const environmentId = survey.sidecar.type === 'readable' ? survey.sidecar.sidecar.environmentId : undefined
  return { snapshot, ...(environmentId !== undefined && { environmentId }) }
}

function itemsOf({ rows }: Survey, kind: 'flag' | 'segment'): ReadonlyMap<string, Item> {
  return new Map(
    rows.flatMap(({ key, decoded, ...row }) =>
      row.kind === kind && decoded.type === 'item' ? [[key, decoded.item] as const] : [],
    ),
  )
}

/** SDKs do without such rows, too. */
function tellOfUnreadable({ rows }: Survey, { environment: { name }, logger }: ArchiveTask): void {
  const unreadable = rows.filter(({ decoded }) => decoded.type === 'unreadable')
  if (unreadable.length === 0) return
  const names = unreadable.slice(0, 10).map(({ kind, key }) => `${kind} ${quoted(key)}`)
  const what = `${counted(unreadable.length, 'row')} that cannot be read left out`
  logger.warn(`${name}: ${what}: ${names.join(', ')}${unreadable.length > names.length ? ', …' : ''}`)
}

import { systemClock } from '../../async/clock.ts'
import type { ConnectionOptions, DataSystemConfig } from '../../config/config.ts'
import { createDataSystem } from '../../config/create-data-system.ts'
import { systemRandom } from '../../config/injected.ts'
import { presets } from '../../config/presets.ts'
import type { Survey } from '../../layout/survey.ts'
import type { Item } from '../../model/change-set.ts'
import type { DataSourceStatus } from '../../model/status.ts'
import { counted, printable } from '../../model/text.ts'
import { generateId, isArchiveId, isGeneratedId } from '../../relay/archive/archive.ts'
import { type EnvironmentToArchive, writeArchive } from '../../relay/archive/write-archive.ts'
import { type EnvironmentConfig, isFromFiles, labelOf } from '../../relay/config/relay-config.ts'
import { networkOf } from '../../relay/environment-plan.ts'
import { type FilesSourceParts, filesSourceOf } from '../../relay/files/open-source.ts'
import { relayLog, writeTo } from '../../relay/log.ts'
import { parseArguments, UsageError } from '../arguments.ts'
import { type CommandContext, printResult, problemLogger } from '../command.ts'
import { HELP_ROW, helpText } from '../help.ts'
import { quoted } from '../inspect/format.ts'
import { surveyOf } from '../inspect/read-store.ts'
import { CONFIG_OPTIONS, CONFIG_ROWS, type ConfigSource, configSource } from '../relay-config.ts'
import {
  type ArchiveTask,
  type EnvironmentData,
  readOwnConfig,
  refuseForeign,
  settleAll,
  WRITE_EXIT_CODES,
  withStore,
} from './shared.ts'

const USAGE = helpText({
  usage: 'archive export --out FILE [options]',
  about: [
    "Writes all environments of a relay's configuration as an archive, or nothing if one of them has no data. Only its owner may read FILE (mode 0600); an existing archive is replaced atomically.",
    'The service is read with FDv2, or with FDv1 if it does not support FDv2, for at most the initTimeout of the configuration. An environment with file or url is read from there, without its overrideFile. The files of an environment are named by its id: the envId of the configuration, or the ID that the service sends, or one made from its name.',
  ],
  sections: [
    {
      title: 'Options',
      rows: [
        ['--out FILE', 'path of the archive'],
        ...CONFIG_ROWS,
        ['--from-store', 'read the database instead of the service'],
        HELP_ROW,
      ],
    },
  ],
  examples: ['halyard archive export --out flags.tar.gz --config relay.conf'],
  exitCodes: WRITE_EXIT_CODES,
  page: 'docs/archive.md',
})

interface ExportOptions {
  readonly out: string
  readonly from: 'service' | 'store'
  readonly source: ConfigSource
}

interface Exported extends EnvironmentToArchive {
  readonly line: string
}

export async function exportArchive(args: readonly string[], context: CommandContext): Promise<number> {
  const options = readOptions(args, context)
  if (options === 'help') return printResult(USAGE, context)
  const { stdout, signal } = context
  const relay = await readOwnConfig(options.source, context)
  const common = { relay, logger: problemLogger(context), signal }
  const read = options.from === 'store' ? readFromStore : readFromService
  const exported = await settleAll(
    relay.environments.map(labelOf),
    relay.environments.map((environment) => exportOne({ environment, ...common }, read)),
  )
  await writeArchive(options.out, exported, signal)
  for (const { line } of exported) stdout(line)
  stdout(`${options.out}: ${counted(exported.length, 'environment')}, with their SDK keys`)
  return 0
}

async function exportOne(
  task: ArchiveTask,
  read: (task: ArchiveTask) => Promise<EnvironmentData>,
): Promise<Exported> {
  const { environment, logger } = task
  const found = await read(task)
  const { id, by } = archiveId(environment, found)
  const { environmentId = id } = found
  const name = printable(labelOf(environment))
  if (by === 'the configuration' && environmentId !== id)
    logger.warn(
      `${name}: the service sends the ID ${printable(environmentId)}; the archive uses ${id} of the configuration`,
    )
  const { flags, segments } = found.snapshot
  const content = `${counted(flags.size, 'flag')}, ${counted(segments.size, 'segment')}`
  return {
    metadata: metadataOf(environment, id),
    snapshot: found.snapshot,
    line: `${name}: ${content}; id ${id} (from ${by})`,
  }
}

function metadataOf(environment: EnvironmentConfig, id: string): EnvironmentToArchive['metadata'] {
  const { name, details, sdkKey, moreSdkKeys = [], mobileKey, moreMobileKeys = [] } = environment
  const { projKey = '', ttlMs = 0, secureMode = false } = environment
  return {
    id,
    name: details?.envName ?? name,
    envKey: details?.envKey ?? '',
    projName: details?.projName ?? '',
    projKey,
    sdkKey,
    moreSdkKeys,
    ...(mobileKey !== undefined && { mobileKey }),
    moreMobileKeys,
    ttlMinutes: Math.round(ttlMs / 60_000),
    secureMode,
  }
}

function readOptions(args: readonly string[], context: CommandContext): ExportOptions | 'help' {
  const { values, positionals } = parseArguments(args, OPTIONS)
  if (values.help) return 'help'
  if (positionals.length > 0)
    throw new UsageError(`archive export takes no arguments; unexpected: ${positionals.join(' ')}`)
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

interface ArchiveId {
  readonly id: string
  readonly by: 'the configuration' | 'the service' | 'its name'
}

/** Returns the `envId` of the configuration, or the ID that the service sent, or one made from the name. */
function archiveId({ name, envId }: EnvironmentConfig, { environmentId }: EnvironmentData): ArchiveId {
  if (envId !== undefined) {
    if (!isArchiveId(envId) || isGeneratedId(envId))
      throw new Error('its envId cannot be part of a file name')
    return { id: envId, by: 'the configuration' }
  }
  // The service sends it in a header, so it may be any text.
  const isUsable = environmentId !== undefined && isArchiveId(environmentId) && !isGeneratedId(environmentId)
  return isUsable ? { id: environmentId, by: 'the service' } : { id: generateId(name), by: 'its name' }
}

type ReadResult =
  | EnvironmentData
  | { readonly reason: 'timeout' | 'off' | 'aborted'; readonly status: DataSourceStatus }

/**
 * Returns the data of an environment that the service sends within the relay's `initTimeoutMs`, with FDv2, or with FDv1 if the
 * service (such as an older relay) does not support FDv2. Rejects with the reason if it sends none.
 */
async function readFromService(task: ArchiveTask): Promise<EnvironmentData> {
  const first = await request(task, {})
  const isUnknown = 'reason' in first && first.reason === 'off' && !isRefused(first.status)
  const last = isUnknown ? await request(task, { dataSavingMode: false }) : first
  if ('snapshot' in last) return last
  task.signal.throwIfAborted()
  const { lastError } = last.status
  const wait = last.reason === 'timeout' ? [`no data in ${task.relay.initTimeoutMs / 1_000} s`] : []
  throw new Error([...wait, lastError?.message].filter(Boolean).join(', ') || 'no data')
}

async function request(
  { environment, relay, logger: problems, signal }: ArchiveTask,
  more: ConnectionOptions,
): Promise<ReadResult> {
  const { sdkKey, name } = environment
  const { endpoints, initTimeoutMs: timeoutMs } = relay
  const logger = relayLog(writeTo(problems), 'warn').of({ name, sdkKey })
  const options = { ...networkOf(relay), endpoints, logger, ...more }
  const dataSystem = createDataSystem(
    sdkKey,
    planOf(environment, { network: networkOf(relay), logger }),
    options,
  )
  try {
    const { reason } = await dataSystem.waitForInitialization({ timeoutMs, signal, minimum: 'refreshed' })
    if (reason !== 'ready') return { reason, status: dataSystem.status.current }
    const { environmentId } = dataSystem
    return { snapshot: dataSystem.snapshot(), ...(environmentId !== undefined && { environmentId }) }
  } finally {
    await dataSystem.close()
  }
}

/** Returns the sources of an environment: the service, or its files. */
function planOf(
  environment: EnvironmentConfig,
  parts: Pick<FilesSourceParts, 'network' | 'logger'>,
): DataSystemConfig {
  if (!isFromFiles(environment)) return presets.default()
  const source = filesSourceOf(environment, {
    ...parts,
    transport: undefined,
    clock: systemClock,
    random: systemRandom,
  })
  return presets.custom({ initializers: [], synchronizers: [source], fdv1Fallback: null })
}

/** Returns true if the service refused the SDK key: it would refuse it with FDv1, too. */
function isRefused({ lastError }: DataSourceStatus): boolean {
  return lastError?.status === 401 || lastError?.status === 403
}

/** Returns the flags and segments of an environment in the database, without tombstones. Rejects if it contains no data. */
async function readFromStore(task: ArchiveTask): Promise<EnvironmentData> {
  const { environment } = task
  const survey = await withStore(task, surveyOf)
  if (!survey.initialized) throw new Error('the database contains no data of this environment')
  refuseForeign(survey, environment, environment.envId)
  warnOfUnreadable(survey, task)
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

function warnOfUnreadable({ rows }: Survey, { environment: { name }, logger }: ArchiveTask): void {
  const unreadable = rows.filter(({ decoded }) => decoded.type === 'unreadable')
  if (unreadable.length === 0) return
  const names = unreadable.slice(0, 10).map(({ kind, key }) => `${kind} ${quoted(key)}`)
  const count = counted(unreadable.length, 'unreadable row')
  logger.warn(
    `${name}: skipped ${count}: ${names.join(', ')}${unreadable.length > names.length ? ', …' : ''}`,
  )
}

import { stat } from 'node:fs/promises'
import type { Clock } from '../../async/clock.ts'
import { bigSegmentHash } from '../../big-segments/big-segments.ts'
import { createDataSystem } from '../../config/create-data-system.ts'
import { presets } from '../../config/presets.ts'
import type { QueriedMemberships } from '../../evaluation/explain.ts'
import type { FlagReader, Membership } from '../../evaluation/run.ts'
import { readFlagFiles } from '../../flag-file/read.ts'
import type { BigSegmentStore } from '../../model/big-segment-store.ts'
import type { Item, ItemKind } from '../../model/change-set.ts'
import type { Flag, Segment } from '../../model/flag.ts'
import type { Logger } from '../../model/logger.ts'
import type { ArchivedEnvironment } from '../../relay/archive/archive.ts'
import { readArchive } from '../../relay/archive/read-archive.ts'
import { detectFormat, withFile } from '../../relay/archive/unpack.ts'
import { BLANK_FIRST_LINE, looksLikeSnapshot } from '../../store/file/format.ts'
import { InspectionError, UsageError } from '../arguments.ts'
import { surveyOf, withBigSegments, withTarget } from '../inspect/read-store.ts'
import { readStoreAddress } from '../inspect/store-address.ts'

/** The flags and segments of one environment. */
export interface ReadData extends FlagReader {
  /** The name of the source, without credentials. */
  readonly name: string
  readonly flags: ReadonlyMap<string, Flag>
  readonly memberships?: QueriedMemberships
}

export interface DataSource {
  /** A store, the URL of a service or relay, or the path of a file or folder. */
  readonly from: string
  readonly prefix?: string
  readonly sdkKey?: string
  /** The name or the ID of an environment in an archive. */
  readonly environment?: string
  readonly timeoutMs: number
}

export interface ReadTools {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly logger: Logger
  readonly signal: AbortSignal
}

/** Reads the data and calls `use` with it. Rejects with an {@link InspectionError} if the data cannot be read. */
export async function withData<T>(
  source: DataSource,
  tools: ReadTools,
  use: (data: ReadData) => Promise<T>,
): Promise<T> {
  const { from, environment, prefix, sdkKey } = source
  if (/^https?:\/\//i.test(from)) {
    refuse({ environment, prefix }, 'a URL')
    return use(await unlessUnreadable(() => readService(source, tools)))
  }
  const format = /^[a-z][a-z0-9+.-]*:\/\//i.test(from)
    ? 'store'
    : await unlessUnreadable(() => formatOf(from))
  if (format === 'store') {
    refuse({ environment, sdkKey }, 'a store')
    return useStore(source, tools, use)
  }
  if (format === 'archive') {
    refuse({ prefix, sdkKey }, 'an archive')
    return use(await unlessUnreadable(() => readFromArchive(source, tools.signal)))
  }
  refuse({ environment, prefix, sdkKey }, 'a flag file')
  return use(await unlessUnreadable(() => readFiles(from, tools.logger)))
}

const OPTION_NAMES = { environment: '--environment', prefix: '--prefix', sdkKey: '--sdk-key' }

function refuse(
  given: { readonly [N in keyof typeof OPTION_NAMES]?: string | undefined },
  source: string,
): void {
  const [stray] = Object.entries(given).filter(([, value]) => value !== undefined)
  if (stray) throw new UsageError(`${source} has no ${OPTION_NAMES[stray[0] as keyof typeof OPTION_NAMES]}`)
}

async function unlessUnreadable<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    throw error instanceof UsageError ? error : new InspectionError(error as Error)
  }
}

async function formatOf(path: string): Promise<'archive' | 'store' | 'flag file'> {
  const stats = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    const reason = cause.code === 'ENOENT' ? 'does not exist' : `cannot be read: ${cause.message}`
    throw new Error(`${path} ${reason}`, { cause })
  })
  if (stats.isDirectory()) return 'flag file'
  return withFile(path, async (handle) => {
    const format = await detectFormat(handle)
    if (format === 'gzip' || format === 'tar') return 'archive'
    const { length } = BLANK_FIRST_LINE
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, 0)
    return bytesRead > 0 && looksLikeSnapshot(buffer.toString('latin1', 0, bytesRead)) ? 'store' : 'flag file'
  })
}

async function readFiles(path: string, logger: Logger): Promise<ReadData> {
  const { flags, segments, warnings } = await readFlagFiles({ paths: [path] })
  for (const warning of warnings) logger.warn(warning)
  return { name: path, flags, ...readerOf(flags, segments) }
}

/** Reads the data that a service or a relay sends: with FDv2, or with FDv1 if it does not support FDv2. */
async function readService(source: DataSource, tools: ReadTools): Promise<ReadData> {
  const first = await request(source, tools, {})
  const data = first ?? (await request(source, tools, { dataSavingMode: false }))
  if (data === undefined) throw new Error(`${nameOf(source.from)}: the service sends no data`)
  return data
}

function nameOf(from: string): string {
  const url = new URL(from)
  return `${url.origin}${url.pathname === '/' ? '' : url.pathname}`
}

/** Resolves with undefined if the service does not know the protocol. */
async function request(
  { from, sdkKey = '', timeoutMs }: DataSource,
  { logger, signal }: ReadTools,
  options: { readonly dataSavingMode?: boolean },
): Promise<ReadData | undefined> {
  const endpoints = { polling: from, streaming: from }
  const quiet = { ...logger, warn() {}, error() {} }
  const system = createDataSystem(sdkKey, presets.default(), { endpoints, logger: quiet, ...options })
  try {
    const { reason } = await system.waitForInitialization({ timeoutMs, signal, minimum: 'refreshed' })
    if (reason === 'ready') {
      const { flags, segments } = system.snapshot()
      return { name: nameOf(from), ...dataOf(flags, segments) }
    }
    signal.throwIfAborted()
    const { lastError } = system.status.current
    const isRefused = lastError?.status === 401 || lastError?.status === 403
    if (reason === 'off' && !isRefused) return undefined
    const cause = lastError?.message ?? `no data in ${timeoutMs / 1_000} s`
    const problem = isRefused
      ? `the SDK key is refused: ${cause}; give the key of the environment with --sdk-key, or in LAUNCHDARKLY_SDK_KEY`
      : cause
    throw new Error(`${nameOf(from)}: ${problem}`)
  } finally {
    await system.close()
  }
}

async function readFromArchive({ from, environment }: DataSource, signal: AbortSignal): Promise<ReadData> {
  const { environments } = await readArchive(from, signal)
  const found = environments.filter((each) => environment === undefined || isNamed(each, environment))
  const [only] = found
  if (only === undefined || found.length > 1) {
    const names = environments.map(({ id, name }) => `${id} (${name})`).slice(0, 20)
    const fault = only ? 'several environments' : 'no such environment'
    throw new UsageError(
      `${from} has ${fault}; name one with --environment: ${names.join(', ')}${environments.length > names.length ? ', …' : ''}`,
    )
  }
  const items: Readonly<Record<ItemKind, Map<string, Item>>> = { flag: new Map(), segment: new Map() }
  for (const change of only.data.changeSet.changes) {
    const { kind, key, version } = change
    if (change.op === 'put') items[kind].set(key, { key, version, object: change.object })
  }
  return { name: `${from}, ${only.name || only.id}`, ...dataOf(items.flag, items.segment) }
}

function isNamed({ id, name }: ArchivedEnvironment, wanted: string): boolean {
  return id === wanted || name === wanted
}

async function useStore<T>(
  { from, prefix, timeoutMs }: DataSource,
  { env, clock, signal: parent }: ReadTools,
  use: (data: ReadData) => Promise<T>,
): Promise<T> {
  const address = readStoreAddress(from, { prefix, env })
  return withTarget({ address, timeoutMs, clock, signal: parent }, async (store, target, signal) => {
    const fault = await target.fault(clock, signal)
    if (fault !== undefined) throw new Error(`${store.name}: ${fault}`)
    const { initialized, rows } = await surveyOf(store, signal)
    if (!initialized && rows.length === 0) throw new Error(`${store.name}: there is no data`)
    const items: Readonly<Record<ItemKind, Map<string, Item>>> = { flag: new Map(), segment: new Map() }
    for (const { kind, key, decoded } of rows) if (decoded.type === 'item') items[kind].set(key, decoded.item)
    const data = { name: store.name, ...dataOf(items.flag, items.segment) }
    const result = await withBigSegments(target, clock, (members) =>
      use({ ...data, memberships: new StoredMemberships(members, signal) }),
    )
    return target.bigSegments ? (result as T) : use(data)
  })
}

/** The members of big segments in a store, without a cache. */
class StoredMemberships implements QueriedMemberships {
  readonly #store: BigSegmentStore
  readonly #signal: AbortSignal
  readonly #answers = new Map<string, Membership>()

  constructor(store: BigSegmentStore, signal: AbortSignal) {
    this.#store = store
    this.#signal = signal
  }

  membership(contextKey: string): Membership | undefined {
    return this.#answers.get(contextKey)
  }

  async query(contextKey: string): Promise<void> {
    const references = await this.#store.membership(bigSegmentHash(contextKey), this.#signal)
    this.#answers.set(contextKey, { references, status: 'HEALTHY' })
  }
}

function dataOf(
  flagItems: ReadonlyMap<string, Item>,
  segmentItems: ReadonlyMap<string, Item>,
): Omit<ReadData, 'name'> {
  const objects = <T>(items: ReadonlyMap<string, Item>): ReadonlyMap<string, T> =>
    new Map([...items].map(([key, { object }]) => [key, object as T]))
  const flags = objects<Flag>(flagItems)
  return { flags, ...readerOf(flags, objects<Segment>(segmentItems)) }
}

function readerOf(
  flags: ReadonlyMap<string, Flag>,
  segments: ReadonlyMap<string, Segment>,
): Pick<FlagReader, 'flag' | 'segment'> {
  return { flag: (key) => flags.get(key), segment: (key) => segments.get(key) }
}

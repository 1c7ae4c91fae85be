import type { Clock } from '../../async/clock.ts'
import { wakeableWaits } from '../../async/freeze-detection.ts'
import { paced } from '../../async/slices.ts'
import { changeBetween } from '../../layout/sidecar.ts'
import { type ItemKind, KINDS } from '../../model/change-set.ts'
import type {
  ChangeFeed,
  OpenedStore,
  Row,
  StoreChange,
  StoreContext,
  StoreDescription,
  StoredData,
} from '../../model/persistent-store.ts'
import { attempt } from './errors.ts'
import type { RowTexts, SavedSnapshot } from './format.ts'
import { fileLease } from './lease.ts'
import { type FileStoreOptions, type FileStoreSettings, readOptions } from './options.ts'
import { SnapshotReader } from './snapshot-reader.ts'
import { SnapshotWriter } from './snapshot-writer.ts'

/** The description of a file store. Its prefix is the absolute path. */
export interface FileStoreDescription extends StoreDescription {
  readonly type: 'file'
  /** Longest age of data that is used, in milliseconds. */
  readonly maxAgeMs: number
  /** Shortest time between two writes of the file, in milliseconds. */
  readonly saveEveryMs: number
  /** Time between two checks for changes, in milliseconds. */
  readonly feedIntervalMs: number
}

/**
 * Returns a store that keeps all flag data in one file, so that a restart needs only a delta, without a database. The
 * folder must exist; the store also creates a lease and temporary files in it.
 *
 * @throws {@link ConfigError} with every error of the options.
 * @example
 * ```ts
 * const store = fileStore('/var/lib/app/flags.snapshot', { maxAgeMs: 86_400_000 })
 * const client = createClient(sdkKey, { dataSystem: presets.persistentStore(store) })
 * ```
 */
export function fileStore(path: string, options: FileStoreOptions = {}): FileStoreDescription {
  const settings = readOptions(path, options)
  const { use, maxAgeMs, saveEveryMs, feedIntervalMs, warnings } = settings
  return {
    type: 'file',
    prefix: settings.path,
    ...use,
    maxAgeMs,
    saveEveryMs,
    feedIntervalMs,
    open(context) {
      for (const warning of warnings) context.logger.warn(warning)
      return openFile(settings, context)
    },
  }
}

export type { FileStoreOptions } from './options.ts'

/** Returns the store, without opening the file: each call does. */
function openFile(settings: FileStoreSettings, { clock, logger }: StoreContext): OpenedStore {
  const { path, feedIntervalMs } = settings
  const reader = new SnapshotReader({ ...settings, clock, logger })
  const writer = new SnapshotWriter({ ...settings, reader, clock })
  const read = <T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> =>
    attempt(`cannot read ${path}`, signal, work)

  const stored = async ({ marker, sidecar, rows }: SavedSnapshot): Promise<StoredData> => {
    const all: Row[] = []
    for await (const row of paced(rowsOf(rows), clock)) all.push(row)
    return { initialized: marker, rows: all, ...(sidecar !== undefined && { sidecar }) }
  }
  return {
    store: {
      name: `file ${path}`,
      writeDelayMs: settings.saveEveryMs,
      initialized: (signal) => read(signal, () => reader.initialized()),
      get: (kind, key, signal) =>
        read(signal, async () => {
          const text = (await reader.read()).rows[kind].get(key)
          return text && rowOf(kind, key, text)
        }),
      summary: (signal) => read(signal, () => reader.summary()),
      readAll: (signal) => read(signal, async () => stored(await reader.read())),
      write: (write, signal) => attempt(`cannot write ${path}`, signal, () => writer.write(write, signal)),
      close: () => Promise.resolve(reader.close()),
    },
    feed: fileFeed({ path, intervalMs: feedIntervalMs, reader, clock }),
    lease: fileLease({ path, reader, clock }),
  }
}

function* rowsOf(rows: RowTexts): Generator<Row> {
  for (const kind of KINDS) for (const [key, text] of rows[kind]) yield rowOf(kind, key, text)
}

function rowOf(kind: ItemKind, key: string, text: Buffer): Row {
  return { kind, key, text: text.toString() }
}

interface FileFeedOptions {
  readonly path: string
  readonly intervalMs: number
  readonly reader: SnapshotReader
  readonly clock: Clock
}

/** The state of the file at one check. `lost`: the file cannot be read, so changes may be missed. */
type FileState =
  | { readonly type: 'seen'; readonly identity: string | undefined; readonly sidecar: string | undefined }
  | { readonly type: 'lost'; readonly reason: string }

/** Returns a feed that checks the file every `intervalMs` and reports the changes that its sidecar lists. */
function fileFeed({ path, intervalMs, reader, clock }: FileFeedOptions): ChangeFeed {
  const check = async (before: FileState | undefined): Promise<FileState> => {
    const identity = await reader.identity()
    if (before?.type === 'seen' && before.identity === identity) return before
    const result = await reader.find()
    if (result.type === 'fault') return { type: 'lost', reason: result.reason }
    return { type: 'seen', identity, sidecar: result.type === 'valid' ? result.saved.sidecar : undefined }
  }
  return {
    async *changes(signal) {
      let before: FileState | undefined
      const waits = wakeableWaits({ clock, random: () => 0 })
      try {
        while (!signal.aborted) {
          const last = before
          const now: FileState = await attempt(`cannot read ${path}`, signal, () => check(last)).catch(
            ({ message }: Error) => ({ type: 'lost', reason: message }),
          )
          if (signal.aborted) return
          const change = between(before, now)
          before = now
          if (change) yield change
          await waits.wait(intervalMs, signal)
        }
      } finally {
        waits.stop()
      }
    },
  }
}

function between(before: FileState | undefined, now: FileState): StoreChange | undefined {
  if (now === before) return undefined
  if (now.type === 'lost')
    return before?.type === 'lost' ? undefined : { type: 'interrupted', reason: now.reason }
  // Another file with the same sidecar may still have other rows.
  return (before?.type === 'seen' && changeBetween(before.sidecar, now.sidecar)) || { type: 'replaced' }
}

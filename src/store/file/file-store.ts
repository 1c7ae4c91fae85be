import { paced } from '../../async/slices.ts'
import { type ItemKind, KINDS } from '../../model/change-set.ts'
import type {
  OpenedStore,
  Row,
  StoreContext,
  StoreDescription,
  StoredData,
} from '../../model/persistent-store.ts'
import { attempt } from './errors.ts'
import { fileFeed } from './feed.ts'
import type { RowTexts, SavedSnapshot } from './format.ts'
import { fileLease } from './lease.ts'
import { type FileStoreOptions, type FileStoreSettings, readOptions } from './options.ts'
import { SnapshotReader } from './snapshot-reader.ts'
import { SnapshotWriter } from './snapshot-writer.ts'

/** The description of a file store. Its prefix is the absolute path. */
export interface FileStoreDescription extends StoreDescription {
  readonly type: 'file'
  readonly maxAgeMs: number
  readonly saveEveryMs: number
  readonly feedIntervalMs: number
}

/**
 * Describes a store that keeps all flag data in one file, so that a restart needs only a delta, without a database. The
 * folder must exist; the store also creates a lease and temporary files in it. Throws a {@link ConfigError} if the options
 * are invalid.
 *
 * @example
 * fileStore('/var/lib/app/flags.snapshot', { maxAgeMs: 86_400_000 })
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
export function openFile(settings: FileStoreSettings, { clock, logger }: StoreContext): OpenedStore {
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

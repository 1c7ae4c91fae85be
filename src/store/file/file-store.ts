import type { StoreDescription } from '../../model/persistent-store.ts'
import { openFile } from './open-file.ts'
import { readOptions } from './read-options.ts'
import type { FileStoreOptions } from './settings.ts'

/** A snapshot on disk, described. Its prefix is the absolute path. */
export interface FileStoreDescription extends StoreDescription {
  readonly type: 'file'
  readonly maxAgeMs: number
  readonly saveEveryMs: number
  readonly feedIntervalMs: number
}

/**
 * Flag data in a file of its own, so that a restart costs a delta with no database at all. The folder must exist.
 * Lease and unfinished writes are files beside it. Throws a {@link ConfigError} when the options are wrong.
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

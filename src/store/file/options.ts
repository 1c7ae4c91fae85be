import { resolve } from 'node:path'
import { isJsonObject } from '../../model/json.ts'
import type { StoreUse } from '../../model/persistent-store.ts'
import { checkOptions, type OptionRules } from '../../options/check.ts'
import { readingOptions } from '../../options/readable.ts'
import {
  duration,
  finite,
  group,
  readUse,
  storeUseSchemas,
  textThat,
  withinLimits,
} from '../../options/schemas.ts'

/** Options of a file store. */
export interface FileStoreOptions extends StoreUse {
  /**
   * Greatest age at which an existing file is used, in milliseconds, counted from its last write. Default `Infinity`. If
   * flags change rarely, the last write may be long ago.
   */
  readonly maxAgeMs?: number
  /**
   * Time between two writes, in milliseconds. Each writes the whole file, with all changes since the previous one. The
   * first write and the one at the close do not wait. Default 1,000, maximum 20,000.
   */
  readonly saveEveryMs?: number
  /** Time between two checks for changes by a reader, in milliseconds. Default 1,000, minimum 100. */
  readonly feedIntervalMs?: number
}

export interface FileStoreSettings {
  readonly path: string
  readonly use: StoreUse
  readonly maxAgeMs: number
  readonly saveEveryMs: number
  readonly feedIntervalMs: number
  readonly warnings: readonly string[]
}

const LIMITS = {
  // A write of the mirror times out after 30 s, and this delay is part of it.
  saveEveryMs: { least: 0, most: 20_000 },
  feedIntervalMs: { least: 100 },
}

const RULES: OptionRules<unknown> = {
  root: 'fileStore',
  schema: group(
    { maxAgeMs: duration, saveEveryMs: finite, feedIntervalMs: finite, ...storeUseSchemas },
    { path: textThat((path) => /^[^\0]+$/.test(path), 'a path') },
  ),
  limits: LIMITS,
}

export function readOptions(path: string, options: FileStoreOptions): FileStoreSettings {
  const given = readingOptions(
    { [RULES.root]: options },
    (): FileStoreOptions & { readonly path?: string } =>
      isJsonObject(options) ? { ...options, path } : options,
  )
  const warnings = checkOptions(given, RULES)
  const { maxAgeMs = Infinity, saveEveryMs = 1_000, feedIntervalMs = 1_000 } = given
  return {
    path: resolve(path),
    use: readUse(given),
    maxAgeMs,
    saveEveryMs: withinLimits(saveEveryMs, LIMITS.saveEveryMs),
    feedIntervalMs: withinLimits(feedIntervalMs, LIMITS.feedIntervalMs),
    warnings,
  }
}

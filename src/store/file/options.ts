import { resolve } from 'node:path'
import { isJsonObject } from '../../model/json.ts'
import type { StoreUse } from '../../model/persistent-store.ts'
import { checkOptions, type OptionRules } from '../../options/check.ts'
import { duration, finite, group, readUse, textThat, useForms, withinLimits } from '../../options/forms.ts'
import { readingOptions } from '../../options/readable.ts'

/** How a snapshot on disk is kept, and how it is used. */
export interface FileStoreOptions extends StoreUse {
  /**
   * How long ago a file may have been saved to be believed when it is met, milliseconds. Default `Infinity`. Counts from
   * the last change that was saved, so where flags change rarely, be generous.
   */
  readonly maxAgeMs?: number
  /**
   * How much time lies between the end of one save and the next, milliseconds: each writes everything. What changes
   * meanwhile is gathered. The first goes at once, and so does the last. Default 1,000; 20,000 at most.
   */
  readonly saveEveryMs?: number
  /** How often readers look for changes, milliseconds. Default 1,000; 100 at least. */
  readonly feedIntervalMs?: number
}

/** Options with nothing left to ask. */
export interface FileStoreSettings {
  /** Absolute. */
  readonly path: string
  readonly use: StoreUse
  readonly maxAgeMs: number
  readonly saveEveryMs: number
  readonly feedIntervalMs: number
  /** What to tell the user of, once there is a logger. */
  readonly warnings: readonly string[]
}

const LIMITS = {
  // A mirror gives a write up after 30 s, and the wait for its turn is part of it.
  saveEveryMs: { least: 0, most: 20_000 },
  feedIntervalMs: { least: 100 },
}

const RULES: OptionRules<unknown> = {
  root: 'fileStore',
  form: group(
    { maxAgeMs: duration, saveEveryMs: finite, feedIntervalMs: finite, ...useForms },
    { path: textThat((path) => /^[^\0]+$/.test(path), 'a path') },
  ),
  limits: LIMITS,
}

/** Checks options and fills them in. Throws a {@link ConfigError} with everything that is wrong. */
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

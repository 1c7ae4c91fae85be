import { resolve } from 'node:path'
import { isJsonObject } from '../../model/json.ts'
import { readingOptions } from '../../model/readable.ts'
import { checkOptions, type OptionRules } from '../../options/check.ts'
import { duration, finite, group, readUse, textThat, useForms, withinLimits } from '../../options/forms.ts'
import type { FileStoreOptions, Settings } from './settings.ts'

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
export function readOptions(path: string, options: FileStoreOptions): Settings {
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

import { resolve } from 'node:path'
import { z } from 'zod'
import { ConfigError, type ConfigIssue } from '../../model/errors.ts'
import type { StoreUse } from '../../model/store-description.ts'
import type { FileStoreOptions, Settings } from './settings.ts'

const ROOT = 'fileStore'
/** A mirror gives a write up after 30 s, and the wait for its turn is part of it. */
const MOST_SAVE_EVERY_MS = 20_000
const LEAST_FEED_INTERVAL_MS = 100

const duration = z
  .custom((value) => typeof value === 'number' && value >= 0, 'a number that is not negative, or Infinity')
  .optional()
const finite = z.number('a finite number').optional()
const oneOf = (...words: readonly string[]): z.ZodType =>
  z.literal([...words], words.map((word) => JSON.stringify(word)).join(' or ')).optional()

const schema = z.strictObject({
  path: z.string('a path').regex(/^[^\0]+$/, 'a path'),
  maxAgeMs: duration,
  saveEveryMs: finite,
  feedIntervalMs: finite,
  cacheTtlMs: duration,
  staleOnErrorMs: duration,
  reads: oneOf('lazy', 'snapshot'),
  writers: oneOf('all', 'one'),
})

/** Checks options and fills them in. Throws a {@link ConfigError} with everything that is wrong. */
export function readOptions(path: string, options: FileStoreOptions): Settings {
  if (typeof options !== 'object' || options === null) {
    throw new ConfigError([{ path: `${ROOT} options`, expected: 'an object', received: nameOf(options) }])
  }
  const given = { ...options, path }
  const found = schema.safeParse(given, { jitless: true }).error?.issues ?? []
  const issues = found.flatMap((issue) => toIssue(given, issue))
  if (issues.length > 0) throw new ConfigError(issues)
  const { maxAgeMs = Infinity, saveEveryMs = 1_000, feedIntervalMs = 1_000 } = options
  const unknown = found.flatMap((issue) => (issue.code === 'unrecognized_keys' ? issue.keys : []))
  const warnings = unknown.map((key) => `${ROOT}.${key} is not an option; ignored`)
  const within = (name: string, value: number, least: number, most: number): number => {
    const kept = Math.min(most, Math.max(least, value))
    if (kept !== value) warnings.push(`${ROOT}.${name} is ${value}; ${kept} is used`)
    return kept
  }
  return {
    path: resolve(path),
    use: readUse(options),
    maxAgeMs,
    saveEveryMs: within('saveEveryMs', saveEveryMs, 0, MOST_SAVE_EVERY_MS),
    feedIntervalMs: within('feedIntervalMs', feedIntervalMs, LEAST_FEED_INTERVAL_MS, Infinity),
    warnings,
  }
}

function readUse({ cacheTtlMs, staleOnErrorMs, reads, writers }: FileStoreOptions): StoreUse {
  return {
    ...(cacheTtlMs !== undefined && { cacheTtlMs }),
    ...(staleOnErrorMs !== undefined && { staleOnErrorMs }),
    ...(reads && { reads }),
    ...(writers && { writers }),
  }
}

function toIssue(given: object, { code, path: [name], message }: z.core.$ZodIssue): ConfigIssue[] {
  if (code === 'unrecognized_keys') return []
  const value = (given as Readonly<Record<PropertyKey, unknown>>)[name as PropertyKey]
  return [{ path: `${ROOT}.${String(name)}`, expected: message, received: nameOf(value) }]
}

function nameOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'array'
  return typeof value === 'number' || typeof value === 'boolean' ? `${typeof value} ${value}` : typeof value
}

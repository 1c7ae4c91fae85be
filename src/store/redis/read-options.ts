import type { z } from 'zod'
import { ConfigError, type ConfigIssue } from '../../model/errors.ts'
import { doubts, relationIssues } from './options-relations.ts'
import { optionsSchema } from './options-schema.ts'
import type { RedisStoreOptions } from './redis-store-options.ts'

/** Checks what was handed in. Returns what to warn of; throws a {@link ConfigError} with everything that is wrong. */
export function checkOptions(options: RedisStoreOptions): readonly string[] {
  const { error } = optionsSchema.safeParse(options)
  const found = error?.issues ?? []
  const issues = found
    .filter(({ code }) => code !== 'unrecognized_keys')
    .map((issue) => formIssue(issue, options))
  // What belongs together is looked at once each has its form.
  if (issues.length === 0) issues.push(...relationIssues(options))
  if (issues.length > 0) throw new ConfigError(issues)
  const unknown = found.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key].join('.')) : [],
  )
  return [...unknown.map((key) => `redisStore knows no option ${key}; it is ignored`), ...doubts(options)]
}

function formIssue(issue: z.core.$ZodIssue, options: unknown): ConfigIssue {
  const value = issue.path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown>)?.[key], options)
  const path = issue.path.reduce<string>(
    (at, key) => at + (typeof key === 'number' ? `[${key}]` : `.${String(key)}`),
    'redisStore',
  )
  return { path, expected: expectation(issue), received: received(value) }
}

function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected
    case 'invalid_value':
      return issue.values.map((value) => JSON.stringify(value)).join(' or ')
    case 'too_small':
      return issue.origin === 'string' || issue.origin === 'array'
        ? `${issue.origin} that is not empty`
        : `at least ${issue.minimum}`
    case 'too_big':
      return `at most ${issue.maximum}`
    default:
      return issue.message
  }
}

/** A text may be a secret: only its type is named. */
function received(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number' || typeof value === 'boolean') return `${typeof value} ${value}`
  return value === null ? 'null' : typeof value
}

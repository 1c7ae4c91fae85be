import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { NormalConfig } from '../../src/config/config.ts'
import type { ConfigIssue } from '../../src/model/errors.ts'

/** A data system in the form of LaunchDarkly, and the plan that it means. */
export interface ValidCase {
  readonly dataSystem: unknown
  /** Minimum poll interval, in milliseconds. Default 30,000. */
  readonly minPollMs?: number
  readonly plan: NormalConfig
  readonly warnings: readonly string[]
}

export interface InvalidCase {
  readonly dataSystem: unknown
  readonly issues: readonly ConfigIssue[]
}

const folder = join(import.meta.dirname, '../../fixtures/config')

function cases<T>(name: string): readonly (readonly [what: string, example: T])[] {
  return readdirSync(join(folder, name)).map((file) => [
    basename(file, '.json').replaceAll('-', ' '),
    JSON.parse(readFileSync(join(folder, name, file), 'utf8')) as T,
  ])
}

export const VALID: readonly (readonly [string, ValidCase])[] = cases('valid')
export const INVALID: readonly (readonly [string, InvalidCase])[] = cases('invalid')

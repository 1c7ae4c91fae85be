import { onTestFinished } from 'vitest'
import { systemClock } from '../../../src/async/clock.ts'
import type { Journal, JournalLimits } from '../../../src/model/persistent-store.ts'
import { redisJournal } from '../../../src/store/redis/journal.ts'
import type { RedisStoreOptions } from '../../../src/store/redis/redis-store.ts'

export interface OpenedJournal extends Journal {
  /** The logged warnings. */
  readonly log: readonly string[]
}

/** Opens a journal that is closed at the end of the test. */
export function openJournal(options: RedisStoreOptions, limits?: JournalLimits): OpenedJournal {
  const log: string[] = []
  const ignore = (): void => undefined
  const logger = { debug: ignore, info: ignore, warn: (text: string) => log.push(text), error: ignore }
  const journal = redisJournal(options, { clock: systemClock, random: Math.random, logger }, limits)
  onTestFinished(() => journal.close())
  return { ...journal, log }
}

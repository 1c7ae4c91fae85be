import { onTestFinished } from 'vitest'
import { type Clock, systemClock } from '../../../src/async/clock.ts'
import type { OpenedStore, VersionedRow } from '../../../src/model/persistent-store.ts'
import { type RedisStoreOptions, redisStore } from '../../../src/store/redis/redis-store.ts'
import { never, rows } from '../../support/store-writes.ts'

export interface Opened extends OpenedStore {
  /** The lines of the log, for example `warn: …`. */
  readonly log: readonly string[]
}

/** Opens a store that is closed at the end of the test. */
export function openRedis(options: RedisStoreOptions, clock: Clock = systemClock): Opened {
  const log: string[] = []
  const write =
    (level: string) =>
    (message: string): void => {
      log.push(`${level}: ${message}`)
    }
  const logger = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
  const opened = redisStore(options).open({ clock, random: Math.random, logger })
  onTestFinished(() => opened.store.close())
  return { ...opened, log }
}

/** Returns a signal that aborts after this time, in real milliseconds. */
export function within(ms: number): AbortSignal {
  return AbortSignal.timeout(ms)
}

/** Returns rows with the size of typical flags. */
export function flags(count: number, version = 1): VersionedRow[] {
  return rows(count, version, 'x'.repeat(1_450))
}

export async function textsOf({ store }: OpenedStore): Promise<ReadonlyMap<string, string>> {
  const all = await store.readAll(never)
  return new Map(all.rows.map(({ kind, key, text }) => [`${kind} ${key}`, text]))
}

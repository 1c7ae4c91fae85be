import type { BenchOptions } from '../options.ts'
import { withService } from '../with-service.ts'
import { benchAllStores } from './all-stores.ts'
import { benchDaemon } from './daemon.ts'
import { withDatabase } from './database.ts'
import { benchFullWrite } from './full-write.ts'
import { benchPush } from './push.ts'
import { benchRestart } from './restart.ts'
import { benchStampede } from './stampede.ts'
import { benchStoredChanges, MOST_CHANGES } from './stored-changes.ts'

const FLAGS = 10_000

/** Benchmarks databases: Halyard and the official Redis store, then every store of Halyard. */
export async function benchStores({ quick }: BenchOptions): Promise<void> {
  const repeats = quick ? 3 : 7
  await withDatabase(async (database) => {
    const spec = { flags: FLAGS, environment: 'special', changes: MOST_CHANGES, framing: 'flushed' } as const
    await withService(spec, async (service) => {
      await benchStoredChanges(database, service, quick ? 3 : 5)
      await benchPush(database, service, 3)
      // The last one, because it leaves a full database for the benchmarks of reads.
      await benchFullWrite(database, service, repeats)
    })
    await benchDaemon(database, repeats)
    await benchStampede(database, quick ? 1 : 3)
    await benchRestart(database, FLAGS)
    await benchAllStores(database, FLAGS, quick ? 1 : 3)
  })
}

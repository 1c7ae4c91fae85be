import type { BenchOptions } from '../options.ts'
import type { Report } from '../report/table.ts'
import { withService } from '../with-service.ts'
import { measureAllStores } from './all-stores.ts'
import { measureDaemon } from './daemon.ts'
import { withDatabase } from './database.ts'
import { measureFullWrite } from './full-write.ts'
import { measurePush } from './push.ts'
import { measureRestart } from './restart.ts'
import { measureStampede } from './stampede.ts'
import { MOST_CHANGES, measureStoredChanges } from './stored-changes.ts'

const FLAGS = 10_000

/** Benchmarks databases: Halyard and the official Redis store, then every store of Halyard. */
export async function benchStores({ quick }: BenchOptions, report: Report): Promise<void> {
  const repeats = quick ? 3 : 7
  await withDatabase(async (database) => {
    const spec = { flags: FLAGS, environment: 'special', changes: MOST_CHANGES, framing: 'flushed' } as const
    await withService(spec, async (service) => {
      report(await measureStoredChanges(database, service, quick ? 3 : 5))
      report(await measurePush(database, service, 3))
      // The last one, because it leaves a full database for the benchmarks of reads.
      report(await measureFullWrite(database, service, repeats))
    })
    report(await measureDaemon(database, repeats))
    report(await measureStampede(database, quick ? 1 : 3))
    report(await measureRestart(database, FLAGS))
    report(await measureAllStores(database, FLAGS, quick ? 1 : 3))
  })
}

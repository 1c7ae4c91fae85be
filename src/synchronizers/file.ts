import { Backoff } from '../async/backoff.ts'
import type { Clock } from '../async/clock.ts'
import { HEARTBEAT } from '../exchange/results.ts'
import { asSourceError } from '../flag-file/flag-file-error.ts'
import { type FlagFiles, readFlagFiles } from '../flag-file/read.ts'
import { Reviser } from '../flag-file/reviser.ts'
import { type WatchOptions, type WatchResult, watchFiles } from '../flag-file/watch.ts'
import type { SourceResult } from '../model/source-result.ts'
import type { Synchronizer } from './synchronizer.ts'

export interface FileSynchronizerOptions extends FlagFiles {
  readonly name: string
  /** Time between two checks of the files, in milliseconds. A change is read when two checks agree. */
  readonly intervalMs: number
  readonly warn: (warning: string) => void
  readonly clock: Clock
  readonly random: () => number
}

/**
 * Reads flag files when its turn begins and when they change, and yields the differences. Missing or invalid files are
 * an interruption until the next valid version. A check that finds no change is a heartbeat.
 */
export function fileSynchronizer(options: FileSynchronizerOptions): Synchronizer {
  const { name, intervalMs, clock, random, warn, ...files } = options
  // Both are kept between turns, so that versions keep growing and the backoff goes on.
  const reviser = new Reviser()
  const backoff = new Backoff({ clock, random, baseMs: intervalMs })
  return {
    name,
    async *sync(_basis, signal): AsyncGenerator<SourceResult> {
      let isFirst = true
      // A read can fail although the files are unchanged, for example with EMFILE. It is then repeated after a backoff.
      let retryAt = Infinity
      for await (const check of checks(files.paths, { clock, signal, intervalMs })) {
        if (check === 'same' && clock.monotonic() < retryAt) {
          if (retryAt === Infinity) yield HEARTBEAT
          continue
        }
        const reading = await readFlagFiles(files).catch(asSourceError)
        // The next turn may have begun. Only that turn may use the reviser.
        if (signal.aborted) return
        if ('kind' in reading) {
          const retryInMs = backoff.failed()
          retryAt = clock.monotonic() + retryInMs
          yield { type: 'interrupted', error: reading, retryInMs }
        } else {
          retryAt = Infinity
          backoff.succeeded()
          for (const warning of reading.warnings) warn(warning)
          const differences = reviser.revise(reading)
          const changeSet = isFirst ? reviser.full() : (differences ?? { type: 'none' })
          isFirst = false
          yield { type: 'changeSet', changeSet }
        }
      }
    },
  }
}

/** Watches the files. The first check always counts as a change. */
async function* checks(paths: readonly string[], options: WatchOptions): AsyncGenerator<WatchResult> {
  const later = watchFiles(paths, options)
  yield 'changed'
  yield* later
}

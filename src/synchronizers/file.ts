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
  /** How often to look at the files, milliseconds; a change counts once two looks agree. */
  readonly intervalMs: number
  /** Gets what is doubtful in the files, with each reading. */
  readonly warn: (warning: string) => void
  readonly clock: Clock
  readonly random: () => number
}

/**
 * Reads flag files at once when its turn begins, then whenever they have changed; only what differs travels. Files that
 * are missing or wrong are an interruption, which the next good version ends. A look that finds them unchanged is a sign
 * of life: what is served is what the files say.
 */
export function fileSynchronizer(options: FileSynchronizerOptions): Synchronizer {
  const { name, intervalMs, clock, random, warn, ...files } = options
  // Both outlive a turn: versions go on growing, and a disk that fails is spared.
  const reviser = new Reviser()
  const backoff = new Backoff({ clock, random, baseMs: intervalMs })
  return {
    name,
    async *sync(_basis, signal): AsyncGenerator<SourceResult> {
      let isFirst = true
      // A reading can fail for reasons no look will show, so it is repeated even if nothing changes.
      let retryAt = Infinity
      for await (const look of looks(files.paths, { clock, signal, intervalMs })) {
        if (look === 'same' && clock.monotonic() < retryAt) {
          if (retryAt === Infinity) yield HEARTBEAT
          continue
        }
        const reading = await readFlagFiles(files).catch(asSourceError)
        // Another turn may have begun meanwhile, and the reviser is its by then.
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

/** What there is at the beginning is new. */
async function* looks(paths: readonly string[], options: WatchOptions): AsyncGenerator<WatchResult> {
  const later = watchFiles(paths, options)
  yield 'changed'
  yield* later
}

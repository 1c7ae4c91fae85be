import { Backoff } from '../../async/backoff.ts'
import type { Clock } from '../../async/clock.ts'
import { watchFiles } from '../../flag-file/watch.ts'
import type { Archive } from '../archive/archive.ts'
import { ArchiveError } from '../archive/archive-error.ts'
import { readArchive } from '../archive/read-archive.ts'
import type { OfflineConfig } from '../config/relay-config.ts'

/** What a look at an archive found. */
export type ArchiveNews =
  /** It is the one that was read last. */
  | { readonly type: 'same' }
  | { readonly type: 'archive'; readonly archive: Archive }
  | { readonly type: 'refused'; readonly error: ArchiveError }

/**
 * Looks at an archive again and again, and reads it when it is another one and two looks agree, so that one that is being
 * copied is left alone. One that was refused is read again with growing waits, even if it looks the same: a disk may have
 * failed. What there is when this is called counts as read. Ends when the signal aborts.
 */
export function followArchive(
  { archive, intervalMs }: OfflineConfig,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<ArchiveNews, void> {
  // Looked at before the first next(), so that a change during the caller's own reading is not missed.
  const looks = watchFiles([archive], { clock, signal, intervalMs })
  const backoff = new Backoff({ clock, random: () => 0, baseMs: intervalMs })
  const news = async function* (): AsyncGenerator<ArchiveNews, void> {
    let retryAt = Infinity
    for await (const look of looks) {
      if (look === 'same' && clock.monotonic() < retryAt) {
        if (retryAt === Infinity) yield { type: 'same' }
        continue
      }
      const found = await readArchive(archive, signal).catch(refused)
      if (signal.aborted) return
      if (found instanceof ArchiveError) {
        retryAt = clock.monotonic() + backoff.failed()
        yield { type: 'refused', error: found }
      } else {
        retryAt = Infinity
        backoff.succeeded()
        yield { type: 'archive', archive: found }
      }
    }
  }
  return news()
}

/** Anything else is a defect, or the end; whoever looks at the signal knows which. */
function refused(error: unknown): ArchiveError {
  if (error instanceof ArchiveError) return error
  throw error
}

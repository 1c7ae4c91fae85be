import { Backoff } from '../../async/backoff.ts'
import type { Clock } from '../../async/clock.ts'
import { asSourceError } from '../../flag-file/flag-file-error.ts'
import type { FlagFile } from '../../flag-file/parse.ts'
import { readFlagFiles } from '../../flag-file/read.ts'
import { watchFiles } from '../../flag-file/watch.ts'
import type { SourceError } from '../../model/source-result.ts'

/** The result of a check of files. */
export type FilesReading =
  /** The files were read. Their content may be the same as before. */
  | { readonly type: 'content'; readonly file: FlagFile }
  | { readonly type: 'failed'; readonly error: SourceError; readonly retryInMs: number }
  /** The last content is still that of the files. */
  | { readonly type: 'same' }

export interface FollowOptions {
  /** Time between two checks, in milliseconds. */
  readonly intervalMs: number
  readonly clock: Clock
  readonly random: () => number
  readonly signal: AbortSignal
}

/**
 * Reads files at once, and again when they change. Files that are invalid or missing are read again after a backoff, even if they have
 * not changed, because the cause may have been the disk.
 */
export async function* followFiles(
  paths: readonly string[],
  { intervalMs, clock, random, signal }: FollowOptions,
): AsyncGenerator<FilesReading> {
  const backoff = new Backoff({ clock, random, baseMs: intervalMs })
  // Begins before the first read, so that a change meanwhile is not missed.
  const checks = watchFiles(paths, { clock, signal, intervalMs })
  let retryAt = Infinity
  const read = async (): Promise<FilesReading> => {
    const reading = await readFlagFiles({ paths }).catch(asSourceError)
    if (!('kind' in reading)) {
      retryAt = Infinity
      backoff.succeeded()
      return { type: 'content', file: reading }
    }
    const retryInMs = backoff.failed()
    retryAt = clock.monotonic() + retryInMs
    return { type: 'failed', error: reading, retryInMs }
  }
  yield await read()
  for await (const check of checks) {
    if (check === 'changed' || clock.monotonic() >= retryAt) yield await read()
    else if (retryAt === Infinity) yield { type: 'same' }
  }
}

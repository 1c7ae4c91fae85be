import { type BigIntStats, statSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { Clock } from '../async/clock.ts'
import { wakeableWaits } from '../async/freeze-detection.ts'
import { filesInFolder, filesInFolderSync } from './folder.ts'

export interface WatchOptions {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Time between checks, in milliseconds. Default 200. */
  readonly intervalMs?: number
}

/** The result of one check: no file differs from the last reported state, or at least one does. */
export type WatchResult = 'same' | 'changed'

/**
 * Checks the files periodically and yields the result of each check. A change is reported when two checks in a row agree, so that
 * files that are being written are not read (a debounce); the first of these two checks yields nothing. Each check follows the
 * paths anew, because editors save by renaming and deployments swap links. A file that appears or disappears is a change, and so is
 * a flag file in a folder. Ends when the signal aborts.
 */
export function watchFiles(
  paths: readonly string[],
  options: WatchOptions,
): AsyncGenerator<WatchResult, void> {
  // Taken before the first next(), so that a change while the caller reads the files for the first time is detected.
  return checks(paths, fingerprintsNow(paths), options)
}

/** Yields each time the file has changed, as {@link watchFiles} detects it. */
export function watchFile(path: string, options: WatchOptions): AsyncGenerator<void> {
  return changes(watchFiles([path], options))
}

async function* changes(results: AsyncIterable<WatchResult>): AsyncGenerator<void> {
  for await (const result of results) if (result === 'changed') yield
}

async function* checks(
  paths: readonly string[],
  baseline: string,
  { clock, signal, intervalMs = 200 }: WatchOptions,
): AsyncGenerator<WatchResult, void> {
  let reported = baseline
  let previous = baseline
  // Without jitter, because a disk serves this process only.
  const waits = wakeableWaits({ clock, random: () => 0 })
  try {
    while (!signal.aborted) {
      await waits.wait(intervalMs, signal)
      if (signal.aborted) return
      const current = await fingerprintsOf(paths)
      if (current === reported) yield 'same'
      else if (current === previous) {
        reported = current
        yield 'changed'
      }
      previous = current
    }
  } finally {
    waits.stop()
  }
}

/** Replaces the fingerprint of a missing file. */
const MISSING = 'missing'

function fingerprintsNow(paths: readonly string[]): string {
  const statNow = (path: string): string => {
    try {
      return fingerprint(statSync(path, { bigint: true }))
    } catch {
      return MISSING
    }
  }
  const fingerprints = paths.map((path) => {
    try {
      const files = filesInFolderSync(path)
      return files ? ofFolder(files, files.map(statNow)) : statNow(path)
    } catch {
      return MISSING
    }
  })
  return fingerprints.join()
}

/** Returns a text that changes if one of the files changes, and if a folder gains or loses a flag file. */
export async function fingerprintsOf(paths: readonly string[]): Promise<string> {
  const statSoon = (path: string): Promise<string> =>
    stat(path, { bigint: true }).then(fingerprint, () => MISSING)
  const fingerprints = paths.map(async (path) => {
    const files = await filesInFolder(path)
    return files ? ofFolder(files, await Promise.all(files.map(statSoon))) : statSoon(path)
  })
  return (await Promise.all(fingerprints.map((each) => each.catch(() => MISSING)))).join()
}

/** The entries of the folder itself are not compared: other files in it may change often. */
function ofFolder(files: readonly string[], fingerprints: readonly string[]): string {
  return JSON.stringify(files.map((file, index) => [file, fingerprints[index]]))
}

/** Includes `ctime`, because new permissions and some copies do not change `mtime`. */
function fingerprint({ dev, ino, mtimeNs, ctimeNs, size }: BigIntStats): string {
  return [dev, ino, mtimeNs, ctimeNs, size].join(':')
}

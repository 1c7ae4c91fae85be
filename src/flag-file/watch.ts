import { type BigIntStats, statSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { Clock } from '../async/clock.ts'
import { wakeableWaits } from '../async/freeze-detection.ts'

export interface WatchOptions {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** How often to look, milliseconds. Default 200. */
  readonly intervalMs?: number
}

/** What a look found: the files as they were last reported, or a change of at least one of them. */
export type Look = 'same' | 'changed'

/**
 * Looks at the files again and again, and yields what it finds. A change is one once two looks in a row agree, so that
 * a file being written is left alone; until then nothing is yielded. Looks at what the paths lead to, because editors
 * save by renaming and deployments by swapping links. To vanish is a change, and so is to appear. Ends when the signal
 * aborts.
 */
export function watchFiles(paths: readonly string[], options: WatchOptions): AsyncGenerator<Look, void> {
  // Looked at before the first next(), so that a change during the caller's own first reading is not missed.
  return looks(paths, lookNow(paths), options)
}

/** Yields each time the file has changed since the call, as {@link watchFiles} understands it. */
export function watchFile(path: string, options: WatchOptions): AsyncGenerator<void> {
  return changes(watchFiles([path], options))
}

async function* changes(found: AsyncIterable<Look>): AsyncGenerator<void> {
  for await (const look of found) if (look === 'changed') yield
}

async function* looks(
  paths: readonly string[],
  baseline: string,
  { clock, signal, intervalMs = 200 }: WatchOptions,
): AsyncGenerator<Look, void> {
  let reported = baseline
  let previous = baseline
  // A disk needs no spread.
  const waits = wakeableWaits({ clock, random: () => 0 })
  try {
    while (!signal.aborted) {
      await waits.wait(intervalMs, signal)
      if (signal.aborted) return
      const current = await lookAgain(paths)
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

/** No file is called by this fingerprint. */
const MISSING = 'missing'

function lookNow(paths: readonly string[]): string {
  const fingerprints = paths.map((path) => {
    try {
      return fingerprint(statSync(path, { bigint: true }))
    } catch {
      return MISSING
    }
  })
  return fingerprints.join()
}

async function lookAgain(paths: readonly string[]): Promise<string> {
  const fingerprints = paths.map((path) => stat(path, { bigint: true }).then(fingerprint, () => MISSING))
  return (await Promise.all(fingerprints)).join()
}

/** The time of change is in it beside that of modification: permissions and copies that keep the latter move it. */
function fingerprint({ dev, ino, mtimeNs, ctimeNs, size }: BigIntStats): string {
  return [dev, ino, mtimeNs, ctimeNs, size].join(':')
}

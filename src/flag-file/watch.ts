import { type BigIntStats, statSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { Clock } from '../async/clock.ts'
import { sleep } from '../async/sleep.ts'

export interface WatchOptions {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** How often to look. Default 200. */
  readonly intervalMs?: number
}

/**
 * Yields each time the file has changed since the call, once two looks in a row agree, so that a file being
 * written is left alone. Looks at what the path leads to, because editors save by renaming and deployments
 * by swapping links. A missing file is one that is not there yet. Ends when the signal aborts.
 */
export function watchFile(path: string, options: WatchOptions): AsyncGenerator<void> {
  // Looked at before the first next(), so that a change during the caller's own first reading is not missed.
  return changes(path, lookNow(path), options)
}

async function* changes(
  path: string,
  baseline: string | undefined,
  { clock, signal, intervalMs = 200 }: WatchOptions,
): AsyncGenerator<void> {
  let reported = baseline
  let previous: string | undefined
  while (!signal.aborted) {
    await sleep(clock, intervalMs, signal)
    if (signal.aborted) return
    const current = await look(path)
    if (current !== undefined && current === previous && current !== reported) {
      reported = current
      yield
    }
    previous = current
  }
}

function lookNow(path: string): string | undefined {
  try {
    return fingerprint(statSync(path, { bigint: true }))
  } catch {
    return undefined
  }
}

function look(path: string): Promise<string | undefined> {
  return stat(path, { bigint: true }).then(fingerprint, () => undefined)
}

function fingerprint({ dev, ino, mtimeNs, size }: BigIntStats): string {
  return [dev, ino, mtimeNs, size].join(':')
}

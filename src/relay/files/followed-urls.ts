import { Backoff } from '../../async/backoff.ts'
import { wakeableWaits } from '../../async/freeze-detection.ts'
import type { FilesReading, FollowOptions } from './followed-files.ts'
import type { RemoteFile } from './remote-file.ts'

/** First delay after a failure, in milliseconds. */
const RETRY_MS = 1_000

/** Longest part of the interval that is added at random, so that replicas do not ask together. */
const JITTER = 0.1

/** Requests a file at once, and then at each interval. After a failure it is requested sooner at first. */
export async function* followUrl(
  remote: RemoteFile,
  { intervalMs, clock, random, signal }: FollowOptions,
): AsyncGenerator<FilesReading> {
  const backoff = new Backoff({ clock, random, baseMs: RETRY_MS, maxMs: Math.max(RETRY_MS, intervalMs) })
  const waits = wakeableWaits({ clock, random })
  try {
    while (!signal.aborted) {
      const reading = await remote.read(signal)
      if (signal.aborted) return
      let delayMs = intervalMs * (1 + random() * JITTER)
      if (reading.type === 'failed') {
        delayMs = backoff.failed(reading.error.retryAfterMs)
        yield { ...reading, retryInMs: delayMs }
      } else {
        backoff.succeeded()
        yield reading
      }
      await waits.wait(delayMs, signal)
    }
  } finally {
    waits.stop()
  }
}

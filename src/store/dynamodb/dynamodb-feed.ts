import { Backoff } from '../../async/backoff.ts'
import type { Clock } from '../../async/clock.ts'
import { withDeadline } from '../../async/signals.ts'
import { wakeableWaits } from '../../async/wake.ts'
import type { ChangeFeed, StoreChange } from '../../model/persistent-store.ts'
import type { Reads } from './reads.ts'
import { SidecarWatch } from './sidecar-watch.ts'

export interface FeedOptions {
  readonly reads: Reads
  readonly intervalMs: number
  readonly clock: Clock
  readonly random: () => number
}

/** A look that takes longer has failed. */
const LOOK_MS = 10_000

/**
 * Tells of changes by looking at the sidecar, because DynamoDB tells nobody. Who writes none, as LaunchDarkly's SDKs, is
 * not noticed.
 */
export function dynamodbFeed({ reads, intervalMs, clock, random }: FeedOptions): ChangeFeed {
  return {
    async *changes(signal) {
      const watch = new SidecarWatch()
      const backoff = new Backoff({ clock, random, baseMs: intervalMs, maxMs: 60_000 })
      const waits = wakeableWaits({ clock, random })
      let listening = true
      try {
        while (!signal.aborted) {
          const change = await look(watch, signal)
          if (signal.aborted) return
          const interrupted = change?.type === 'interrupted'
          if (change && (listening || !interrupted)) yield change
          listening = !interrupted
          if (listening) backoff.succeeded()
          const waitMs = intervalMs * (1 + random() / 20)
          await waits.wait(listening ? waitMs : Math.max(waitMs, backoff.failed()), signal)
        }
      } finally {
        waits.stop()
      }
    },
  }

  async function look(watch: SidecarWatch, signal: AbortSignal): Promise<StoreChange | undefined> {
    try {
      const text = await withDeadline(clock, LOOK_MS, signal, (inTime) => reads.sidecar(inTime))
      return watch.see(text, clock.monotonic())
    } catch (error) {
      watch.lose()
      return { type: 'interrupted', reason: (error as Error).message }
    }
  }
}

import { Backoff } from '../../async/backoff.ts'
import type { Clock } from '../../async/clock.ts'
import { wakeableWaits } from '../../async/freeze-detection.ts'
import { withDeadline } from '../../async/signals.ts'
import { changeBetween } from '../../layout/sidecar.ts'
import type { ChangeFeed, StoreChange } from '../../model/persistent-store.ts'
import type { DynamodbReads } from './reads.ts'

export interface FeedOptions {
  readonly reads: DynamodbReads
  readonly intervalMs: number
  readonly clock: Clock
  readonly random: () => number
}

const CHECK_TIMEOUT_MS = 10_000

/**
 * Returns a feed that polls the sidecar, because DynamoDB sends no notifications. It misses writers without a
 * sidecar, for example LaunchDarkly's SDKs.
 */
export function dynamodbFeed({ reads, intervalMs, clock, random }: FeedOptions): ChangeFeed {
  return {
    async *changes(signal) {
      const watch = new SidecarWatch()
      const backoff = new Backoff({ clock, random, baseMs: intervalMs, maxMs: 60_000 })
      const waits = wakeableWaits({ clock, random })
      let isReachable = true
      try {
        while (!signal.aborted) {
          const change = await check(watch, signal)
          if (signal.aborted) return
          const interrupted = change?.type === 'interrupted'
          if (change && (isReachable || !interrupted)) yield change
          isReachable = !interrupted
          if (isReachable) backoff.succeeded()
          const waitMs = intervalMs * (1 + random() / 20)
          await waits.wait(isReachable ? waitMs : Math.max(waitMs, backoff.failed()), signal)
        }
      } finally {
        waits.stop()
      }
    },
  }

  async function check(watch: SidecarWatch, signal: AbortSignal): Promise<StoreChange | undefined> {
    try {
      const text = await withDeadline(clock, CHECK_TIMEOUT_MS, signal, (inTime) => reads.sidecar(inTime))
      return watch.observe(text, clock.monotonic())
    } catch (error) {
      watch.reset()
      return { type: 'interrupted', reason: (error as Error).message }
    }
  }
}

/** Maximum time of a full write, in milliseconds. A sidecar that is missing for longer is gone. */
const GONE_MS = 30_000

/** The state at the last check: unknown after a failure, present, missing since a time, or gone. */
type Seen =
  | { readonly type: 'unknown' }
  | { readonly type: 'present'; readonly text: string }
  | { readonly type: 'missing'; readonly since: number }
  | { readonly type: 'gone' }

const REPLACED: StoreChange = { type: 'replaced' }

export class SidecarWatch {
  #seen: Seen = { type: 'unknown' }

  /** Notes that a check failed: any change may be missed. */
  reset(): void {
    this.#seen = { type: 'unknown' }
  }

  /** Returns the change since the last check. `now` is a monotonic time in milliseconds. */
  observe(text: string | undefined, now: number): StoreChange | undefined {
    const before = this.#seen
    this.#seen = text === undefined ? whenMissing(before, now) : { type: 'present', text }
    if (before.type === 'unknown') return REPLACED
    if (text !== undefined) return changeBetween(before.type === 'present' ? before.text : undefined, text)
    return before.type === 'missing' && this.#seen.type === 'gone' ? REPLACED : undefined
  }
}

/** A missing sidecar alone is no change: it is absent during a full write. */
function whenMissing(before: Seen, now: number): Seen {
  switch (before.type) {
    case 'present':
      return { type: 'missing', since: now }
    case 'missing':
      return now - before.since > GONE_MS ? { type: 'gone' } : before
    case 'unknown':
    case 'gone':
      return { type: 'gone' }
    default:
      return before satisfies never
  }
}

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
      return watch.observe(text, clock.monotonic())
    } catch (error) {
      watch.reset()
      return { type: 'interrupted', reason: (error as Error).message }
    }
  }
}

/** No full write takes longer: where the sidecar is missing for more than this, it is not about to be replaced. */
const GONE_MS = 30_000

/** What was there at the last look, or that nobody could look, or that there was none, and since when. */
type Seen =
  | { readonly type: 'unknown' }
  | { readonly type: 'there'; readonly text: string }
  | { readonly type: 'going'; readonly since: number }
  | { readonly type: 'gone' }

const REPLACED: StoreChange = { type: 'replaced' }

/** Tells from one look at the sidecar to the next what became of the rows. */
export class SidecarWatch {
  #seen: Seen = { type: 'unknown' }

  /** Nobody could look: anything may happen meanwhile. */
  reset(): void {
    this.#seen = { type: 'unknown' }
  }

  /** What a look says: `text` was there `now`, milliseconds of a clock that only grows. */
  observe(text: string | undefined, now: number): StoreChange | undefined {
    const before = this.#seen
    this.#seen = text === undefined ? missing(before, now) : { type: 'there', text }
    if (before.type === 'unknown') return REPLACED
    if (text !== undefined) return changeBetween(before.type === 'there' ? before.text : undefined, text)
    return before.type === 'going' && this.#seen.type === 'gone' ? REPLACED : undefined
  }
}

/** While a full write is under way there is no sidecar: that alone is no news. */
function missing(before: Seen, now: number): Seen {
  switch (before.type) {
    case 'there':
      return { type: 'going', since: now }
    case 'going':
      return now - before.since > GONE_MS ? { type: 'gone' } : before
    case 'unknown':
    case 'gone':
      return { type: 'gone' }
    default:
      return before satisfies never
  }
}

import { Backoff } from '../../async/backoff.ts'
import type { Clock } from '../../async/clock.ts'
import { sleep } from '../../async/sleep.ts'
import { StoreError } from '../../model/errors.ts'

export interface Patience {
  readonly clock: Clock
  readonly random: () => number
}

/** So often in a row a database may do nothing of what it is asked. */
const MOST_BARREN = 10

/**
 * Sends what is to be done, and again what the database left undone, with growing waits. Rejects when several attempts
 * in a row brought nothing, or as `send` does, which is asked once more after the signal aborted.
 */
export async function untilDone<T>(
  work: readonly T[],
  send: (work: readonly T[]) => Promise<readonly T[]>,
  { clock, random }: Patience,
  signal: AbortSignal,
): Promise<void> {
  const backoff = new Backoff({ clock, random, baseMs: 50, maxMs: 5_000 })
  let left = await send(work)
  for (let barren = 0; left.length > 0; ) {
    if (barren === MOST_BARREN) {
      throw new StoreError('unavailable', `DynamoDB is overloaded: ${left.length} writes were left undone`)
    }
    await sleep(clock, backoff.failed(), signal)
    const before = left.length
    left = await send(left)
    barren = left.length < before ? 0 : barren + 1
  }
}

import { Backoff } from '../../async/backoff.ts'
import type { Clock } from '../../async/clock.ts'
import { sleep } from '../../async/sleep.ts'
import { StoreError } from '../../model/errors.ts'
import type { LazyReads } from './lazy-reads.ts'

/**
 * What a database without a service beside it can be read for. `refused`: it answers no read until the configuration or the
 * database is changed.
 */
export type Supply = 'data' | 'nothing' | 'unavailable' | 'refused'

export interface LookForDataOptions {
  readonly reads: Pick<LazyReads, 'vacant' | 'opened'>
  readonly clock: Clock
  readonly random: () => number
  /** Receives the result of each look. */
  readonly report: (supply: Supply) => void
}

/** Time between two looks at a database that holds nothing, milliseconds. */
const EMPTY_MS = 5_000
/** Longest time between two looks at a database that does not answer, milliseconds. */
const LONGEST_MS = 30_000

/** Looks at a database until it holds data, and reports each result. Ends when the signal aborts; never rejects. */
export async function lookForData(options: LookForDataOptions, signal: AbortSignal): Promise<void> {
  const { clock, random, report } = options
  const backoff = new Backoff({ clock, random, baseMs: 1_000, maxMs: LONGEST_MS })
  while (!signal.aborted) {
    const supply = await look(options)
    if (signal.aborted) return
    report(supply)
    if (supply === 'data') return
    await sleep(clock, supply === 'nothing' ? EMPTY_MS : backoff.failed(), signal)
  }
}

async function look({ reads }: LookForDataOptions): Promise<Supply> {
  // An evaluation may have read something meanwhile, even where the look itself is not permitted.
  if (reads.opened) return 'data'
  try {
    return (await reads.vacant()) ? 'nothing' : 'data'
  } catch (error) {
    if (reads.opened) return 'data'
    return error instanceof StoreError && error.kind !== 'unavailable' ? 'refused' : 'unavailable'
  }
}

import { Backoff } from '../../async/backoff.ts'
import type { Clock } from '../../async/clock.ts'
import { sleep } from '../../async/sleep.ts'
import { StoreError } from '../../model/errors.ts'
import type { LazyReads } from './lazy-reads.ts'

/**
 * What a database without a service beside it can be read for. `refused`: it answers no read until the configuration or the
 * database is changed.
 */
export type ReadProbe = 'data' | 'nothing' | 'unavailable' | 'refused'

interface WaitForDataOptions {
  readonly reads: Pick<LazyReads, 'isEmpty' | 'hasData'>
  readonly clock: Clock
  readonly random: () => number
  /** Receives the result of each look. */
  readonly report: (supply: ReadProbe) => void
}

/** Time between two looks at a database that holds nothing, milliseconds. */
const EMPTY_MS = 5_000
/** Longest time between two looks at a database that does not answer, milliseconds. */
const LONGEST_MS = 30_000

/** Looks at a database until it holds data, and reports each result. Ends when the signal aborts; never rejects. */
export async function waitForData(options: WaitForDataOptions, signal: AbortSignal): Promise<void> {
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

async function look({ reads }: WaitForDataOptions): Promise<ReadProbe> {
  // An evaluation may have read something meanwhile, even where the look itself is not permitted.
  if (reads.hasData) return 'data'
  try {
    return (await reads.isEmpty()) ? 'nothing' : 'data'
  } catch (error) {
    if (reads.hasData) return 'data'
    return error instanceof StoreError && error.kind !== 'unavailable' ? 'refused' : 'unavailable'
  }
}

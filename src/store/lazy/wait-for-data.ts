import { Backoff } from '../../async/backoff.ts'
import type { Clock } from '../../async/clock.ts'
import { sleep } from '../../async/sleep.ts'
import { StoreError } from '../../model/errors.ts'
import type { LazyReads } from './lazy-reads.ts'

/**
 * The result of one attempt to read a database. `refused`: every read will fail until the configuration or the database is
 * changed.
 */
export type ReadProbe = 'data' | 'nothing' | 'unavailable' | 'refused'

interface WaitForDataOptions {
  readonly reads: Pick<LazyReads, 'isEmpty' | 'hasData'>
  readonly clock: Clock
  readonly random: () => number
  readonly report: (probe: ReadProbe) => void
}

/** Time between two reads of an empty database, in milliseconds. */
const EMPTY_MS = 5_000
const MAX_RETRY_MS = 30_000

/** Reads a database until it holds data, and reports each result. Ends when the signal aborts; never rejects. */
export async function waitForData(options: WaitForDataOptions, signal: AbortSignal): Promise<void> {
  const { clock, random, report } = options
  const backoff = new Backoff({ clock, random, baseMs: 1_000, maxMs: MAX_RETRY_MS })
  while (!signal.aborted) {
    const probe = await readOnce(options)
    if (signal.aborted) return
    report(probe)
    if (probe === 'data') return
    await sleep(clock, probe === 'nothing' ? EMPTY_MS : backoff.failed(), signal)
  }
}

async function readOnce({ reads }: WaitForDataOptions): Promise<ReadProbe> {
  // An evaluation may have found data, even if the database user may not list all rows.
  if (reads.hasData) return 'data'
  try {
    return (await reads.isEmpty()) ? 'nothing' : 'data'
  } catch (error) {
    if (reads.hasData) return 'data'
    return error instanceof StoreError && error.kind !== 'unavailable' ? 'refused' : 'unavailable'
  }
}

import type { Outcome } from './simulate.ts'

export interface RangeOptions {
  readonly first: number
  readonly count: number
  /** The action after a seed that failed. */
  readonly afterFailure: 'stop' | 'go on'
  readonly run: (seed: number) => Promise<Outcome>
  /** Receives each failing outcome as soon as it is known. */
  readonly failed: (outcome: Outcome) => Promise<void>
}

/** The result of a range of seeds. */
export interface RangeResult {
  /** Number of seeds that ran. */
  readonly ran: number
  readonly failing: readonly number[]
  readonly requests: number
  readonly virtualMs: number
}

/** Runs the seeds of a range in order, one at a time. */
export async function runRange({
  first,
  count,
  afterFailure,
  run,
  failed,
}: RangeOptions): Promise<RangeResult> {
  const failing: number[] = []
  let ran = 0
  let requests = 0
  let virtualMs = 0
  for (let seed = first; seed < first + count; seed++) {
    const outcome = await run(seed)
    ran++
    requests += outcome.requests
    virtualMs += outcome.virtualMs
    if (outcome.failure === undefined) continue
    failing.push(seed)
    await failed(outcome)
    if (afterFailure === 'stop') break
  }
  return { ran, failing, requests, virtualMs }
}

import type { Framing } from '../plan.ts'

/** The configuration of the service. */
export interface ServiceSpec {
  readonly flags: number
  /** `special`: includes the flags of the benchmarks of evaluation and propagation. `booleans`: only the simplest flags. */
  readonly environment: 'generated' | 'special' | 'booleans'
  /** Length of the longest burst. */
  readonly changes: number
  readonly framing: Framing
}

/** The message of the service when it is ready. */
export interface ServiceReady {
  readonly url: string
}

/** Single changes at a constant rate. */
export interface TicksRequest {
  readonly ticks: number
  readonly everyMs: number
  /** Number of the first change. Default 0. */
  readonly first?: number
}

/** The flag that changes with each tick. Its only variation is the number of the tick, from 0; -1 before that. */
export const TICK_KEY = 'bench-tick'

/** The last flag of a burst, which does not exist before. */
export const LAST_KEY = 'bench-last'

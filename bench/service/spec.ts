import type { Framing } from '../plan.ts'

/** What a service is started with. */
export interface ServiceSpec {
  readonly flags: number
  /** `special`: with the flags of the benchmarks of evaluation and propagation too. */
  readonly environment: 'generated' | 'special'
  /** The longest burst anybody will ask for. */
  readonly changes: number
  readonly framing: Framing
}

/** What it says when it is ready. */
export interface ServiceReady {
  readonly url: string
}

/** Changes sent one by one, at a steady pace. */
export interface TicksRequest {
  readonly ticks: number
  readonly everyMs: number
  /** The number of the first. Default 0. */
  readonly first?: number
}

/** The flag that changes with each tick. Its only variation is the number of the tick, from 0; -1 before that. */
export const TICK_KEY = 'bench-tick'

/** The flag that comes last in a burst; nobody holds it before. */
export const LAST_KEY = 'bench-last'

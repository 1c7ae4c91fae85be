import type { Framing } from '../plan.ts'

/** What a service is started with. */
export interface ServiceSpec {
  readonly flags: number
  /** The longest burst anybody will ask for. */
  readonly changes: number
  readonly framing: Framing
}

/** What it says when it is ready. */
export interface ServiceReady {
  readonly url: string
}

/** The flag that comes last in a burst; nobody holds it before. */
export const LAST_KEY = 'bench-last'

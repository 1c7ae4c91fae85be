import type { Step } from './step.ts'

/** What other servers of the same data remember, so that a client may come from any of them. */
export interface Elders {
  /** Tells them of a step. Never throws, and nobody waits for it. */
  append(step: Step): void
  /** The steps they told of, the oldest first. Never rejects: what cannot be asked remembers nothing. */
  steps(): Promise<readonly Step[]>
}

import { Admission } from '../../server/admission.ts'
import type { Audience } from '../addresses.ts'

/** Bodies that are inflated, compressed or parsed at a time, of servers and of others. */
const MAX_CONCURRENT = 2

/** The work on a body takes milliseconds, so it is not aborted. */
const NEVER = new AbortController().signal

/**
 * Limits the bodies that are processed at a time. Bodies of servers do not wait for those with public credentials, of which small ones
 * can inflate to 16 MiB.
 */
export class ProcessingSlots {
  readonly #server = new Admission({ maxConcurrent: MAX_CONCURRENT, maxQueued: Infinity })
  readonly #public = new Admission({ maxConcurrent: MAX_CONCURRENT, maxQueued: Infinity })

  /** Runs work when it is its turn. */
  async run(audience: Audience, work: () => Promise<void>): Promise<void> {
    const leave = await (audience === 'server' ? this.#server : this.#public).acquire(NEVER)
    try {
      await work()
    } finally {
      leave?.()
    }
  }
}

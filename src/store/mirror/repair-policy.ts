import { Backoff } from '../../async/backoff.ts'
import type { Clock } from '../../async/clock.ts'
import type { Logger } from '../../model/logger.ts'
import type { PersistentStore } from '../../model/persistent-store.ts'
import type { DataLoss } from './check-stored-data.ts'

/** The flow of data into memory, as far as it matters to a database. */
export interface SourceHealth {
  /** Whether a source confirms at present that what memory holds is current. */
  readonly isLive: () => boolean
}

export interface RepairPolicyOptions extends SourceHealth {
  readonly store: Pick<PersistentStore, 'name'>
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
}

/** How long a writer whose source is interrupted leaves a repair to others, in milliseconds. */
const LEAVE_TO_OTHERS_MS = 60_000
const FIRST_PAUSE_MS = 5_000
/** After an hour without damage the pauses begin anew. */
const QUIET_MS = 3_600_000
/** So many repairs without an hour of calm between them, and something keeps on doing damage. */
const MAX_WARNINGS = 4

/**
 * Decides when damage is repaired, and logs it. Repairs that do not last follow each other with growing pauses, so that two
 * programs that disagree about a place do not rewrite it for ever.
 */
export class RepairPolicy {
  readonly #options: RepairPolicyOptions
  readonly #backoff: Backoff
  #damagedSince: number | undefined
  #notBefore = Number.NEGATIVE_INFINITY
  #repairs = 0
  #logged: 'nothing' | 'wait' | 'repair' = 'nothing'

  constructor(options: RepairPolicyOptions) {
    this.#options = options
    this.#backoff = new Backoff({
      ...options,
      baseMs: FIRST_PAUSE_MS,
      maxMs: 600_000,
      resetAfterMs: QUIET_MS,
    })
  }

  /** Notes that a look found everything in order. */
  sound(): void {
    this.#damagedSince = undefined
    this.#logged = 'nothing'
    this.#backoff.succeeded()
  }

  /** Notes that the damage is the task of another writer, or is gone. */
  forget(): void {
    this.#damagedSince = undefined
    this.#logged = 'nothing'
  }

  /** Notes that the database did not answer: no other writer could repair the damage meanwhile. */
  interrupted(): void {
    this.#damagedSince = undefined
  }

  /** Whether the damage is to be repaired now. A loss is logged; what a failed write of this process left is not. */
  permits({ reason, confirmMs }: DataLoss, cause: 'loss' | 'failed write'): boolean {
    const { clock, isLive } = this.#options
    const now = clock.monotonic()
    this.#damagedSince ??= now
    const lastedMs = now - this.#damagedSince
    if (cause === 'loss' && (lastedMs < confirmMs || now < this.#notBefore)) return false
    const waits = !isLive() && lastedMs < LEAVE_TO_OTHERS_MS
    if (cause === 'loss') this.#log(reason, waits ? 'wait' : 'repair')
    return !waits
  }

  /** Notes that the damage was repaired. */
  repaired(cause: 'loss' | 'failed write'): void {
    this.forget()
    if (cause === 'failed write') return
    const pauseMs = this.#backoff.failed()
    this.#repairs = pauseMs <= FIRST_PAUSE_MS ? 1 : this.#repairs + 1
    this.#notBefore = this.#options.clock.monotonic() + pauseMs
  }

  /** Logs the same once for each damage; after too many of them nothing more that people need to see. */
  #log(reason: string, what: 'wait' | 'repair'): void {
    const { store, logger } = this.#options
    const { name } = store
    if (this.#logged === what) return
    this.#logged = what
    const left = `the source is interrupted, so this is left to other writers for ${LEAVE_TO_OTHERS_MS / 1_000} s`
    const message = `${name} lost its data: ${reason}; ${what === 'repair' ? 'writing it again' : left}`
    if (this.#repairs < MAX_WARNINGS) logger.warn(message)
    else if (this.#repairs > MAX_WARNINGS) logger.debug(message)
    else {
      const advice = 'does another program write to this prefix, or does the database evict rows?'
      logger.error(
        `${name} lost its data again and again: ${reason}; repairs are up to 10 min apart from now on; ${advice}`,
      )
    }
  }
}

import { Backoff } from '../../async/backoff.ts'
import type { Clock } from '../../async/clock.ts'
import type { Logger } from '../../model/logger.ts'
import type { PersistentStore } from '../../model/persistent-store.ts'
import type { DataLoss } from './check-stored-data.ts'

export interface SourceHealth {
  /** Returns true while a connected source confirms that memory is current. */
  readonly isLive: () => boolean
}

export interface RepairPolicyOptions extends SourceHealth {
  readonly store: Pick<PersistentStore, 'name'>
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
}

/** Time for which a writer whose source is interrupted leaves a repair to other writers, in milliseconds. */
const LEAVE_TO_OTHERS_MS = 60_000
const FIRST_PAUSE_MS = 5_000
/** Time without a loss after which the pauses between repairs start again at the shortest one, in milliseconds. */
const QUIET_MS = 3_600_000
/** Number of repairs after which losses are logged as an error with advice, and then only at debug level. */
const MAX_WARNINGS = 4

/**
 * Decides when a loss is repaired, and logs it. The pauses between repairs grow (S173), so that two programs that write
 * different data under one prefix do not overwrite each other without end.
 */
export class RepairPolicy {
  readonly #options: RepairPolicyOptions
  readonly #backoff: Backoff
  #lossSince: number | undefined
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

  intact(): void {
    this.#lossSince = undefined
    this.#logged = 'nothing'
    this.#backoff.succeeded()
  }

  reset(): void {
    this.#lossSince = undefined
    this.#logged = 'nothing'
  }

  /** Records that the database did not answer, so that no other writer could repair the loss either. */
  interrupted(): void {
    this.#lossSince = undefined
  }

  /** Decides whether the loss may be repaired now. Logs a loss, but not the result of a failed write of this process. */
  permits({ reason, confirmMs }: DataLoss, cause: 'loss' | 'failed write'): boolean {
    const { clock, isLive } = this.#options
    const now = clock.monotonic()
    this.#lossSince ??= now
    const lastedMs = now - this.#lossSince
    if (cause === 'loss' && (lastedMs < confirmMs || now < this.#notBefore)) return false
    const waits = !isLive() && lastedMs < LEAVE_TO_OTHERS_MS
    if (cause === 'loss') this.#log(reason, waits ? 'wait' : 'repair')
    return !waits
  }

  repaired(cause: 'loss' | 'failed write'): void {
    this.reset()
    if (cause === 'failed write') return
    const pauseMs = this.#backoff.failed()
    this.#repairs = pauseMs <= FIRST_PAUSE_MS ? 1 : this.#repairs + 1
    this.#notBefore = this.#options.clock.monotonic() + pauseMs
  }

  #log(reason: string, step: 'wait' | 'repair'): void {
    const { store, logger } = this.#options
    const { name } = store
    if (this.#logged === step) return
    this.#logged = step
    const left = `the source is interrupted, so the repair is left to other writers for ${LEAVE_TO_OTHERS_MS / 1_000} s`
    const message = `${name} lost its data: ${reason}; ${step === 'repair' ? 'writing it again' : left}`
    if (this.#repairs < MAX_WARNINGS) logger.warn(message)
    else if (this.#repairs > MAX_WARNINGS) logger.debug(message)
    else {
      logger.error(
        `${name} lost its data again and again: ${reason}; from now on, repairs are up to 10 min apart; check if another program writes to this prefix or the database evicts rows`,
      )
    }
  }
}

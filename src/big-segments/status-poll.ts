import type { Clock } from '../async/clock.ts'
import { Listeners } from '../async/listeners.ts'
import { withDeadline } from '../async/signals.ts'
import { sleep } from '../async/sleep.ts'
import type { BigSegmentStore } from '../model/big-segment-store.ts'
import { errorText, reasonOf } from '../model/error-text.ts'
import type { Logger } from '../model/logger.ts'
import type { BigSegmentStoreStatus } from './status-provider.ts'

export interface StatusPollOptions {
  readonly store: BigSegmentStore
  /** Time from the end of one poll to the start of the next, in milliseconds. */
  readonly pollIntervalMs: number
  /** Age of the last synchronization from which the data is stale, in milliseconds. */
  readonly staleAfterMs: number
  readonly clock: Clock
  readonly logger: Logger
}

/** Longest time of one poll, in milliseconds. After that, the store counts as unavailable. */
const POLL_TIMEOUT_MS = 5_000

const UNAVAILABLE: BigSegmentStoreStatus = Object.freeze({ available: false, stale: false })

/** Polls the store at once and then at intervals, publishes changes of its status, and logs them. */
export class StatusPoll {
  readonly #options: StatusPollOptions
  readonly #closing = new AbortController()
  readonly #listeners: Listeners<BigSegmentStoreStatus>
  readonly #first: Promise<void>
  #current: BigSegmentStoreStatus | undefined
  #synchronizedOn: number | undefined

  constructor(options: StatusPollOptions) {
    const { logger } = options
    this.#options = options
    this.#listeners = new Listeners((error) =>
      logger.error(`big segments: a listener of the status threw: ${errorText(error)}`),
    )
    this.#first = this.#poll()
    // A poll never rejects.
    this.#repeat().catch(() => undefined)
  }

  get listeners(): Listeners<BigSegmentStoreStatus> {
    return this.#listeners
  }

  /** The last known status; `undefined` until the first poll has ended. */
  get current(): BigSegmentStoreStatus | undefined {
    return this.#current
  }

  /** The time of the last synchronization at the last successful poll, in milliseconds since the Unix epoch. */
  get synchronizedOn(): number | undefined {
    return this.#synchronizedOn
  }

  /** Returns the last known status, or waits for the first poll. Never rejects. */
  async required(): Promise<BigSegmentStoreStatus> {
    if (this.#current === undefined) {
      // The process must not end before the answer.
      const release = this.#options.clock.hold()
      await this.#first.finally(release)
    }
    return this.#current ?? UNAVAILABLE
  }

  /** Polls now, because the store has just been synchronized. Never rejects. */
  refresh(): Promise<void> {
    return this.#poll()
  }

  close(): void {
    this.#closing.abort()
  }

  async #repeat(): Promise<void> {
    const { clock, pollIntervalMs } = this.#options
    const { signal } = this.#closing
    await this.#first
    for (;;) {
      await sleep(clock, pollIntervalMs, signal)
      if (signal.aborted) return
      await this.#poll()
    }
  }

  async #poll(): Promise<void> {
    const { store, clock, staleAfterMs } = this.#options
    const { signal } = this.#closing
    try {
      const { synchronizedOn } = await withDeadline(clock, POLL_TIMEOUT_MS, signal, (inTime) =>
        store.metadata(inTime),
      )
      this.#synchronizedOn = synchronizedOn
      const ageMs = synchronizedOn === undefined ? undefined : clock.now() - synchronizedOn
      const stale = ageMs === undefined || !(ageMs < staleAfterMs)
      this.#publish({ available: true, stale }, () => describeAge(ageMs))
    } catch (error) {
      this.#publish(UNAVAILABLE, () => reasonOf(error))
    }
  }

  #publish(status: BigSegmentStoreStatus, describe: () => string): void {
    const last = this.#current
    if (this.#closing.signal.aborted) return
    if (last?.available === status.available && last.stale === status.stale) return
    this.#current = Object.freeze(status)
    this.#log(status, describe)
    this.#listeners.emit({ ...status })
  }

  #log({ available, stale }: BigSegmentStoreStatus, describe: () => string): void {
    const { store, logger } = this.#options
    if (!available) {
      logger.warn(
        `big segments: the status cannot be read: ${describe()}; evaluations of big segments report STORE_ERROR until it can`,
      )
    } else if (stale) {
      logger.warn(
        `big segments: the data in ${store.name} is stale: ${describe()}; evaluations use it and report STALE. Check the ` +
          'process that synchronizes it, and the prefix',
      )
    } else logger.info(`big segments: the data in ${store.name} is current: ${describe()}`)
  }
}

function describeAge(ageMs: number | undefined): string {
  return ageMs === undefined
    ? 'it was never synchronized'
    : `synchronized ${Math.max(0, Math.round(ageMs / 1_000))} s ago`
}

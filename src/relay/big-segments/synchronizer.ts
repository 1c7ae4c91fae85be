import { Backoff } from '../../async/backoff.ts'
import type { Clock } from '../../async/clock.ts'
import { childOf } from '../../async/signals.ts'
import { within } from '../../async/sleep.ts'
import { Wakeup } from '../../async/wakeup.ts'
import type { BigSegmentPatch } from '../../model/big-segment-patch.ts'
import { reasonOf } from '../../model/error-text.ts'
import { StoreError } from '../../model/errors.ts'
import { WarnOnce } from '../../model/warn-once.ts'
import { type BigSegmentService, ServiceError } from './service.ts'
import { nameOf, StoredMembers, type StoredMembersParts, VersionChangedError } from './stored-members.ts'

export interface SynchronizerParts extends StoredMembersParts {
  readonly service: BigSegmentService
  readonly clock: Clock
  readonly random: () => number
  /** Called when {@link BigSegmentSynchronizer.state} has changed. */
  readonly onState: () => void
}

/** `waiting`: after a failure. `synchronized`: the database has all members, and later patches arrive by the stream. */
export type SynchronizerState = 'synchronizing' | 'synchronized' | 'waiting'

/** Delay before the first new attempt, in milliseconds. It doubles with each failure. */
const RETRY_MS = 10_000
const MAX_RETRY_MS = 300_000

/** Delays after a refusal by the service, as for a retired source, in milliseconds. */
const REFUSED_RETRY_MS = 600_000
const MAX_REFUSED_RETRY_MS = 3_600_000

/** Time without a patch after which the time of the synchronization is written again, in milliseconds. */
const IDLE_MS = 30_000

/** Keeps the members of the big segments of one environment current in a database. */
export class BigSegmentSynchronizer {
  readonly #parts: SynchronizerParts
  readonly #closing = new AbortController()
  readonly #wakeup = new Wakeup()
  readonly #backoff: Backoff
  readonly #refusals: Backoff
  readonly #warned = new WarnOnce()
  readonly #stored: StoredMembers
  #state: SynchronizerState = 'synchronizing'
  #changedAt = -Infinity
  #running: Promise<void> | undefined

  constructor(parts: SynchronizerParts) {
    const { clock, random } = parts
    this.#parts = parts
    this.#stored = new StoredMembers(parts)
    this.#backoff = new Backoff({ clock, random, baseMs: RETRY_MS, maxMs: MAX_RETRY_MS })
    this.#refusals = new Backoff({ clock, random, baseMs: REFUSED_RETRY_MS, maxMs: MAX_REFUSED_RETRY_MS })
  }

  get state(): SynchronizerState {
    return this.#state
  }

  /** Number of patches that this relay has written. */
  get patches(): number {
    return this.#stored.written
  }

  /** Starts to synchronize, unless it has been started or closed. */
  start(): void {
    if (!this.#closing.signal.aborted) this.#running ??= this.#run(this.#closing.signal)
  }

  /** Ends a wait after a failure, for example because there is another SDK key. */
  retryNow(): void {
    if (this.#state === 'waiting') this.#wakeup.notify()
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#running
    await this.#parts.writer.close()
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const delayMs = await this.#synchronize(signal).catch((error: unknown) => this.#failed(error))
      if (delayMs > 0) await this.#wakeup.wait(this.#parts.clock, delayMs, signal)
    }
  }

  /** Catches up and follows the stream until something fails. */
  async #synchronize(signal: AbortSignal): Promise<never> {
    const { service } = this.#parts
    this.#enter('synchronizing')
    await this.#stored.refresh(signal)
    for (;;) {
      while ((await this.#poll(signal)) === 'more');
      const connection = childOf(signal)
      try {
        const stream = await service.open(connection.signal)
        // Patches between the last poll and the stream.
        if ((await this.#poll(signal)) === 'more') continue
        await this.#confirm(signal)
        await this.#follow(stream, signal)
      } finally {
        connection.end()
      }
    }
  }

  async #poll(signal: AbortSignal): Promise<'more' | 'done'> {
    const before = this.#stored.version
    const patches = await this.#parts.service.patchesAfter(before, signal)
    if (patches.length === 0) return 'done'
    if ((await this.#stored.apply(patches, 'poll', signal)) === 0)
      throw new ServiceError('temporary', REPEATED)
    return this.#stored.version === before ? 'done' : 'more'
  }

  async #follow(stream: AsyncIterable<readonly BigSegmentPatch[]>, signal: AbortSignal): Promise<never> {
    const { clock } = this.#parts
    const batches = stream[Symbol.asyncIterator]()
    let next: Promise<IteratorResult<readonly BigSegmentPatch[]>> | undefined
    for (;;) {
      next ??= batches.next()
      const event = await within(clock, IDLE_MS, next)
      if (event === 'late') await this.#stored.verify(signal)
      else {
        next = undefined
        if (event.value.done) throw new ServiceError('temporary', 'the stream ended')
        await this.#stored.apply(event.value.value, 'stream', signal)
      }
      await this.#confirm(signal)
    }
  }

  async #confirm(signal: AbortSignal): Promise<void> {
    const { writer, clock, logger } = this.#parts
    await writer.setSynchronizedOn(clock.now(), signal)
    this.#backoff.succeeded()
    if (this.#state === 'synchronized') return
    this.#warned.reset()
    logger.info(`big segments: ${writer.name} is synchronized, at version ${nameOf(this.#stored.version)}`)
    this.#enter('synchronized')
  }

  /** Logs a failure and returns the time until the next attempt, in milliseconds. */
  #failed(error: unknown): number {
    const { clock, logger } = this.#parts
    if (this.#closing.signal.aborted) return 0
    const isOvertaken = error instanceof VersionChangedError || isFenced(error)
    if (isOvertaken) {
      const sinceMs = clock.monotonic() - this.#changedAt
      this.#changedAt = clock.monotonic()
      logger.debug(`big segments: ${reasonOf(error)}; starts over`)
      // At once, but not in a loop with other relays.
      if (sinceMs >= RETRY_MS) return 0
    }
    this.#enter('waiting')
    const isPermanent = error instanceof ServiceError && error.kind === 'permanent'
    const retryAfterMs = error instanceof ServiceError ? error.retryAfterMs : undefined
    const delayMs = isPermanent ? this.#refusals.failed() : this.#backoff.failed(retryAfterMs)
    const reason = reasonOf(error)
    const next = `the next attempt is in ${Math.round(delayMs / 1_000)} s`
    if (isOvertaken) {
      logger.info(`big segments: another relay is writing (${reason}); ${next}`)
    } else if (isPermanent || this.#warned.isFirst(reason)) {
      logger.warn(
        `big segments: not synchronized: ${reason}; ${next}, and SDKs read the members that are stored`,
      )
    }
    return delayMs
  }

  #enter(state: SynchronizerState): void {
    if (this.#state === state) return
    this.#state = state
    this.#parts.onState()
  }
}

/** Recognizes that the database refused a write because another relay was writing. */
function isFenced(error: unknown): boolean {
  return error instanceof StoreError && error.kind === 'fenced'
}

const REPEATED = 'the service sent patches that are not new'

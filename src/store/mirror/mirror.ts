import { Backoff } from '../../async/backoff.ts'
import { sleep } from '../../async/sleep.ts'
import { Wakeup } from '../../async/wakeup.ts'
import type { HashedRow } from '../../layout/digest.ts'
import { readSidecar } from '../../layout/sidecar.ts'
import type { Applied, AppliedChangeSet, Sink } from '../../model/change-set.ts'
import { ClosedError, StoreError } from '../../model/errors.ts'
import type { StoredData } from '../../model/persistent-store.ts'
import { LossCheck, summaryOf } from './loss-check.ts'
import { PendingWrites, type WriteBatch } from './pending-writes.ts'
import { RepairPolicy, type SourceHealth } from './repair-policy.ts'
import { StaleTimer } from './stale-timer.ts'
import { fencingTokenOf, mayWrite, RENEW_MS, type WriteLease, type WriteRight } from './write-lease.ts'
import { Writer, type WriterOptions } from './writer.ts'

export type MirrorOptions = WriterOptions & { readonly lease: WriteLease; readonly random: () => number }

/** Longest time that a close waits for the last write, in milliseconds. */
const CLOSE_TIMEOUT_MS = 2_000
const MIN_RETRY_MS = 1_000

/**
 * Writes the data in memory to a database, in the background (D15). Runs one write at a time and coalesces the changes
 * that arrive meanwhile. After a failed write, and if a check finds that data is missing, it compares the database with
 * memory and repairs it (S170).
 */
export class Mirror implements Sink {
  readonly #options: MirrorOptions
  readonly #pending = new PendingWrites()
  readonly #wakeup = new Wakeup()
  readonly #writer: Writer
  readonly #check: LossCheck
  readonly #repairs: RepairPolicy
  readonly #staleTimer: StaleTimer
  /** Aborts a write that is still in progress at the end of the close time-out, and not at the start of the close. */
  readonly #closing = new AbortController()
  #health: SourceHealth = { isLive: () => true }
  #fencingToken: number | undefined
  #resumed: AppliedChangeSet | undefined
  #storedEnvironmentId: string | undefined
  #environmentId: string | undefined
  #hasLoss = false
  /** True after a failed write, and while another process has the right to write. */
  #retrying = false

  constructor(options: MirrorOptions) {
    this.#options = options
    this.#writer = new Writer(options)
    this.#check = new LossCheck({
      ...options,
      pending: this.#pending,
      writer: this.#writer,
      environmentId: () => this.#environmentId,
    })
    this.#staleTimer = new StaleTimer({ ...options, pauseMs: () => this.#writer.pauseMs })
    this.#repairs = new RepairPolicy({ ...options, isLive: () => this.#health.isLive() })
  }

  /** Records that the database holds exactly these rows. If they are also the first data in memory, nothing is written. */
  resume(changeSet: AppliedChangeSet, rows: readonly HashedRow[]): void {
    this.#writer.resume(rows)
    this.#resumed = changeSet
  }

  /** Records the content of the database at the start, so that data of another environment is not overwritten. */
  startFrom(stored: StoredData): void {
    this.#storedEnvironmentId = readSidecar(stored.sidecar)?.environmentId
    this.#check.startFrom(summaryOf(stored))
  }

  renewSidecar(): void {
    this.#pending.touch()
    this.#wakeup.notify()
  }

  accept({ changeSet, selector, environmentId }: Applied): void {
    this.#environmentId = environmentId ?? this.#environmentId
    this.#pending.apply(changeSet, selector)
    if (this.#resumed === changeSet) this.#pending.markWritten()
    this.#resumed = undefined
    if (changeSet.type === 'full') this.#retrying = false
    if (this.#pending.work !== 'nothing') this.#staleTimer.start()
    this.#wakeup.notify()
  }

  /** Writes until the signal aborts, and then once more if anything is pending. Never rejects. */
  async run(signal: AbortSignal, health: SourceHealth = this.#health): Promise<void> {
    this.#health = health
    const { clock } = this.#options
    const backoff = new Backoff({ ...this.#options, baseMs: 500, maxMs: 10_000, resetAfterMs: 30_000 })
    let disarm = (): void => {}
    const limitClose = (): void => {
      disarm = clock.after(CLOSE_TIMEOUT_MS, () => this.#closing.abort(new ClosedError()))
      const isLive = this.#health.isLive()
      this.#health = { isLive: () => isLive }
    }
    if (signal.aborted) limitClose()
    else signal.addEventListener('abort', limitClose, { once: true })
    while (!signal.aborted) {
      if (await this.#tryRound(signal)) backoff.succeeded()
      else await sleep(clock, Math.max(MIN_RETRY_MS, backoff.failed()), signal)
    }
    await this.#writeLast(this.#closing.signal)
    this.#staleTimer.close()
    disarm()
  }

  async #tryRound(signal: AbortSignal): Promise<boolean> {
    try {
      await this.#round(signal)
      return true
    } catch {
      this.#repairs.interrupted()
      if (this.#pending.work !== 'nothing') this.#options.monitor.update({ stale: true })
      return false
    }
  }

  async #round(signal: AbortSignal): Promise<void> {
    const { clock, monitor } = this.#options
    const right = await this.#requestRight(signal)
    monitor.update({ role: mayWrite(right) ? 'writer' : 'follower' })
    if (right.type === 'denied') {
      // The holder of the lease writes the pending changes and repairs losses.
      this.#repairs.reset()
      this.#hasLoss = false
      this.#noteWritten()
    }
    if (!mayWrite(right)) return sleep(clock, RENEW_MS, signal)
    if (this.#isForeign) return this.#refuse(signal)
    if (this.#retrying && !this.#health.isLive()) this.#pending.demotePayload()
    const { work } = this.#pending
    if (work === 'changes' || work === 'payload') {
      // One write contains all changes of this turn of the event loop.
      await clock.breathe()
      await this.#write(this.#pending.take(), right)
      await this.#writer.pause(this.#pending, signal)
    } else {
      const waitMs = this.#pending.isComplete ? Math.min(this.#check.dueInMs, RENEW_MS) : RENEW_MS
      if (waitMs > 0) await this.#wakeup.wait(clock, waitMs, signal)
    }
    if (signal.aborted || !this.#pending.isComplete || this.#pending.work === 'payload') return
    if (this.#check.dueInMs <= 0) await this.#compare(signal)
  }

  async #compare(signal: AbortSignal): Promise<void> {
    const { monitor } = this.#options
    const fencingToken = this.#fencingToken
    const cause = this.#pending.work === 'comparison' ? 'failed write' : 'loss'
    this.#pending.beginComparison()
    const isThorough = cause === 'failed write' || this.#hasLoss
    const result = await this.#check.run(isThorough ? 'thorough' : 'brief', signal)
    if (this.#pending.work === 'payload') return
    if (result.type === 'foreign') {
      this.#storedEnvironmentId = result.environmentId
      return
    }
    this.#hasLoss = result.type === 'loss'
    if (result.type === 'intact') {
      this.#repairs.intact()
      this.#pending.endComparison()
      if (result.sidecar === 'outdated') this.#pending.touch()
      if (this.#pending.work === 'nothing') this.#noteWritten()
      return
    }
    monitor.update({ stale: true, lost: cause === 'loss' || monitor.status.current.lost })
    if (!this.#repairs.permits(result, cause)) return
    // The reads may have taken longer than the lease lasts.
    const right = await this.#requestRight(signal)
    if (!mayWrite(right) || fencingTokenOf(right) !== fencingToken) return
    await this.#write(this.#pending.takeRepair(result), right)
    this.#repairs.repaired(cause)
  }

  /** Requests the right to write. If another writer may have written since the last time, a comparison comes first. */
  async #requestRight(signal: AbortSignal): Promise<WriteRight> {
    const right = await this.#options.lease.request(signal, () => this.#health.isLive())
    if (!mayWrite(right) || fencingTokenOf(right) !== this.#fencingToken) this.#requireComparison()
    if (mayWrite(right) && this.#pending.work !== 'nothing') this.#staleTimer.start()
    this.#fencingToken = fencingTokenOf(right)
    return right
  }

  #requireComparison(): void {
    this.#retrying = true
    this.#pending.requireComparison()
    if (this.#pending.isComplete) this.#check.makeDue()
  }

  #noteWritten(): void {
    const isStale = this.#staleTimer.stop() === 'stale'
    this.#options.monitor.update({ stale: this.#hasLoss || isStale, lost: this.#hasLoss })
  }

  get #isForeign(): boolean {
    const [stored, own] = [this.#storedEnvironmentId, this.#environmentId]
    return stored !== undefined && own !== undefined && stored !== own
  }

  async #refuse(signal: AbortSignal): Promise<void> {
    const { store, logger, monitor, clock } = this.#options
    logger.error(
      `${store.name} holds environment ${this.#storedEnvironmentId}, and this is ${this.#environmentId}: nothing is written to it`,
    )
    monitor.update({ role: 'reader', stale: true })
    await sleep(clock, Infinity, signal)
  }

  async #write(batch: WriteBatch | undefined, right: WriteRight): Promise<void> {
    if (!batch) return
    this.#staleTimer.writeStarted()
    try {
      const context = {
        fencingToken: fencingTokenOf(right),
        environmentId: this.#environmentId,
        observer: this.#check,
      }
      this.#check.confirm(await this.#writer.write(batch, context, this.#closing.signal))
      this.#pending.confirm(batch)
      this.#retrying = false
      if (batch.type !== 'delta') {
        this.#hasLoss = false
        this.#repairs.reset()
      }
      this.#noteWritten()
    } catch (error) {
      this.#staleTimer.writeFailed()
      // The write may have been applied partially.
      this.#requireComparison()
      if (error instanceof StoreError && error.kind === 'fenced') this.#options.lease.lost()
      throw error
    }
  }

  async #writeLast(signal: AbortSignal): Promise<void> {
    const { lease, logger, store } = this.#options
    try {
      if (this.#pending.work !== 'nothing' && !this.#isForeign) {
        const right = await this.#requestRight(signal)
        if (this.#pending.work === 'comparison' && mayWrite(right)) await this.#compare(signal)
        else if (mayWrite(right)) await this.#write(this.#pending.take(), right)
      }
    } catch {
      logger.warn(`${store.name}: the last changes were not written before the close`)
    }
    await lease.release(signal).catch(() => undefined)
  }
}

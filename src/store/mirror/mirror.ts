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
import { fenceOf, mayWrite, RENEW_MS, type WriteLease, type WriteRight } from './write-lease.ts'
import { Writer, type WriterOptions } from './writer.ts'

export interface MirrorOptions extends WriterOptions {
  readonly lease: WriteLease
  readonly random: () => number
}

const CLOSE_TIMEOUT_MS = 2_000
const MIN_RETRY_MS = 1_000

/**
 * Writes to a database what was applied to memory, after memory and never awaited by it (D15). One write at a time; what
 * changes meanwhile is gathered, the last change of a key only. After a failed write, and whenever a look finds less than
 * there should be, what the database holds is compared with what memory holds, and repaired (S170).
 */
export class Mirror implements Sink {
  readonly #options: MirrorOptions
  readonly #image = new PendingWrites()
  readonly #doorbell = new Wakeup()
  readonly #writer: Writer
  readonly #check: LossCheck
  readonly #repairs: RepairPolicy
  readonly #lateness: StaleTimer
  /** Ends a write, and nothing sooner: one that was begun is better finished than begun again. */
  readonly #ending = new AbortController()
  #health: SourceHealth = { isLive: () => true }
  #fence: number | undefined
  #resumed: AppliedChangeSet | undefined
  #owner: string | undefined
  #environmentId: string | undefined
  #damaged = false
  #retrying = false

  constructor(options: MirrorOptions) {
    this.#options = options
    this.#writer = new Writer(options)
    this.#check = new LossCheck({
      ...options,
      image: this.#image,
      writer: this.#writer,
      environmentId: () => this.#environmentId,
    })
    this.#lateness = new StaleTimer({ ...options, restMs: () => this.#writer.restMs })
    this.#repairs = new RepairPolicy({ ...options, isLive: () => this.#health.isLive() })
  }

  /** The database holds just these rows; if this is the first thing to be applied it need not be written. */
  resume(changeSet: AppliedChangeSet, marks: readonly HashedRow[]): void {
    this.#writer.resume(marks)
    this.#resumed = changeSet
  }

  /** Takes note of what the database held at the start, so that another environment's data is not overwritten. */
  found(stored: StoredData): void {
    this.#owner = readSidecar(stored.sidecar)?.environmentId
    this.#check.found(summaryOf(stored))
  }

  accept({ changeSet, selector, environmentId }: Applied): void {
    this.#environmentId = environmentId ?? this.#environmentId
    this.#image.apply(changeSet, selector)
    if (this.#resumed === changeSet) this.#image.settle()
    this.#resumed = undefined
    if (changeSet.type === 'full') this.#retrying = false
    if (this.#image.pending !== 'nothing') this.#lateness.begin()
    this.#doorbell.notify()
  }

  /** Ends when the signal aborts, after one last attempt to write what is left. Never rejects. */
  async run(signal: AbortSignal, health: SourceHealth = this.#health): Promise<void> {
    this.#health = health
    const { clock } = this.#options
    const backoff = new Backoff({ ...this.#options, baseMs: 500, maxMs: 10_000, resetAfterMs: 30_000 })
    let disarm = (): void => {}
    const hurry = (): void => {
      disarm = clock.after(CLOSE_TIMEOUT_MS, () => this.#ending.abort(new ClosedError()))
      const isLive = this.#health.isLive()
      this.#health = { isLive: () => isLive }
    }
    if (signal.aborted) hurry()
    else signal.addEventListener('abort', hurry, { once: true })
    while (!signal.aborted) {
      if (await this.#succeeds(signal)) backoff.succeeded()
      else await sleep(clock, Math.max(MIN_RETRY_MS, backoff.failed()), signal)
    }
    await this.#farewell(this.#ending.signal)
    this.#lateness.close()
    disarm()
  }

  async #succeeds(signal: AbortSignal): Promise<boolean> {
    try {
      await this.#round(signal)
      return true
    } catch {
      this.#repairs.interrupted()
      if (this.#image.pending !== 'nothing') this.#options.monitor.update({ stale: true })
      return false
    }
  }

  async #round(signal: AbortSignal): Promise<void> {
    const { clock, monitor } = this.#options
    const right = await this.#right(signal)
    monitor.update({ role: mayWrite(right) ? 'writer' : 'follower' })
    if (right.type === 'denied') {
      // What is pending here is the task of another writer.
      this.#repairs.forget()
      this.#damaged = false
      this.#settled()
    }
    if (!mayWrite(right)) return sleep(clock, RENEW_MS, signal)
    if (this.#isForeign) return this.#refuse(signal)
    if (this.#retrying && !this.#health.isLive()) this.#image.demote()
    const { pending } = this.#image
    if (pending === 'changes' || pending === 'payload') {
      // What is applied in the same turn of the event loop is written in one go.
      await clock.breathe()
      await this.#write(this.#image.take(), right)
      await sleep(clock, this.#writer.restMs, signal)
    } else {
      const waitMs = this.#image.complete ? Math.min(this.#check.dueInMs, RENEW_MS) : RENEW_MS
      if (waitMs > 0) await this.#doorbell.wait(clock, waitMs, signal)
    }
    if (signal.aborted || !this.#image.complete || this.#image.pending === 'payload') return
    if (this.#check.dueInMs <= 0) await this.#examine(right, signal)
  }

  /** Compares the database with memory, and repairs it if it may. */
  async #examine(right: WriteRight, signal: AbortSignal): Promise<void> {
    const { monitor } = this.#options
    const cause = this.#image.pending === 'doubt' ? 'failed write' : 'loss'
    this.#image.compare()
    const isThorough = cause === 'failed write' || this.#damaged
    const verdict = await this.#check.look(isThorough ? 'thorough' : 'brief', signal)
    if (this.#image.pending === 'payload') return
    switch (verdict.type) {
      case 'sound':
        this.#repairs.sound()
        this.#damaged = false
        this.#image.trust()
        if (this.#image.pending === 'nothing') this.#settled()
        return
      case 'foreign':
        this.#owner = verdict.environmentId
        return
      case 'damaged':
        this.#damaged = true
        monitor.update({ stale: true, lost: cause === 'loss' || monitor.status.current.lost })
        if (!this.#repairs.permits(verdict, cause)) return
        await this.#write(this.#image.takeRepair(verdict), right)
        this.#repairs.repaired(cause)
        return
      default:
        verdict satisfies never
    }
  }

  /** Asks for the right to write. Another writer may have written meanwhile: what is there has to be compared. */
  async #right(signal: AbortSignal): Promise<WriteRight> {
    const right = await this.#options.lease.request(signal, () => this.#health.isLive())
    if (!mayWrite(right) || fenceOf(right) !== this.#fence) this.#doubt()
    if (mayWrite(right) && this.#image.pending !== 'nothing') this.#lateness.begin()
    this.#fence = fenceOf(right)
    return right
  }

  #doubt(): void {
    this.#retrying = true
    this.#image.doubt()
    if (this.#image.complete) this.#check.hurry()
  }

  /** Notes that what was pending is in the database, where it was not damaged. */
  #settled(): void {
    const isLate = this.#lateness.end() === 'late'
    this.#options.monitor.update({ stale: this.#damaged || isLate, lost: this.#damaged })
  }

  /** What is there belongs to another environment: whoever configured this prefix made a mistake. */
  get #isForeign(): boolean {
    const [owner, own] = [this.#owner, this.#environmentId]
    return owner !== undefined && own !== undefined && owner !== own
  }

  async #refuse(signal: AbortSignal): Promise<void> {
    const { store, logger, monitor, clock } = this.#options
    logger.error(
      `${store.name} holds environment ${this.#owner}, and this is ${this.#environmentId}: nothing is written to it`,
    )
    monitor.update({ role: 'reader', stale: true })
    await sleep(clock, Infinity, signal)
  }

  async #write(batch: WriteBatch | undefined, right: WriteRight): Promise<void> {
    if (!batch) return
    this.#lateness.writing()
    try {
      const circumstances = {
        fence: fenceOf(right),
        environmentId: this.#environmentId,
        writes: (sidecar: string) => this.#check.writes(sidecar),
        replaced: (sidecar: string | undefined) => this.#check.replaced(sidecar),
      }
      this.#check.wrote(await this.#writer.write(batch, circumstances, this.#ending.signal))
      this.#image.confirm(batch)
      this.#retrying = false
      if (batch.type !== 'delta') {
        this.#damaged = false
        this.#repairs.forget()
      }
      this.#settled()
    } catch (error) {
      this.#lateness.failed()
      // It is unknown how much of it was done.
      this.#doubt()
      if (error instanceof StoreError && error.kind === 'fenced') this.#options.lease.lost()
      throw error
    }
  }

  async #farewell(signal: AbortSignal): Promise<void> {
    const { lease, logger, store } = this.#options
    try {
      if (this.#image.pending !== 'nothing' && !this.#isForeign) {
        const right = await this.#right(signal)
        if (this.#image.pending === 'doubt' && mayWrite(right)) await this.#examine(right, signal)
        else if (mayWrite(right)) await this.#write(this.#image.take(), right)
      }
    } catch {
      logger.warn(`${store.name}: the last changes were not written`)
    }
    await lease.release(signal).catch(() => undefined)
  }
}

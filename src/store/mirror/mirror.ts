import { Backoff } from '../../async/backoff.ts'
import { Doorbell } from '../../async/doorbell.ts'
import { sleep } from '../../async/sleep.ts'
import type { Marked } from '../../layout/digest.ts'
import type { Sidecar } from '../../layout/sidecar.ts'
import type { AppliedChangeSet } from '../../model/change-set.ts'
import { ClosedError, StoreError } from '../../model/errors.ts'
import type { Applied, Sink } from '../../model/sink.ts'
import { Image } from './image.ts'
import { RENEW_MS, type Right, type Tenure } from './tenure.ts'
import { Vigil } from './vigil.ts'
import { Writer, type WriterOptions } from './writer.ts'

export interface MirrorOptions extends WriterOptions {
  readonly tenure: Tenure
  readonly random: () => number
}

/** How long the last write may keep a data system from closing. */
const FAREWELL_MS = 2_000
/** A database that comes and goes is written anew once in this time at most. */
const EMBARGO_MS = 1_000

/**
 * Writes to a database what was applied to memory, after memory and never awaited by it (D15). One write at a time; what
 * changes meanwhile is gathered, the last change of a key only. After a failed write, and when the data is found gone,
 * everything is written again.
 */
export class Mirror implements Sink {
  readonly #options: MirrorOptions
  readonly #image = new Image()
  readonly #doorbell = new Doorbell()
  readonly #writer: Writer
  readonly #vigil: Vigil
  /** Ends a write, and nothing sooner: one that was begun is better finished than begun again. */
  readonly #ending = new AbortController()
  #fence: number | undefined
  #resumed: AppliedChangeSet | undefined
  #owner: string | undefined
  #environmentId: string | undefined

  constructor(options: MirrorOptions) {
    this.#options = options
    this.#writer = new Writer(options)
    this.#vigil = new Vigil({ ...options, wrote: (row) => this.#writer.wrote(row) })
  }

  /** The database holds just these rows; if this is the first thing to be applied it need not be written. */
  resume(changeSet: AppliedChangeSet, marks: readonly Marked[]): void {
    this.#writer.resume(marks)
    this.#resumed = changeSet
  }

  /** Tells whose data is there, so that another environment's is not overwritten. */
  found(sidecar: Sidecar | undefined): void {
    this.#owner = sidecar?.environmentId
  }

  accept({ changeSet, selector, environmentId }: Applied): void {
    this.#environmentId = environmentId ?? this.#environmentId
    this.#image.apply(changeSet, selector)
    if (this.#resumed === changeSet) this.#image.settle()
    this.#resumed = undefined
    this.#doorbell.ring()
  }

  /** Ends when the signal aborts, after one last attempt to write what is left. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options
    const backoff = new Backoff({ clock, random, baseMs: 500, maxMs: 10_000, resetAfterMs: 30_000 })
    let disarm = (): void => {}
    const hurry = (): void => {
      disarm = clock.after(FAREWELL_MS, () => this.#ending.abort(new ClosedError()))
    }
    if (signal.aborted) hurry()
    else signal.addEventListener('abort', hurry, { once: true })
    while (!signal.aborted) {
      if (await this.#succeeds(signal)) backoff.succeeded()
      else await sleep(clock, Math.max(EMBARGO_MS, backoff.failed()), signal)
    }
    await this.#farewell(this.#ending.signal)
    disarm()
  }

  async #succeeds(signal: AbortSignal): Promise<boolean> {
    try {
      await this.#round(signal)
      return true
    } catch {
      // The monitor has taken note of why.
      if (!this.#image.written) this.#options.monitor.note({ stale: true })
      return false
    }
  }

  async #round(signal: AbortSignal): Promise<void> {
    const { clock, monitor } = this.#options
    const right = await this.#right(signal)
    monitor.note({ role: right.type === 'denied' ? 'follower' : 'writer' })
    if (right.type === 'denied') return sleep(clock, RENEW_MS, signal)
    if (this.#image.written) {
      const waitMs = this.#image.complete ? this.#vigil.dueInMs : RENEW_MS
      await this.#doorbell.wait(clock, waitMs, signal)
    } else if (this.#isForeign) return this.#refuse(signal)
    else {
      await this.#write(right)
      await sleep(clock, this.#writer.restMs, signal)
    }
    if (signal.aborted || !this.#image.complete || this.#vigil.dueInMs > 0) return
    if ((await this.#vigil.look(signal)) === 'fine') return
    this.#options.logger.warn(`${this.#options.store.name} lost its data; writing it again`)
    monitor.note({ lost: true })
    this.#image.doubt()
  }

  /** Whoever wrote meanwhile may know less, or more: who takes over begins anew. */
  async #right(signal: AbortSignal): Promise<Right> {
    const right = await this.#options.tenure.right(signal)
    const fence = right.type === 'held' ? right.fence : undefined
    if (right.type === 'denied' || fence !== this.#fence) this.#image.doubt()
    this.#fence = fence
    return right
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
    monitor.note({ role: 'reader', stale: true })
    await sleep(clock, Infinity, signal)
  }

  async #write(right: Right): Promise<void> {
    const { monitor, tenure, clock } = this.#options
    // What is applied in the same turn of the event loop is written in one go.
    await clock.breathe()
    const batch = this.#image.take()
    if (!batch) return
    try {
      const fence = right.type === 'held' ? right.fence : undefined
      const circumstances = { fence, environmentId: this.#environmentId }
      await this.#writer.write(batch, circumstances, this.#ending.signal)
      if (batch.type === 'full') this.#vigil.reset()
      monitor.note({ stale: false, lost: false })
    } catch (error) {
      // Nobody knows how much of it was done.
      this.#image.doubt()
      if (error instanceof StoreError && error.kind === 'fenced') tenure.lost()
      throw error
    }
  }

  async #farewell(signal: AbortSignal): Promise<void> {
    const { tenure, logger, store } = this.#options
    try {
      if (!this.#image.written && !this.#isForeign) {
        const right = await this.#right(signal)
        if (right.type !== 'denied') await this.#write(right)
      }
    } catch {
      logger.warn(`${store.name}: the last changes were not written`)
    }
    await tenure.end(signal).catch(() => undefined)
  }
}

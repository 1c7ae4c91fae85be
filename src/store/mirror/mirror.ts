import { Backoff } from '../../async/backoff.ts'
import { withDeadline } from '../../async/deadline.ts'
import { Doorbell } from '../../async/doorbell.ts'
import { sleep } from '../../async/sleep.ts'
import type { Sidecar } from '../../layout/sidecar.ts'
import type { AppliedChangeSet } from '../../model/change-set.ts'
import type { Row } from '../../model/persistent-store.ts'
import type { Applied, Sink } from '../../model/sink.ts'
import { Image } from './image.ts'
import { RENEW_MS, type Right, type Tenure } from './tenure.ts'
import { VIGIL_MS, Vigil } from './vigil.ts'
import { Writer, type WriterOptions } from './writer.ts'

export interface MirrorOptions extends WriterOptions {
  readonly tenure: Tenure
  readonly random: () => number
}

/** Where a writer before this one stopped. */
type Resumed = Pick<Sidecar, 'generation' | 'revision'>

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
  #resumed: AppliedChangeSet | undefined
  #owner: string | undefined
  #environmentId: string | undefined

  constructor(options: MirrorOptions) {
    this.#options = options
    this.#writer = new Writer(options)
    this.#vigil = new Vigil(options)
  }

  /** The database holds just these rows; if this is the first thing to be applied it need not be written. */
  resume(changeSet: AppliedChangeSet, rows: readonly Row[], from: Resumed): void {
    this.#writer.resume(rows, from)
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
    while (!signal.aborted) {
      if (await this.#succeeds(signal)) backoff.succeeded()
      else await sleep(clock, Math.max(EMBARGO_MS, backoff.failed()), signal)
    }
    if (!this.#isForeign) await this.#farewell()
  }

  async #succeeds(signal: AbortSignal): Promise<boolean> {
    try {
      await this.#round(signal)
      return true
    } catch {
      // The monitor has taken note of why.
      return false
    }
  }

  async #round(signal: AbortSignal): Promise<void> {
    const { clock, tenure, monitor } = this.#options
    const right = await tenure.right(signal)
    monitor.note({ role: right.type === 'denied' ? 'follower' : 'writer' })
    if (right.type === 'denied') {
      // Whoever writes now may know less, or more: who takes over begins anew.
      this.#image.doubt()
      return sleep(clock, RENEW_MS, signal)
    }
    if (!this.#image.written) return this.#isForeign ? this.#refuse(signal) : this.#write(right, signal)
    await this.#doorbell.wait(clock, VIGIL_MS, signal)
    if (signal.aborted || !this.#image.written || this.#image.empty) return
    if ((await this.#vigil.look(signal)) === 'fine') return
    this.#options.logger.warn(`${this.#options.store.name} lost its data; writing it again`)
    monitor.note({ lost: true })
    this.#image.doubt()
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

  async #write(right: Right, signal: AbortSignal): Promise<void> {
    const batch = this.#image.take()
    if (!batch) return
    const { monitor } = this.#options
    try {
      const fence = right.type === 'held' ? right.fence : undefined
      await this.#writer.write(batch, { fence, environmentId: this.#environmentId }, signal)
      this.#vigil.reset()
      monitor.note({ stale: false, lost: false })
    } catch (error) {
      // Nobody knows how much of it was done.
      this.#image.doubt()
      monitor.note({ stale: true })
      throw error
    }
  }

  async #farewell(): Promise<void> {
    const { clock, tenure, logger, store } = this.#options
    const open = new AbortController().signal
    const work = async (signal: AbortSignal): Promise<void> => {
      const right = this.#image.written ? undefined : await tenure.right(signal)
      if (right && right.type !== 'denied') await this.#write(right, signal)
      await tenure.end(signal)
    }
    await withDeadline(clock, FAREWELL_MS, open, work).catch(() =>
      logger.warn(`${store.name}: the last changes were not written`),
    )
  }
}

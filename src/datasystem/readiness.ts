import type { Clock } from '../async/clock.ts'
import { Listeners, rethrow } from '../async/listeners.ts'
import { waitFor } from '../async/wait-for.ts'
import { ClosedError } from '../model/errors.ts'
import type { DataAvailability } from '../model/status.ts'

export interface WaitOptions {
  /** Longest wait, milliseconds. Default: no limit. Ends the wait, not the work. */
  readonly timeoutMs?: number
  /** Ends the wait early. */
  readonly signal?: AbortSignal
  /** How good the data must be. Default `defaults`: being initialized is enough. */
  readonly minimum?: DataAvailability
}

export const WAIT_OPTIONS: readonly (keyof WaitOptions)[] = ['timeoutMs', 'signal', 'minimum']

/** Why a wait ended: data was there, it took too long, no source is left that could bring it, or the caller gave up. */
export type WaitVerdict = 'ready' | 'timeout' | 'off' | 'aborted'

const RANK: Readonly<Record<DataAvailability, number>> = { defaults: 0, cached: 1, refreshed: 2 }

/** Whether there is data to serve, how good it is, and the waiting for it (D14). */
export class Readiness {
  readonly #clock: Clock
  readonly #best: DataAvailability
  readonly #progress = new Listeners<void>(rethrow)
  #availability: DataAvailability = 'defaults'
  #initialized = false
  #end: 'none' | 'off' | 'closed' = 'none'

  /** @param best how good the data can ever be. */
  constructor(clock: Clock, best: DataAvailability) {
    this.#clock = clock
    this.#best = best
  }

  get initialized(): boolean {
    return this.#initialized
  }

  get availability(): DataAvailability {
    return this.#availability
  }

  /** There is something to serve; availability never falls. */
  reached(availability: DataAvailability): void {
    const better = RANK[availability] > RANK[this.#availability]
    if (this.#initialized && !better) return
    this.#initialized = true
    if (better) this.#availability = availability
    this.#progress.emit()
  }

  /** Nothing more will come: no source is left, or the data system was closed. */
  ended(end: 'off' | 'closed'): void {
    this.#end = end
    this.#progress.emit()
  }

  /** Something may come again: a source that was retired has another chance. */
  resumed(): void {
    if (this.#end === 'off') this.#end = 'none'
  }

  /** Keeps the process alive while it waits. Rejects only with {@link ClosedError}. */
  async wait({ timeoutMs = Infinity, signal, minimum = 'defaults' }: WaitOptions): Promise<WaitVerdict> {
    const end = await waitFor({
      clock: this.#clock,
      subscribe: (look) => this.#progress.add(look),
      find: () => this.#verdict(minimum),
      timeoutMs,
      signal,
    })
    if (end === 'closed') throw new ClosedError()
    return end
  }

  #verdict(minimum: DataAvailability): 'ready' | 'off' | 'closed' | undefined {
    if (this.#end === 'closed') return 'closed'
    if (this.#initialized && RANK[this.#availability] >= RANK[minimum]) return 'ready'
    return this.#end === 'off' || RANK[minimum] > RANK[this.#best] ? 'off' : undefined
  }
}

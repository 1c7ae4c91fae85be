import type { Clock } from '../async/clock.ts'
import { Listeners } from '../async/listeners.ts'
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

/** Why a wait ended: data was there, it took too long, no source is left, or the caller gave up. */
export type WaitVerdict = 'ready' | 'timeout' | 'off' | 'aborted'

const RANK: Readonly<Record<DataAvailability, number>> = { defaults: 0, cached: 1, refreshed: 2 }

/** Whether there is data to serve, how good it is, and the waiting for it (D14). */
export class Readiness {
  readonly #clock: Clock
  readonly #progress = new Listeners<void>(rethrow)
  #availability: DataAvailability = 'defaults'
  #initialized = false
  #end: 'none' | 'off' | 'closed' = 'none'

  constructor(clock: Clock) {
    this.#clock = clock
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

  /** Keeps the process alive while it waits. Rejects only with {@link ClosedError}. */
  wait({ timeoutMs = Infinity, signal, minimum = 'defaults' }: WaitOptions): Promise<WaitVerdict> {
    return new Promise((resolve, reject) => {
      const release = this.#clock.hold()
      const settle = (verdict: WaitVerdict | 'closed'): void => {
        release()
        disarm?.()
        unlisten()
        signal?.removeEventListener('abort', giveUp)
        if (verdict === 'closed') reject(new ClosedError())
        else resolve(verdict)
      }
      const giveUp = (): void => settle('aborted')
      const look = (): void => {
        if (this.#end === 'closed') settle('closed')
        else if (this.#initialized && RANK[this.#availability] >= RANK[minimum]) settle('ready')
        else if (this.#end === 'off') settle('off')
      }
      const unlisten = this.#progress.add(look)
      const disarm =
        timeoutMs === Infinity ? undefined : this.#clock.after(timeoutMs, () => settle('timeout'))
      if (signal?.aborted) return giveUp()
      signal?.addEventListener('abort', giveUp)
      look()
    })
  }
}

/** The listeners here are ours alone: one that throws is a defect to be seen. */
function rethrow(error: unknown): never {
  throw error
}

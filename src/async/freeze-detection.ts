import type { Clock, Undo } from './clock.ts'
import { Listeners, rethrow } from './listeners.ts'
import { Wakeup } from './wakeup.ts'

const TICK_MS = 1_000

/** Time between two checks that means the process did not run for 3 s. Below 3 s, because timers are inexact. */
const FROZEN_MS = 2_800

const SPREAD_MS = 800

export interface WakeContext {
  readonly clock: Clock
  readonly random: () => number
}

const tickers = new WeakMap<Clock, Ticker>()

/**
 * Calls `woke` after the process was frozen, the machine was asleep, or the event loop was blocked for 3 s or more. The call
 * comes within 0.8 s at random, so that processes that were frozen together do not contact their server together. A wall
 * clock that was set forward has the same effect. All callers of one clock share one timer, which runs only while there
 * are callers.
 */
export function onWake({ clock, random }: WakeContext, woke: () => void): Undo {
  let ticker = tickers.get(clock)
  if (!ticker) {
    ticker = new Ticker(clock)
    tickers.set(clock, ticker)
  }
  let disarm: Undo | undefined
  const remove = ticker.add(() => {
    disarm?.()
    disarm = clock.after(random() * SPREAD_MS, woke)
  })
  return () => {
    remove()
    disarm?.()
  }
}

/** Waits that end early if the process wakes from a freeze. A wake between two waits ends the next wait. */
export interface WakeableWaits {
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
  /** Drops a wake that has not ended a wait yet. */
  readonly forget: () => void
  readonly stop: Undo
}

/** Starts to watch for wakes. The caller must call `stop`. */
export function wakeableWaits(waking: WakeContext): WakeableWaits {
  let wakeup = new Wakeup()
  const stop = onWake(waking, () => wakeup.notify())
  return {
    wait: (ms, signal) => wakeup.wait(waking.clock, ms, signal),
    forget() {
      wakeup = new Wakeup()
    },
    stop,
  }
}

/** Compares both clocks every second, because only the wall clock shows that the machine was asleep. */
class Ticker {
  readonly #clock: Clock
  readonly #listeners = new Listeners<void>(rethrow)
  #disarm: Undo | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(woke: () => void): Undo {
    const remove = this.#listeners.add(woke)
    if (!this.#disarm) this.#tick()
    return () => {
      remove()
      if (this.#listeners.size > 0) return
      this.#disarm?.()
      this.#disarm = undefined
    }
  }

  #tick(): void {
    const monotonic = this.#clock.monotonic()
    const now = this.#clock.now()
    this.#disarm = this.#clock.after(TICK_MS, () => {
      const elapsedMs = Math.max(this.#clock.monotonic() - monotonic, this.#clock.now() - now)
      this.#tick()
      if (elapsedMs >= FROZEN_MS) this.#listeners.emit()
    })
  }
}

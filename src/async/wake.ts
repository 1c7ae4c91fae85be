import type { Clock, Undo } from './clock.ts'
import { Wakeup } from './doorbell.ts'
import { Listeners, rethrow } from './listeners.ts'

/** Time between two looks at the clocks, milliseconds. */
const TICK_MS = 1_000

/** The time between two looks that means that the process did not run for 3 s; less than that, as timers are inexact. */
const FROZEN_MS = 2_800

/** Longest time between waking and the call, milliseconds. */
const SPREAD_MS = 800

/** Options of {@link onWake}. */
export interface Waking {
  readonly clock: Clock
  readonly random: () => number
}

const tickers = new WeakMap<Clock, Ticker>()

/**
 * Calls `woke` after the process was frozen, the machine asleep, or the event loop blocked, for 3 s or more: within 0.8 s
 * at random, so that processes that were frozen together do not all ask their server together. A wall clock that was set
 * forward looks the same. All callers of one clock share one timer, which exists only while there are callers.
 */
export function onWake({ clock, random }: Waking, woke: () => void): Undo {
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

/** Waits that end early when the process wakes. A wake between two waits ends the next one. */
export interface WakeableWaits {
  /** Resolves after `ms`, when the process wakes, or when the signal aborts, whichever comes first. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
  /** Forgets the wakes that no wait saw. */
  readonly forget: () => void
  readonly stop: Undo
}

/** Watches for wakes until stopped. */
export function wakeableWaits(waking: Waking): WakeableWaits {
  let bell = new Wakeup()
  const stop = onWake(waking, () => bell.notify())
  return {
    wait: (ms, signal) => bell.wait(waking.clock, ms, signal),
    forget() {
      bell = new Wakeup()
    },
    stop,
  }
}

/** Looks at both clocks every second: only the wall clock shows that a machine slept. */
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

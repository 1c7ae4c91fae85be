import { systemClock } from '../src/async/clock.ts'
import type { DataSystem } from '../src/index.ts'

export interface Reads {
  readonly total: number
  /** Number of reads without data. Expected: 0. */
  readonly empty: number
}

/** Reads flags every few milliseconds until it is stopped. */
export function keepReading(dataSystem: DataSystem, keys: readonly string[]): { stop(): Reads } {
  let total = 0
  let empty = 0
  let disarm = (): void => {}
  const read = (): void => {
    for (let burst = 0; burst < 20; burst++) {
      if (!dataSystem.flag(keys[total++ % keys.length] as string)) empty++
    }
    disarm = systemClock.after(2, read)
  }
  read()
  return {
    stop() {
      disarm()
      return { total, empty }
    },
  }
}

import type { Clock } from '../../../src/async/clock.ts'
import type { PersistentStore } from '../../../src/model/persistent-store.ts'
import { CountSchedule } from '../../../src/store/count-schedule.ts'
import type { Flaw } from './flaws.ts'

/** Cost of a count, in read units. */
const COUNT_UNITS = 40
/** Longest time until the next count, in milliseconds. */
export const COUNT_INTERVAL_MS = 40_000

/** Returns a store that charges for each row that it counts, as DynamoDB does. */
export function rarelyCounted(store: PersistentStore, clock: Clock, flaw: Flaw | undefined): PersistentStore {
  const schedule = new CountSchedule(clock)
  const isFlawed = flaw === 'rows that are expensive to count are counted too rarely'
  const spend = (): void => schedule.spent(isFlawed ? Infinity : COUNT_UNITS)
  return {
    ...store,
    summary: async (signal) => {
      const { counts, ...state } = await store.summary(signal)
      if (!schedule.isDue || !counts) return state
      spend()
      return { ...state, counts }
    },
    readAll: async (signal) => {
      const stored = await store.readAll(signal)
      spend()
      return stored
    },
  }
}

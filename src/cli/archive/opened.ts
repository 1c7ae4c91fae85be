import { systemClock } from '../../async/clock.ts'
import { withDeadline } from '../../async/signals.ts'
import { systemRandom } from '../../config/injected.ts'
import type { PersistentStore } from '../../model/persistent-store.ts'
import { storeOf } from '../../relay/environment-plan.ts'
import type { Errand } from './found.ts'

const clock = systemClock

/** How long a database may take for everything it holds, or is to hold. */
const DATABASE_MS = 60_000

/** Does something with the place of an environment, in time, and closes it. Rejects where no database is configured. */
export async function withStore<T>(
  { relay, environment, logger, signal: parent }: Errand,
  use: (store: PersistentStore, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const description = storeOf(relay, environment)
  if (!description) throw new Error('no database is configured')
  // No connection of a store keeps the process alive, so somebody has to until there is an answer.
  const release = clock.hold()
  const { store } = description.open({ clock, random: systemRandom, logger })
  try {
    return await withDeadline(clock, DATABASE_MS, parent, (signal) => use(store, signal))
  } finally {
    await store.close()
    release()
  }
}

import type { Clock } from '../async/clock.ts'
import type { ChangeSet, Sink } from '../model/change-set.ts'
import type { Logger } from '../model/logger.ts'
import type { DataAvailability } from '../model/status.ts'
import type { MemoryStore } from '../store/memory-store.ts'
import type { ChangeNotifier } from './change-notifier.ts'
import type { Complaints } from './complaints.ts'
import type { Plan } from './plan.ts'
import type { Readiness } from './readiness.ts'
import type { StatusPublisher } from './status-publisher.ts'
import type { Timings } from './timings.ts'

/** What the story of a data system is told with. */
export interface Parts {
  readonly plan: Plan
  readonly store: MemoryStore
  readonly changes: ChangeNotifier
  readonly sinks: readonly Sink[]
  readonly status: StatusPublisher
  readonly readiness: Readiness
  /** What reads return at the moment, from memory or from a database. */
  readonly served: () => DataAvailability
  readonly complaints: Complaints
  /** Told which environment the data is of, as often as a source says so. */
  readonly identify: (environmentId: string) => void
  /**
   * Gets ready what evaluation of a change set needs, before it takes effect. Returns undefined if there is nothing to
   * wait for; never rejects.
   */
  readonly prepare: (changeSet: ChangeSet) => Promise<void> | undefined
  readonly timings: Timings
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
}

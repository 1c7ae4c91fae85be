import type { Clock } from '../async/clock.ts'
import type { DataSystem } from '../datasystem/data-system.ts'
import type { Snapshot } from '../model/change-set.ts'
import type { DataSourceStatus } from '../model/status.ts'
import { type EnvironmentConfig, isFromFiles, type RelayConfig } from './config/relay-config.ts'
import type { OverrideLayer } from './files/override-layer.ts'
import type { Served } from './log.ts'
import type { StoredData } from './stored-data.ts'
import { sourceViewOf } from './unanswered.ts'
import type { EnvironmentView } from './view.ts'

/** The data that an environment serves: those in memory, or those of the database until there are any. */
export class ServedData {
  readonly #dataSystem: DataSystem
  readonly #stored: StoredData
  readonly #overrides: OverrideLayer | undefined

  constructor(dataSystem: DataSystem, stored: StoredData, overrides: OverrideLayer | undefined) {
    this.#dataSystem = dataSystem
    this.#stored = stored
    this.#overrides = overrides
  }

  /** The data as clients receive it, with overrides. */
  get snapshot(): Snapshot | undefined {
    const { base } = this
    return base && this.#overrides ? this.#overrides.over(base) : base
  }

  /** The data without overrides. */
  get base(): Snapshot | undefined {
    return this.#hasData ? this.#dataSystem.snapshot() : this.#stored.snapshot
  }

  /** Computed at every change, so it must not copy data without need. */
  get holds(): EnvironmentView['holds'] | undefined {
    if (this.#hasData && !this.#overrides) return this.#dataSystem.counts
    const { snapshot } = this
    return snapshot && { flags: snapshot.flags.size, segments: snapshot.segments.size }
  }

  /** @param confirmed - the kind of data that its source has confirmed. */
  servingAs(confirmed: 'archive' | 'live'): EnvironmentView['serving'] {
    if (!this.holds) return 'nothing'
    return this.#dataSystem.availability === 'refreshed' ? confirmed : 'stored'
  }

  /** The source is `initializing` until the service has confirmed the data, even if the data system resumed from the database. */
  get source(): DataSourceStatus {
    const { current } = this.#dataSystem.status
    const isConfirmed = this.#dataSystem.availability === 'refreshed'
    return isConfirmed || current.state === 'off' ? current : { ...current, state: 'initializing' }
  }

  /** True if memory has data. A valid answer does not imply that: it may be `none`. */
  get #hasData(): boolean {
    const { lazy, initialized, availability } = this.#dataSystem
    return !lazy && initialized && availability !== 'defaults'
  }
}

interface ServedOptions {
  readonly relay: RelayConfig
  readonly config: EnvironmentConfig
  readonly archivedAt?: (() => number) | undefined
  readonly clock: Clock
}

/** Returns the part of the view of an environment that is read at every change. */
export function servedOf(data: ServedData, { relay, config, archivedAt, clock }: ServedOptions): Served {
  return {
    serving: data.servingAs(archivedAt ? 'archive' : 'live'),
    ...(archivedAt && { archivedAt: archivedAt() }),
    ...(isFromFiles(config) && { origin: 'files' as const }),
    ...sourceViewOf(data.source, relay.endpoints, clock.now()),
    holds: data.holds ?? { flags: 0, segments: 0 },
  }
}

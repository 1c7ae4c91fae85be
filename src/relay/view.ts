import type { Clock } from '../async/clock.ts'
import type { DataSystem } from '../datasystem/data-system.ts'
import type { AppliedChangeSet } from '../model/change-set.ts'
import type { DataSourceStatus, StoreStatus } from '../model/status.ts'
import type { Traffic } from '../server/traffic.ts'
import type { StoreType } from '../store/registry.ts'
import type { AutoConfigView } from './auto-config/auto-config-status.ts'
import type { SynchronizerState } from './big-segments/synchronizer.ts'
import type { CertificateView } from './certificate.ts'
import type { EnvironmentConfig, RelayConfig } from './config/relay-config.ts'
import type { ConnectionCounts } from './connections.ts'
import type { EventsView } from './events/event-service.ts'
import type { OverridesView } from './files/override-files.ts'
import type { UnansweredView } from './unanswered.ts'

/** The state of a relay at one moment. `/status`, `/readyz`, `/metrics` and the page are derived from it. */
export interface RelayView {
  /** The version of Halyard. */
  readonly version: string
  /** Milliseconds since the Unix epoch, like all times in the view. */
  readonly now: number
  /** The start time of the relay. */
  readonly startedAt: number
  /** The environments in the order of the configuration. */
  readonly environments: readonly EnvironmentView[]
  /** The state of automatic configuration. Absent if it is not used. */
  readonly autoConfig?: AutoConfigView
  /** The numbers of connections. */
  readonly connections: ConnectionCounts
  /** The certificate that the relay serves. Only with TLS. */
  readonly certificate?: CertificateView
}

/** The state of one environment. */
export interface EnvironmentView {
  /** The name in the configuration. With automatic configuration, the ID. */
  readonly name: string
  /** The name of project and environment for people. Only with automatic configuration. */
  readonly label?: string
  /** Only with automatic configuration. */
  readonly envKey?: string
  /** Only with automatic configuration. */
  readonly envName?: string
  /** Only with automatic configuration. */
  readonly projName?: string
  /** The SDK key, of which all but the last four characters are masked. */
  readonly sdkKey: string
  /** The further SDK keys that have not expired. Absent if there are none. */
  readonly moreSdkKeys?: readonly KeyView[]
  /** The mobile key, masked. */
  readonly mobileKey?: string
  /** The further mobile keys that have not expired. Absent if there are none. */
  readonly moreMobileKeys?: readonly KeyView[]
  /** The client-side ID of the environment. Absent if it has none. */
  readonly envId?: string
  /** The key of the project. Absent if it is unknown. */
  readonly projKey?: string
  /** The kind of data that SDKs receive. `stored`: data from the database that the service has not confirmed since the start. */
  readonly serving: 'nothing' | 'stored' | 'archive' | 'live'
  /** The modification time of the archive. Only in an offline relay. */
  readonly archivedAt?: number
  /** `files`: the flags come from files or URLs in place of LaunchDarkly. Absent otherwise. */
  readonly origin?: 'files'
  /** The status of the sources of the flag data. */
  readonly source: DataSourceStatus
  /** A request to the service without an answer so far. Present while the source is neither valid nor waits for its next attempt. */
  readonly unanswered?: UnansweredView
  /** The database of the environment. Absent without a database. */
  readonly store?: StoreView
  /** Absent if the data has had no big segment since the start, or the relay cannot keep their members. */
  readonly bigSegments?: BigSegmentsView
  /** The flags and segments that files replace. Absent without `overrideFile`. */
  readonly overrides?: OverridesView
  /** The numbers of flags and segments in memory. */
  readonly holds: { readonly flags: number; readonly segments: number }
  /** The numbers of clients. */
  readonly clients: ClientsView
  /** The SDKs with the most open streams, at most ten. Absent if there are no streams. */
  readonly sdks?: readonly SdkStreams[]
  /** The numbers of answers and bytes to clients since the start. */
  readonly traffic: Traffic
  /** The analytics events of clients. */
  readonly events: EventsView
  /** The state of the data that clients receive. Absent before the first data. */
  readonly revision?: Revision
  /** The last changes, newest first. */
  readonly recent: readonly RecentChange[]
}

/** The clients of an environment by kind. */
export interface ClientsView {
  /** Number of open streams of flag data over FDv2. */
  readonly fdv2: number
  /** Number of open streams of flag data over FDv1. */
  readonly fdv1: number
  /** Number of open streams of browsers and mobile SDKs, which report changes without data. */
  readonly pings: number
  /** Estimated number of clients that polled in the last 10 minutes and have no stream. */
  readonly pollers: number
}

/** The open streams of one version of an SDK. */
export interface SdkStreams {
  /** The name of the SDK, from its user agent. */
  readonly name: string
  /** Empty if it is unknown. */
  readonly version: string
  /** Number of open streams. */
  readonly streams: number
}

/** A further key of an environment. */
export interface KeyView {
  /** All but the last four characters are masked. */
  readonly value: string
  /** The time at which the key expires. Absent if it does not. */
  readonly until?: number
}

/** The database of an environment, and its place there. */
export interface StoreView {
  /** The type of database. */
  readonly database: StoreType | 'file'
  /** The prefix of the environment's rows. Absent if the configuration has none. */
  readonly prefix?: string
  /** The table of the environment. Only for DynamoDB. */
  readonly tableName?: string
  /** The status of the database. */
  readonly status: StoreStatus
  /** True if the database has confirmed all data in memory. */
  readonly isWritten: boolean
}

/** The big segments of an environment in the relay's database. */
export interface BigSegmentsView {
  /** The state of the synchronization by this relay. */
  readonly state: SynchronizerState
  /** True if the database answered the last check. */
  readonly available: boolean
  /** True if the database answers, but was not synchronized for `bigSegmentsStaleThreshold`, by this or another relay. */
  readonly stale: boolean
  /** True if the relay counts as degraded while the members are stale. */
  readonly staleIsDegraded: boolean
  /** The time of the last synchronization in the database. */
  readonly synchronizedOn?: number
  /** Number of patches that this relay has written. */
  readonly patches: number
}

/** The state of the data, for a comparison of relays. */
export interface Revision {
  /** The version of the selector, which the service counts. 1 if the service has no selectors. */
  readonly version: number
  /** A number below 2^48 that is derived from the selector. Relays with the same data have the same. */
  readonly fingerprint: number
}

/** A full payload or delta that was applied. */
export interface RecentChange {
  /** The time of the change. */
  readonly at: number
  /** The kind of payload: a full one or a delta. */
  readonly type: 'full' | 'partial'
  /** Number of flags and segments that were set. */
  readonly puts: number
  /** Number of flags and segments that were deleted. */
  readonly deletes: number
  /** The first ten items, as `flag KEY` or `segment KEY`. Empty for `full`. */
  readonly items: readonly string[]
}

/** Returns the view of the database of an environment; `undefined` if it has none. */
export function storeViewOf(
  published: DataSystem['storeStatus'],
  { store }: Pick<RelayConfig, 'store'>,
  { prefix, tableName }: EnvironmentConfig,
): StoreView | undefined {
  return (
    published && {
      database: store?.type ?? 'file',
      ...(prefix !== undefined && { prefix }),
      ...(tableName !== undefined && { tableName }),
      status: published.current,
      isWritten: published.isWritten(),
    }
  )
}

const MAX_CHANGES = 20
const MAX_ITEMS = 10

/** The last changes of an environment, for display. */
export class RecentChanges {
  readonly #clock: Clock
  #changes: readonly RecentChange[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get latest(): readonly RecentChange[] {
    return this.#changes
  }

  add({ type, changes }: AppliedChangeSet): void {
    const puts = changes.filter(({ op }) => op === 'put').length
    const named = type === 'full' ? [] : changes.slice(0, MAX_ITEMS)
    const change: RecentChange = {
      at: this.#clock.now(),
      type,
      puts,
      deletes: changes.length - puts,
      items: named.map(({ kind, key }) => `${kind} ${key}`),
    }
    this.#changes = [change, ...this.#changes].slice(0, MAX_CHANGES)
  }
}

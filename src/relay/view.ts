import type { Clock } from '../async/clock.ts'
import type { AppliedChangeSet } from '../model/change-set.ts'
import type { DataSourceStatus, StoreStatus } from '../model/status.ts'
import type { Traffic } from '../server/traffic.ts'
import type { StoreType } from '../store/registry.ts'
import type { ConnectionCounts } from './connections.ts'

/** How a relay does, at one moment: what `/status`, `/readyz`, `/metrics` and the page tell in their own words. */
export interface RelayView {
  readonly version: string
  /** Milliseconds since the Unix epoch, like every time in here. */
  readonly now: number
  readonly startedAt: number
  readonly environments: readonly EnvironmentView[]
  readonly connections: ConnectionCounts
}

export interface EnvironmentView {
  readonly name: string
  /** All but the last four characters masked. */
  readonly sdkKey: string
  readonly envId?: string
  readonly projKey?: string
  /** `stored`: what the database held at the start, which no service has confirmed since. */
  readonly serving: 'nothing' | 'stored' | 'archive' | 'live'
  /** When the archive was written that an offline relay serves. Absent in any other relay. */
  readonly archivedAt?: number
  readonly source: DataSourceStatus
  readonly store?: StoreView
  readonly holds: { readonly flags: number; readonly segments: number }
  /** Streams open at the moment. */
  readonly clients: { readonly fdv2: number; readonly fdv1: number }
  readonly traffic: Traffic
  /** The newest first. */
  readonly recent: readonly RecentChange[]
}

/** The database of an environment, and its place there. */
export interface StoreView {
  readonly database: StoreType | 'file'
  readonly prefix?: string
  readonly tableName?: string
  readonly status: StoreStatus
}

/** A transaction that was applied. */
export interface RecentChange {
  readonly at: number
  readonly type: 'full' | 'partial'
  readonly puts: number
  readonly deletes: number
  /** The first few, as `flag KEY` or `segment KEY`; for `full` none. */
  readonly items: readonly string[]
}

/** All but the last four characters of a key, which are enough to tell keys apart. */
export function masked(key: string): string {
  const shown = key.length > 8 ? key.slice(-4) : ''
  return key.slice(0, key.length - shown.length).replaceAll(/[^-]/g, '*') + shown
}

const MAX_CHANGES = 20
const MAX_ITEMS = 10

/** The latest transactions of an environment, for people to look at. */
export class RecentChanges {
  readonly #clock: Clock
  #changes: readonly RecentChange[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The newest first. */
  get latest(): readonly RecentChange[] {
    return this.#changes
  }

  note({ type, changes }: AppliedChangeSet): void {
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

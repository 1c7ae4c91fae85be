import { untilAborted, withDeadline } from '../async/signals.ts'
import type { Database } from '../datasystem/parts.ts'
import type { Initializer } from '../initializers/initializer.ts'
import { storeInitializer, storeProbe } from '../initializers/store.ts'
import type { DataOwner } from '../layout/data-owner.ts'
import type { Sink } from '../model/change-set.ts'
import { ConfigError, HalyardError } from '../model/errors.ts'
import type { OpenedStore, RowName, StoreDescription } from '../model/persistent-store.ts'
import { LazyReads, type LazyReadsOptions } from '../store/lazy/lazy-reads.ts'
import { type ReadProbe, waitForData } from '../store/lazy/wait-for-data.ts'
import { Mirror, type MirrorOptions } from '../store/mirror/mirror.ts'
import { exclusive, unrestricted } from '../store/mirror/write-lease.ts'
import { guardedFeed, guardedLease, monitored } from '../store/monitored.ts'
import { StoreMonitor } from '../store/store-monitor.ts'
import { storeSynchronizer } from '../synchronizers/store.ts'
import type { Synchronizer } from '../synchronizers/synchronizer.ts'
import type { Settings } from './normalise.ts'

export interface BuiltDatabase {
  readonly database: Database
  readonly initializers: readonly Initializer[]
  readonly synchronizers: readonly Synchronizer[]
  readonly sinks: readonly Sink[]
}

const DEFAULT_TTL_MS = 30_000
const DEFAULT_RESUME_MS = 1_000

/** Longest time for closing a store, in milliseconds. After that, its connections stay open until the process exits. */
const CLOSE_MS = 5_000

export function buildDatabase(
  settings: Settings,
  description: StoreDescription,
  owner: DataOwner,
): BuiltDatabase {
  const { initializers, synchronizers, storeMode = 'read-write' } = settings.dataSystem
  const isOnlySource = initializers.length + synchronizers.length === 0
  const role = isOnlySource || storeMode === 'read' ? 'reader' : 'writer'
  const opened = openStore(description, settings)
  const monitor = new StoreMonitor(opened.store.name, role, settings)
  const store = monitored(opened.store, monitor)
  const feed = guardedFeed(opened.feed, store.name, settings.logger)
  const parts = {
    settings,
    description,
    owner,
    opened: { ...opened, store, feed, lease: guardedLease(opened.lease) },
    monitor,
  }
  return isOnlySource ? daemon(parts) : besideService(parts, role)
}

/** Opens a store. Throws a {@link ConfigError} if the store, which may be the application's own, does not have the right form. */
function openStore(description: StoreDescription, settings: Settings): OpenedStore {
  const path = 'dataSystem.store'
  const expected = 'a store whose open() returns store, feed and lease'
  const opened = ((): Partial<OpenedStore> | undefined => {
    try {
      return description.open(settings)
    } catch (cause) {
      if (cause instanceof HalyardError) throw cause
      throw new ConfigError([{ path, expected, received: 'one that throws' }], { cause })
    }
  })()
  if (opened?.store && opened.feed && opened.lease) return opened as OpenedStore
  throw new ConfigError([{ path, expected, received: 'one that returns something else' }])
}

interface BuildParts {
  readonly settings: Settings
  readonly description: StoreDescription
  readonly owner: DataOwner
  readonly opened: OpenedStore
  readonly monitor: StoreMonitor
}

/**
 * Builds daemon mode: the database is the only source of data (D18). Its source loads all rows once the application listens for
 * changes, or at the start if the store has `reads: 'snapshot'`.
 */
function daemon(parts: BuildParts): BuiltDatabase {
  const { settings, description, opened, monitor } = parts
  const { cacheTtlMs = DEFAULT_TTL_MS, reads = 'lazy' } = description
  const { promise: startAfter, resolve: loadAllRows } = Promise.withResolvers<void>()
  if (reads === 'snapshot') loadAllRows()
  const intervalMs = Math.max(cacheTtlMs, settings.timings.storeIntervalMs)
  const onQuarantine = (rows: readonly RowName[]): void => monitor.update({ quarantined: rows })
  const source = storeSynchronizer({ ...settings, ...opened, intervalMs, startAfter, onQuarantine })
  const lazy = lazyReads(parts, { gate: 'open', fills: reads === 'snapshot' ? 'soon' : 'on demand' })
  const database = databaseOf(parts, lazy, [])
  return {
    database: {
      ...database,
      isOnlySource: true,
      loadAllRows,
      run: async (signal, context) => {
        // With a snapshot, the source reports that the data is ready once it is in memory.
        const report = (probe: ReadProbe): void => {
          if (probe !== 'data' || reads === 'lazy') context.reportProbe(probe)
        }
        await Promise.all([
          database.run(signal, context),
          waitForData({ ...settings, reads: lazy, report }, signal),
        ])
      },
    },
    initializers: [],
    synchronizers: [source],
    sinks: [],
  }
}

/** Builds a database beside a service: evaluations read it until a source has data (D22), and changes are written after memory (D15). */
function besideService(parts: BuildParts, role: 'reader' | 'writer'): BuiltDatabase {
  const { settings, description, owner, opened, monitor } = parts
  const { resumeTimeoutMs = DEFAULT_RESUME_MS, writers = 'all' } = description
  const { clock } = settings
  const writeLease = writers === 'one' ? exclusive(opened.lease, monitor, clock) : unrestricted
  const mirrorOptions: MirrorOptions = {
    ...settings,
    store: opened.store,
    lease: writeLease,
    monitor,
    get keyFingerprint() {
      return owner.keyFingerprint
    },
  }
  const mirrors = role === 'reader' ? [] : [new Mirror(mirrorOptions)]
  // A restart with the new key alone can resume from the data only if the sidecar has the fingerprint of this key.
  owner.onNewKey(() => {
    for (const mirror of mirrors) mirror.renewSidecar()
  })
  const reads = lazyReads(parts, { gate: 'marker', fills: 'with the service' })
  const resumption = storeInitializer({
    ...settings,
    store: opened.store,
    owner,
    timeoutMs: resumeTimeoutMs,
    onRead: (stored, sidecar) => {
      reads.adopt({ initialized: stored.initialized, savedAt: sidecar?.savedAt })
      for (const mirror of mirrors) mirror.startFrom(stored)
    },
    onResume: (changeSet, marks) => {
      for (const mirror of mirrors) mirror.resume(changeSet, marks)
    },
  })
  return {
    database: databaseOf(parts, reads, mirrors),
    // FDv1 has no selectors, so there is nothing to resume from. The probe shows whether the database has data to
    // serve.
    initializers: [
      settings.mode.protocol === 'fdv2'
        ? resumption
        : storeProbe({ clock, probe: async () => reads.ready(), timeoutMs: resumeTimeoutMs }),
    ],
    synchronizers: [],
    sinks: mirrors,
  }
}

function lazyReads(
  { settings, description, opened, monitor }: BuildParts,
  when: Pick<LazyReadsOptions, 'gate' | 'fills'>,
): LazyReads {
  const { cacheTtlMs = DEFAULT_TTL_MS, staleOnErrorMs = 0 } = description
  return new LazyReads({ ...settings, ...opened, monitor, ...when, cacheTtlMs, staleOnErrorMs })
}

function databaseOf(
  { settings: { clock }, opened, monitor }: BuildParts,
  reads: LazyReads,
  mirrors: readonly Mirror[],
): Database {
  return {
    status: monitor.status,
    isOnlySource: false,
    reads,
    loadAllRows: () => {},
    run: async (signal, health) => {
      await Promise.all([reads.run(signal), ...mirrors.map((mirror) => mirror.run(signal, health))])
    },
    close: async () => {
      monitor.close()
      await withDeadline(clock, CLOSE_MS, new AbortController().signal, (signal) =>
        untilAborted(Promise.resolve(opened.store.close()), signal),
      )
    },
  }
}

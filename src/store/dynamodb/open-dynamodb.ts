import type { OpenedStore, StoreContext } from '../../model/store-description.ts'
import { loadAws } from './aws.ts'
import { Connection } from './connection.ts'
import { writeDelta } from './delta-write.ts'
import { dynamodbFeed } from './feed.ts'
import { writeFull } from './full-write.ts'
import { dynamodbLease } from './lease.ts'
import { namesOf } from './names.ts'
import { Reads } from './reads.ts'
import type { Settings } from './settings.ts'
import { SidecarItem } from './sidecar-item.ts'
import { Table } from './table.ts'

/** Opens a table. Throws a {@link ConfigError} when the AWS SDK is not installed; connects to nothing. */
export function openDynamodb(settings: Settings, { clock, random, logger }: StoreContext): OpenedStore {
  const { tableName, prefix, consistentReads, feedIntervalMs: intervalMs, warnings } = settings
  const connection = new Connection(loadAws(), settings, clock)
  for (const warning of warnings) logger.warn(warning)
  const table = new Table(connection)
  const names = namesOf(prefix)
  const reads = new Reads(table, names, consistentReads ? 'strong' : 'eventual')
  return {
    store: {
      name: `DynamoDB table "${tableName}"${prefix && `, prefix "${prefix}"`}`,
      initialized: (signal) => reads.initialized(signal),
      get: (kind, key, signal) => reads.get(kind, key, signal),
      readAll: (signal) => reads.readAll(signal),
      write(write, signal) {
        const sidecar = new SidecarItem(table, names.sidecar, write.fence)
        const writing = { table, names, sidecar, patience: { clock, random }, signal }
        return write.type === 'full' ? writeFull(write, writing) : writeDelta(write, writing)
      },
      close: () => Promise.resolve(connection.close()),
    },
    feed: dynamodbFeed({ reads, intervalMs, clock, random }),
    lease: dynamodbLease(table, names.lease, clock),
  }
}

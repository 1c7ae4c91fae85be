import type { OpenedStore, StoreContext } from '../../model/persistent-store.ts'
import { loadEarly } from '../../options/load-peer.ts'
import { Connection } from './connection.ts'
import { writeDelta } from './delta-write.ts'
import { dynamodbFeed } from './dynamodb-feed.ts'
import { dynamodbLease } from './dynamodb-lease.ts'
import { writeFull } from './full-write.ts'
import { loadAws } from './load-aws.ts'
import { namesOf } from './names.ts'
import { Reads } from './reads.ts'
import type { Settings } from './settings.ts'
import { SidecarItem } from './sidecar-item.ts'
import { Table } from './table.ts'

/** Opens a table. Connects to nothing. If the AWS SDK is not installed, the first call fails. */
export function openDynamodb(settings: Settings, { clock, random, logger }: StoreContext): OpenedStore {
  const { tableName, prefix, consistentReads, feedIntervalMs: intervalMs } = settings
  loadEarly(loadAws, logger)
  const connection = new Connection(settings, clock)
  const table = new Table(connection)
  const names = namesOf(prefix)
  const reads = new Reads(table, names, consistentReads ? 'strong' : 'eventual')
  return {
    store: {
      name: `DynamoDB table "${tableName}"${prefix && `, prefix "${prefix}"`}`,
      writeDelayMs: 0,
      initialized: (signal) => reads.initialized(signal),
      get: (kind, key, signal) => reads.get(kind, key, signal),
      summary: (signal) => reads.summary(signal),
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

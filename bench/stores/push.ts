import { ask } from '../ask.ts'
import { askChild, start } from '../child.ts'
import type { ClientName } from '../clients/client.ts'
import { median } from '../median.ts'
import { cellOf, type Table } from '../report/table.ts'
import type { Database } from './database.ts'
import type { Pushed, PushSpec } from './measure-push.ts'
import type { WriterReady, WriterSpec } from './write.ts'

const WRITER = new URL('write.ts', import.meta.url)
const MEASUREMENT = new URL('measure-push.ts', import.meta.url)
const EVERY_MS = 20

type Reader = Pick<PushSpec, 'name' | 'watch'> & { readonly label: string }

const READERS: readonly Reader[] = [
  { name: 'halyard', watch: 'spin', label: 'halyard, evaluates in a loop' },
  { name: 'halyard', watch: 'event', label: 'halyard, listens for the event' },
  { name: 'official', watch: 'spin', label: 'official, TTL of 1 s' },
]

const ms = cellOf(2)

/** Measures the way of a change between two processes that only Redis connects. */
export async function measurePush(database: Database, service: string, repeats: number): Promise<Table> {
  const latencies = new Map<Reader, Pushed[]>(READERS.map((reader) => [reader, []]))
  for (let round = 0; round < repeats; round++) {
    for (const reader of READERS) {
      await withWriter(database, service, reader.name, async () => {
        const spec: PushSpec = { ...reader, service, redisPort: database.port, ticks: 200, everyMs: EVERY_MS }
        latencies.get(reader)?.push(await askChild<Pushed>(MEASUREMENT, spec))
      })
    }
  }
  const of = (reader: Reader, quantile: keyof Pushed): number =>
    median((latencies.get(reader) ?? []).map((each) => each[quantile]))
  return {
    id: 'redis-push',
    title: `service to writer to Redis to another process (ms, a change every ${EVERY_MS} ms)`,
    heading: ['reader', 'p50', 'p99'],
    rows: READERS.map((reader) => [reader.label, ms(of(reader, 'p50')), ms(of(reader, 'p99'))]),
    aims: READERS.filter(({ name }) => name === 'halyard').map((reader) => ({
      what: `pushed to ${reader.label}, p99`,
      value: of(reader, 'p99'),
      bound: 'at most',
      limit: 50,
      unit: 'ms',
    })),
  }
}

async function withWriter(
  database: Database,
  service: string,
  name: ClientName,
  work: () => Promise<void>,
): Promise<void> {
  await database.empty()
  const spec: WriterSpec = { name, service, redisPort: database.port }
  const writer = start<WriterReady>(WRITER, spec)
  try {
    await writer.said
    await database.filled()
    await ask(`${service}/connected`)
    await work()
  } finally {
    await writer.stop()
  }
}

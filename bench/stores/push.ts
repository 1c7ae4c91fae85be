import { ask } from '../ask.ts'
import { askChild, start } from '../child.ts'
import type { ClientName } from '../clients/client.ts'
import { median } from '../median.ts'
import { printTable } from '../table.ts'
import { printTargets } from '../targets.ts'
import type { Database } from './database.ts'
import type { Pushed, PushSpec } from './measure-push.ts'
import type { WriterReady, WriterSpec } from './write.ts'

const WRITER = new URL('write.ts', import.meta.url)
const MEASUREMENT = new URL('measure-push.ts', import.meta.url)
const EVERY_MS = 20

type Reader = Pick<PushSpec, 'name' | 'watch'> & { readonly label: string }

const READERS: readonly Reader[] = [
  { name: 'halyard', watch: 'spin', label: 'halyard, asked over and over' },
  { name: 'halyard', watch: 'event', label: 'halyard, told by an event' },
  { name: 'official', watch: 'spin', label: 'official, TTL of 1 s' },
]

/** Writer and reader are separate processes that are connected only by Redis. */
export async function benchPush(database: Database, service: string, repeats: number): Promise<void> {
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
  printTable(`service to writer to Redis to another process (ms, a change every ${EVERY_MS} ms)`, [
    ['reader', 'p50', 'p99'],
    ...READERS.map((reader) => [reader.label, of(reader, 'p50').toFixed(2), of(reader, 'p99').toFixed(2)]),
  ])
  printTargets(
    READERS.filter(({ name }) => name === 'halyard').map((reader) => ({
      what: `pushed to ${reader.label}, p99`,
      value: of(reader, 'p99'),
      bound: 'at most',
      limit: 50,
      unit: 'ms',
    })),
  )
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

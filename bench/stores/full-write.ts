import { start } from '../child.ts'
import type { ClientName } from '../clients/client.ts'
import { median } from '../median.ts'
import { now } from '../propagation/now.ts'
import { cellOf, standing, type Table } from '../report/table.ts'
import type { Database } from './database.ts'
import type { WriterReady, WriterSpec } from './write.ts'

const WRITER = new URL('write.ts', import.meta.url)

/** Milliseconds from the start of a client. */
interface FullWrite {
  readonly readyMs: number
  readonly storedMs: number
}

const ms = cellOf('decimals')
const times = cellOf('ratio')

/** Measures the write of a full payload into an empty Redis. */
export async function measureFullWrite(database: Database, service: string, repeats: number): Promise<Table> {
  const writes: Record<ClientName, FullWrite[]> = { halyard: [], official: [] }
  for (let round = 0; round < repeats; round++) {
    for (const name of ['halyard', 'official'] as const) {
      writes[name].push(await fullWrite(database, { name, service, redisPort: database.port }))
    }
  }
  const [halyard, official] = [medians(writes.halyard), medians(writes.official)]
  const ready = official.readyMs / halyard.readyMs
  const stored = official.storedMs / halyard.storedMs
  const [flags, segments] = await database.counts()
  return {
    id: 'redis-full-write',
    title: `full write into Redis, ${flags} flags and ${segments} segments (ms from the start of the client)`,
    heading: ['until', 'halyard', 'official', 'official/halyard', 'halyard is'],
    rows: [
      ['ready', ms(halyard.readyMs), ms(official.readyMs), times(ready), standing(1 / ready)],
      ['stored', ms(halyard.storedMs), ms(official.storedMs), times(stored), standing(1 / stored)],
    ],
    aims: [
      { what: 'ready, faster than official', value: ready, bound: 'at least', limit: 2, unit: 'x' },
      { what: 'stored, no slower than official', value: stored, bound: 'at least', limit: 1, unit: 'x' },
    ],
  }
}

async function fullWrite(database: Database, spec: WriterSpec): Promise<FullWrite> {
  await database.empty()
  const child = start<WriterReady>(WRITER, spec)
  try {
    const stored = database.filled().then(now)
    const { startedAt, readyAt } = await child.said
    return { readyMs: readyAt - startedAt, storedMs: (await stored) - startedAt }
  } finally {
    await child.stop()
  }
}

function medians(writes: readonly FullWrite[]): FullWrite {
  return {
    readyMs: median(writes.map(({ readyMs }) => readyMs)),
    storedMs: median(writes.map(({ storedMs }) => storedMs)),
  }
}

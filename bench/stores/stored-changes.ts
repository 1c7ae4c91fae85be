import { setTimeout as sleep } from 'node:timers/promises'
import { ask } from '../ask.ts'
import { start } from '../child.ts'
import type { ClientName } from '../clients/client.ts'
import { median } from '../median.ts'
import { cellOf, standing, type Table } from '../report/table.ts'
import { LAST_KEY } from '../service/spec.ts'
import { type Commands, type Database, describe, total } from './database.ts'
import type { WriterReady, WriterSpec } from './write.ts'

const WRITER = new URL('write.ts', import.meta.url)
const TICKS = 100

const whole = cellOf('count')
const hundredths = cellOf(2)

/** Number of different flags in one burst. The official SDK gets fewer, to limit the time. */
const CHANGES: Readonly<Record<ClientName, number>> = { halyard: 10_000, official: 500 }
export const MOST_CHANGES: number = Math.max(...Object.values(CHANGES))

interface Stored {
  readonly perSecond: number
  /** Commands for all changes, sent one at a time. */
  readonly commands: Commands
}

/** Measures changes of single flags, from a stream into Redis. */
export async function measureStoredChanges(
  database: Database,
  service: string,
  repeats: number,
): Promise<Table> {
  const stored: Record<ClientName, Stored[]> = { halyard: [], official: [] }
  for (let round = 0; round < repeats; round++) {
    for (const name of ['halyard', 'official'] as const) {
      stored[name].push(await storeChanges(database, { name, service, redisPort: database.port }))
    }
  }
  const rate = (name: ClientName): number => median(stored[name].map(({ perSecond }) => perSecond))
  const perChange = (name: ClientName): number =>
    median(stored[name].map(({ commands }) => total(commands))) / TICKS
  const value = rate('halyard') / rate('official')
  return {
    id: 'redis-changes',
    title: 'changes from the stream until they are in Redis',
    heading: ['client', 'changes/s', 'commands per change', `of ${TICKS}, one every 20 ms`, 'halyard is'],
    rows: (['halyard', 'official'] as const).map((name) => [
      name,
      whole(rate(name)),
      hundredths(perChange(name)),
      describe(stored[name][0]?.commands ?? {}),
      name === 'official' ? standing(1 / value) : '',
    ]),
    aims: [
      { what: 'stored changes faster than official', value, bound: 'at least', limit: 30, unit: 'x' },
      {
        what: 'commands per change',
        value: perChange('halyard'),
        bound: 'at most',
        limit: 1.1,
        unit: 'number',
      },
    ],
  }
}

async function storeChanges(database: Database, spec: WriterSpec): Promise<Stored> {
  const changes = CHANGES[spec.name]
  await database.empty()
  const child = start<WriterReady>(WRITER, spec)
  try {
    await child.said
    await database.filled()
    await ask(`${spec.service}/connected`)
    await sleep(500)
    const begun = performance.now()
    await ask(`${spec.service}/burst?changes=${changes}`)
    await database.holds(LAST_KEY)
    const tookMs = performance.now() - begun
    const changed = [...(await database.versions()).values()].filter((version) => version > 1_000)
    // Includes the flag that ends the burst.
    if (changed.length !== changes + 1) throw new Error(`${changed.length} of ${changes} changes are stored`)
    const commands = await database.listen(() => ask(`${spec.service}/ticks?ticks=${TICKS}&everyMs=20`))
    return { perSecond: (changes * 1_000) / tookMs, commands }
  } finally {
    await child.stop()
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import { ask } from '../ask.ts'
import { start } from '../child.ts'
import type { ClientName } from '../clients/client.ts'
import { median } from '../median.ts'
import { count } from '../report/format.ts'
import { cellOf, standing, type Table } from '../report/table.ts'
import { buildEnvironment } from '../service/environment.ts'
import { LAST_KEY } from '../service/spec.ts'
import { type Commands, type Database, describe, total } from './database.ts'
import type { WriterReady, WriterSpec } from './write.ts'

const WRITER = new URL('write.ts', import.meta.url)
const TICKS = 100

const whole = cellOf('count')
const hundredths = cellOf(2)

/** Number of different flags in one burst. */
export const MOST_CHANGES = 2_000

interface Stored {
  /** Milliseconds from the start of the burst until its last change is in Redis. */
  readonly tookMs: number
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
  const floors: number[] = []
  const rows = pipelinedRows()
  for (let round = 0; round < repeats; round++) {
    for (const name of ['halyard', 'official'] as const) {
      stored[name].push(await storeChanges(database, { name, service, redisPort: database.port }))
    }
    floors.push(await database.pipeline(rows))
  }
  const took = (name: ClientName): number => median(stored[name].map(({ tookMs }) => tookMs))
  const perChange = (name: ClientName): number =>
    median(stored[name].map(({ commands }) => total(commands))) / TICKS
  const floor = median(floors)
  const value = took('official') / took('halyard')
  return {
    id: 'redis-changes',
    title: `${count(MOST_CHANGES)} changes in a burst from the stream until they are in Redis (floor: one pipeline of the rows)`,
    heading: [
      'client',
      'ms',
      'changes/s',
      'commands per change',
      `of ${TICKS}, one every 20 ms`,
      'halyard is',
    ],
    rows: [
      ...(['halyard', 'official'] as const).map((name) => [
        name,
        whole(took(name)),
        whole((MOST_CHANGES * 1_000) / took(name)),
        hundredths(perChange(name)),
        describe(stored[name][0]?.commands ?? {}),
        name === 'official' ? standing(1 / value) : '',
      ]),
      ['floor', whole(floor), whole((MOST_CHANGES * 1_000) / floor), '', '', ''],
    ],
    aims: [
      {
        what: 'a burst of changes against the floor',
        value: took('halyard') / floor,
        bound: 'at most',
        limit: 3,
        unit: 'x',
      },
      { what: 'stored changes faster than official', value, bound: 'at least', limit: 10, unit: 'x' },
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

function pipelinedRows(): readonly (readonly [key: string, text: string])[] {
  const spec = { flags: MOST_CHANGES, environment: 'generated', changes: 0, framing: 'bulk' } as const
  return buildEnvironment(spec).flags.map((flag) => [flag.key ?? '', JSON.stringify(flag)])
}

async function storeChanges(database: Database, spec: WriterSpec): Promise<Stored> {
  await database.empty()
  const child = start<WriterReady>(WRITER, spec)
  try {
    await child.said
    await database.filled()
    await ask(`${spec.service}/connected`)
    await sleep(500)
    const begun = performance.now()
    await ask(`${spec.service}/burst?changes=${MOST_CHANGES}`)
    await database.holds(LAST_KEY)
    const tookMs = performance.now() - begun
    const changed = [...(await database.versions()).values()].filter((version) => version > 1_000)
    // Includes the flag that ends the burst.
    if (changed.length !== MOST_CHANGES + 1)
      throw new Error(`${changed.length} of ${MOST_CHANGES} changes are stored`)
    const commands = await database.listen(() => ask(`${spec.service}/ticks?ticks=${TICKS}&everyMs=20`))
    return { tookMs, commands }
  } finally {
    await child.stop()
  }
}

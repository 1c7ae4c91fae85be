import { askChild } from '../child.ts'
import { median } from '../median.ts'
import { type Aim, type Cell, cellOf, standing, type Table } from '../report/table.ts'
import type { Database } from './database.ts'
import type { DaemonCost, DaemonSpec, ReaderName } from './measure-daemon.ts'

const MEASUREMENT = new URL('measure-daemon.ts', import.meta.url)
const READERS = ['halyard', 'official', 'halyard snapshot', 'halyard snapshot, sync'] as const

type Measure = Exclude<keyof DaemonCost, 'answers'>

const ROWS: readonly { readonly what: string; readonly measure: Measure; readonly limit: number }[] = [
  // Most of the time is the round trip to the database, which is equal for both.
  { what: 'cold evaluation, us, p50', measure: 'coldP50', limit: 1 },
  { what: 'cold evaluation, us, p99', measure: 'coldP99', limit: 1 },
  { what: 'cached evaluations/s, one flag', measure: 'single', limit: 3 },
  { what: 'cached evaluations/s, 1,000 in turn', measure: 'inTurn', limit: 2 },
  { what: 'allFlagsState, ms, cold', measure: 'stateCold', limit: 1 },
  { what: 'allFlagsState, ms, warm', measure: 'stateWarm', limit: 1 },
]

const decimals = cellOf('decimals')
const millions = cellOf('millions')
const ratio = cellOf('ratio')

/** Measures reads in daemon mode, with a full database. */
export async function measureDaemon(database: Database, repeats: number): Promise<Table> {
  const costs: Record<ReaderName, DaemonCost[]> = {
    halyard: [],
    official: [],
    'halyard snapshot': [],
    'halyard snapshot, sync': [],
  }
  for (let round = 0; round < repeats; round++) {
    for (const name of READERS) {
      const spec: DaemonSpec = { name, redisPort: database.port }
      costs[name].push(await askChild<DaemonCost>(MEASUREMENT, spec))
    }
  }
  const answers = new Set(Object.values(costs).flatMap((of) => of.map((cost) => cost.answers)))
  if (answers.size !== 1) throw new Error('the readers do not answer the same: there is nothing to compare')
  const of = (name: ReaderName, measure: Measure): number => median(costs[name].map((cost) => cost[measure]))
  const faster = (measure: Measure): number => {
    const times = of('official', measure) / of('halyard', measure)
    return isRate(measure) ? 1 / times : times
  }
  return {
    id: 'redis-daemon',
    title: 'daemon mode over Redis (rates: of the thread, promises awaited one by one)',
    heading: ['read', ...READERS, 'halyard against official', 'halyard is'],
    rows: ROWS.map(({ what, measure }) => [
      what,
      ...READERS.map((name) => show(measure, of(name, measure))),
      ratio(faster(measure)),
      standing(1 / faster(measure)),
    ]),
    aims: ROWS.map(
      ({ what, measure, limit }): Aim => ({
        what: `${what}, better than official`,
        value: faster(measure),
        bound: 'at least',
        limit,
        unit: 'x',
      }),
    ),
  }
}

function isRate(measure: Measure): boolean {
  return measure === 'single' || measure === 'inTurn'
}

function show(measure: Measure, value: number): Cell {
  return isRate(measure) ? millions(value) : decimals(value)
}

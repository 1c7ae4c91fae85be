import { askChild } from '../child.ts'
import { median } from '../median.ts'
import { decimals, printTable, ratio } from '../table.ts'
import { printTargets, type Target } from '../targets.ts'
import type { Database } from './database.ts'
import type { DaemonCost, DaemonSpec, ReaderName } from './measure-daemon.ts'

const MEASUREMENT = new URL('measure-daemon.ts', import.meta.url)
const READERS = ['halyard', 'official', 'halyard snapshot', 'halyard snapshot, sync'] as const

type Measure = Exclude<keyof DaemonCost, 'answers'>

const ROWS: readonly { readonly what: string; readonly measure: Measure; readonly limit: number }[] = [
  // Most of the time is the round trip to the database, which is equal for both.
  { what: 'cold evaluation, us, p50', measure: 'coldP50', limit: 0.75 },
  { what: 'cold evaluation, us, p99', measure: 'coldP99', limit: 1 },
  { what: 'cached evaluations/s, one flag', measure: 'single', limit: 3 },
  { what: 'cached evaluations/s, 1,000 in turn', measure: 'inTurn', limit: 2 },
  { what: 'allFlagsState, ms, cold', measure: 'stateCold', limit: 1 },
  { what: 'allFlagsState, ms, warm', measure: 'stateWarm', limit: 1 },
]

/** Benchmarks reads in daemon mode, with a full database. */
export async function benchDaemon(database: Database, repeats: number): Promise<void> {
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
  printTable('daemon mode over Redis (rates: of the thread, promises awaited one by one)', [
    ['', ...READERS, 'halyard against official'],
    ...ROWS.map(({ what, measure }) => [
      what,
      ...READERS.map((name) => show(measure, of(name, measure))),
      ratio(faster(measure)),
    ]),
  ])
  printTargets(
    ROWS.map(
      ({ what, measure, limit }): Target => ({
        what: `${what}, better than official`,
        value: faster(measure),
        bound: 'at least',
        limit,
        unit: 'x',
      }),
    ),
  )
}

function isRate(measure: Measure): boolean {
  return measure === 'single' || measure === 'inTurn'
}

function show(measure: Measure, value: number): string {
  return isRate(measure) ? `${(value / 1e6).toFixed(2)} M` : decimals(value)
}

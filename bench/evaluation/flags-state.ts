import { askChild } from '../child.ts'
import type { ClientName } from '../clients/client.ts'
import { median } from '../median.ts'
import type { BenchOptions } from '../options.ts'
import { cellOf, standing, type Table } from '../report/table.ts'
import type { StateCost, StateSpec } from './measure-state.ts'

const MEASUREMENT = new URL('measure-state.ts', import.meta.url)

const ms = cellOf('decimals')
const times = cellOf('ratio')

type Garbage = StateSpec['garbage']
type Costs = Readonly<Record<ClientName, readonly StateCost[]>>

const ROWS = [
  { what: 'first call, right after start', garbage: 'left', member: 'first' },
  { what: 'first call, after a collection', garbage: 'collected', member: 'first' },
  { what: 'first call, after a collection, and its JSON', garbage: 'collected', member: 'firstJson' },
  { what: 'warm', garbage: 'collected', member: 'warm' },
  { what: 'warm, and its JSON', garbage: 'collected', member: 'warmJson' },
] as const

/** Measures the state of all flags, each time in a new process, because the first call is cold. */
export async function measureFlagsState(url: string, { quick }: BenchOptions): Promise<Table> {
  const repeats = quick ? 5 : 9
  const costs: Readonly<Record<Garbage, Costs>> = {
    left: await measure(url, 'left', repeats),
    collected: await measure(url, 'collected', repeats),
  }
  const results = ROWS.map(({ what, garbage, member }) => {
    const [halyard, official] = (['halyard', 'official'] as const).map((name) =>
      median(costs[garbage][name].map((cost) => cost[member])),
    ) as [number, number]
    return { what, halyard, official, value: official / halyard }
  })
  return {
    id: 'flags-state',
    title: 'allFlagsState of all of them (ms of the thread)',
    heading: ['call', 'halyard', 'official', 'official/halyard', 'halyard is'],
    rows: results.map(({ what, halyard, official, value }) => [
      what,
      ms(halyard),
      ms(official),
      times(value),
      standing(1 / value),
    ]),
    aims: results.map(({ what, value }) => ({
      what: `allFlagsState no slower than official, ${what}`,
      value,
      bound: 'at least',
      limit: 1,
      unit: 'x',
    })),
  }
}

async function measure(url: string, garbage: Garbage, repeats: number): Promise<Costs> {
  const costs: Record<ClientName, StateCost[]> = { halyard: [], official: [] }
  for (let round = 0; round < repeats; round++) {
    for (const name of ['halyard', 'official'] as const) {
      costs[name].push(await askChild<StateCost>(MEASUREMENT, { name, url, garbage } satisfies StateSpec))
    }
  }
  const answers = new Set(Object.values(costs).flatMap((of) => of.map((cost) => cost.answers)))
  if (answers.size !== 1) throw new Error('the two states differ: there is nothing to compare')
  return costs
}

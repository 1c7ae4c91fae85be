import { askChild } from '../child.ts'
import type { ClientName } from '../clients/client.ts'
import { median } from '../median.ts'
import type { BenchOptions } from '../options.ts'
import { cellOf, standing, type Table } from '../report/table.ts'
import type { Pauses, PausesSpec } from './measure-pauses.ts'
import type { StateCost, StateSpec } from './measure-state.ts'

const MEASUREMENT = new URL('measure-state.ts', import.meta.url)

const PAUSES = new URL('measure-pauses.ts', import.meta.url)

const ms = cellOf('decimals')
const times = cellOf('ratio')

const CALLS_AT_ONCE = 50

type Garbage = StateSpec['garbage']
type Costs = Readonly<Record<ClientName, readonly StateCost[]>>

const ROWS = [
  { what: 'first call, right after start', garbage: 'left', member: 'first', limit: 1.2 },
  { what: 'first call, after a collection', garbage: 'collected', member: 'first', limit: 1.2 },
  {
    what: 'first call, after a collection, and its JSON',
    garbage: 'collected',
    member: 'firstJson',
    limit: 1,
  },
  { what: 'warm', garbage: 'collected', member: 'warm', limit: 2 },
  { what: 'warm, and its JSON', garbage: 'collected', member: 'warmJson', limit: 1 },
] as const

/** Measures the state of all flags, each time in a new process, because the first call is cold. */
export async function measureFlagsState(url: string, { quick }: BenchOptions): Promise<Table> {
  const repeats = quick ? 5 : 9
  const costs: Readonly<Record<Garbage, Costs>> = {
    left: await measure(url, 'left', repeats),
    collected: await measure(url, 'collected', repeats),
  }
  const results = ROWS.map(({ what, garbage, member, limit }) => {
    const [halyard, official] = (['halyard', 'official'] as const).map((name) =>
      median(costs[garbage][name].map((cost) => cost[member])),
    ) as [number, number]
    return { what, halyard, official, value: official / halyard, limit }
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
    aims: results.map(({ what, value, limit }) => ({
      what: `allFlagsState faster than official, ${what}`,
      value,
      bound: 'at least',
      limit,
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

/** Measures the longest time for which states that are requested at once block the event loop. */
export async function measureStatePauses(url: string, { quick }: BenchOptions): Promise<Table> {
  const names = ['halyard', 'official'] as const
  const rounds: Record<ClientName, Pauses[]> = { halyard: [], official: [] }
  for (let round = 0; round < (quick ? 3 : 7); round++) {
    for (const name of names) {
      const spec: PausesSpec = { name, url, calls: CALLS_AT_ONCE }
      rounds[name].push(await askChild<Pauses>(PAUSES, spec))
    }
  }
  const medianOf = (name: ClientName, member: keyof Pauses): number =>
    median(rounds[name].map((pauses) => pauses[member]))
  const rows = (['longestBlock', 'total'] as const).map((member) => {
    const [halyard, official] = [medianOf('halyard', member), medianOf('official', member)]
    const what = member === 'total' ? 'all of them' : 'longest block of the event loop'
    return [what, ms(halyard), ms(official), times(official / halyard), standing(halyard / official)]
  })
  return {
    id: 'flags-state-pauses',
    title: `${CALLS_AT_ONCE} calls of allFlagsState at once (ms of the thread)`,
    heading: ['time', 'halyard', 'official', 'official/halyard', 'halyard is'],
    rows,
    aims: [
      {
        what: 'longest block of the event loop',
        value: medianOf('halyard', 'longestBlock'),
        bound: 'at most',
        limit: 20,
        unit: 'ms',
      },
    ],
  }
}

import { type Comparison, compare } from './compare.ts'
import type { BenchOptions } from './options.ts'
import { initRows } from './plan.ts'
import { count } from './report/format.ts'
import { type Aim, type Cell, cellOf, type Report, standing } from './report/table.ts'

const SUBJECTS = ['halyard', 'official', 'floor'] as const

const whole = cellOf('count')
const ms = cellOf('decimals')
const times = cellOf('ratio')

/** Measures the time from start to initialized. */
export async function benchInit({ quick }: BenchOptions, report: Report): Promise<void> {
  const rows: Cell[][] = []
  const aims: Aim[] = []
  for (const row of initRows(quick)) {
    const comparison = await compare('init', row)
    rows.push(cells(row.flags, comparison))
    aims.push(...aimsFor(row.flags, comparison))
  }
  report({
    id: 'init',
    title: 'init: from start to initialized (ms; turn = longest block of the event loop)',
    heading: [
      'flags',
      ...SUBJECTS.flatMap((name) => [name, `${name} cpu`, `${name} turn`]),
      'halyard/floor',
      'halyard/floor cpu',
      'official/halyard',
      'official/halyard cpu',
      'halyard is',
    ],
    details: ['official turn', 'floor turn', 'halyard/floor cpu'],
    rows,
    aims,
  })
}

function cells(flags: number, { halyard, official, floor }: Comparison): Cell[] {
  return [
    whole(flags),
    ...[halyard, official, floor].flatMap(({ wallMs, cpuMs, turnMs }) => [wallMs, cpuMs, turnMs].map(ms)),
    times(halyard.wallMs / floor.wallMs),
    times(halyard.cpuMs / floor.cpuMs),
    times(official.wallMs / halyard.wallMs),
    times(official.cpuMs / halyard.cpuMs),
    standing(halyard.wallMs / official.wallMs),
  ]
}

function aimsFor(flags: number, { halyard, official, floor }: Comparison): Aim[] {
  const aims: Aim[] = []
  const at = `${count(flags)} flags`
  if (flags >= 1_000) {
    const value = halyard.wallMs / floor.wallMs
    aims.push({ what: `init against the floor, ${at}`, value, bound: 'at most', limit: 1.25, unit: 'x' })
  }
  if (flags === 10_000) {
    const value = official.wallMs / halyard.wallMs
    aims.push({
      what: `init faster than official, ${at}`,
      value,
      bound: 'at least',
      limit: 2.3,
      unit: 'x',
    })
  }
  return aims
}

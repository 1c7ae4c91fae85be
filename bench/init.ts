import { type Comparison, compare } from './compare.ts'
import type { BenchOptions } from './options.ts'
import { initRows } from './plan.ts'
import { count, decimals, printTable, ratio } from './table.ts'
import { printTargets, type Target } from './targets.ts'

const HEADING = [
  'flags',
  'halyard ms',
  'cpu',
  'turn',
  'official ms',
  'cpu',
  'turn',
  'floor ms',
  'cpu',
  'turn',
  'halyard/floor',
  'cpu',
  'official/halyard',
  'cpu',
]

/** Measures the time from start to initialized. */
export async function benchInit({ quick }: BenchOptions): Promise<void> {
  const rows: string[][] = []
  const targets: Target[] = []
  for (const row of initRows(quick)) {
    const comparison = await compare('init', row)
    rows.push(cells(row.flags, comparison))
    targets.push(...targetsFor(row.flags, comparison))
  }
  printTable('init: from start to initialized (ms; turn = longest block of the event loop)', [
    HEADING,
    ...rows,
  ])
  printTargets(targets)
}

function cells(flags: number, { halyard, official, floor }: Comparison): string[] {
  return [
    count(flags),
    ...[halyard, official, floor].flatMap(({ wallMs, cpuMs, turnMs }) =>
      [wallMs, cpuMs, turnMs].map(decimals),
    ),
    ratio(halyard.wallMs / floor.wallMs),
    ratio(halyard.cpuMs / floor.cpuMs),
    ratio(official.wallMs / halyard.wallMs),
    ratio(official.cpuMs / halyard.cpuMs),
  ]
}

function targetsFor(flags: number, { halyard, official, floor }: Comparison): Target[] {
  const targets: Target[] = []
  const at = `${count(flags)} flags`
  if (flags >= 1_000) {
    const value = halyard.wallMs / floor.wallMs
    targets.push({ what: `init against the floor, ${at}`, value, bound: 'at most', limit: 1.25, unit: 'x' })
  }
  if (flags === 10_000) {
    const value = official.wallMs / halyard.wallMs
    targets.push({
      what: `init faster than official, ${at}`,
      value,
      bound: 'at least',
      limit: 2.3,
      unit: 'x',
    })
  }
  return targets
}

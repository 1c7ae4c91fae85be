import { type Comparison, compare } from './compare.ts'
import type { BenchOptions } from './options.ts'
import { deltaRows, type Framing, type Row } from './plan.ts'
import { count, ratio } from './report/format.ts'
import { type Aim, type Cell, cellOf, type Report, standing } from './report/table.ts'

const SUBJECTS = ['halyard', 'official', 'floor'] as const

const whole = cellOf('count')
const decimal = cellOf('decimals')
const times = cellOf('ratio')

/** Elapsed and processor time of one change, in milliseconds, and the longest turn of its burst. */
interface PerChange {
  readonly wallMs: number
  readonly cpuMs: number
  readonly turnMs: number
}

interface Result {
  readonly flags: number
  readonly framing: Framing
  readonly halyard: PerChange
  readonly official: PerChange
  readonly floor: PerChange
}

/** Measures single-flag changes through a real stream until the last one is served. */
export async function benchDeltas({ quick }: BenchOptions, report: Report): Promise<void> {
  const results: Result[] = []
  for (const row of deltaRows(quick)) results.push(perChange(row, await compare('deltas', row)))
  report({
    id: 'deltas',
    title: 'deltas: changes per second until the last is served (turn = longest of the event loop, ms)',
    heading: [
      'flags, framing',
      ...SUBJECTS.flatMap((name) => [`${name} /s`, `${name} cpu us`, `${name} turn`]),
      'halyard/floor',
      'halyard/floor cpu',
      'official/halyard',
      'halyard is',
    ],
    details: ['official turn', 'floor turn', 'halyard/floor cpu'],
    rows: results.map(cells),
    aims: [...results.flatMap(aimsFor), ...flatness(results)],
  })
}

function perChange({ flags, framing, changes }: Row, comparison: Comparison): Result {
  const divide = (subject: keyof Comparison): PerChange => {
    const { wallMs, cpuMs, turnMs } = comparison[subject]
    return { wallMs: wallMs / changes[subject], cpuMs: cpuMs / changes[subject], turnMs }
  }
  return { flags, framing, halyard: divide('halyard'), official: divide('official'), floor: divide('floor') }
}

function cells({ flags, framing, halyard, official, floor }: Result): Cell[] {
  return [
    `${count(flags)}, ${framing}`,
    ...[halyard, official, floor].flatMap(({ wallMs, cpuMs, turnMs }) => [
      whole(1000 / wallMs),
      decimal(cpuMs * 1000),
      decimal(turnMs),
    ]),
    times(halyard.wallMs / floor.wallMs),
    times(halyard.cpuMs / floor.cpuMs),
    times(official.wallMs / halyard.wallMs),
    standing(halyard.wallMs / official.wallMs),
  ]
}

/** Minimum factor relative to the official SDK, by number of flags. `flushed` excludes the SDK's slow search for lines. */
const OFFICIAL: Readonly<Record<Framing, ReadonlyMap<number, number>>> = {
  bulk: new Map([
    [100, 20],
    [1_000, 20],
    [10_000, 100],
  ]),
  flushed: new Map([
    [100, 3],
    [1_000, 8],
  ]),
}

function aimsFor({ flags, framing, halyard, official, floor }: Result): Aim[] {
  const at = `${count(flags)} flags, ${framing}`
  const limit = OFFICIAL[framing].get(flags)
  const value = official.wallMs / halyard.wallMs
  return [
    {
      what: `delta against the floor, ${at}`,
      value: halyard.wallMs / floor.wallMs,
      bound: 'at most',
      limit: flags <= 10_000 ? 1.2 : 1.5,
      unit: 'x',
    },
    ...(limit === undefined
      ? []
      : [
          { what: `deltas faster than official, ${at}`, value, bound: 'at least', limit, unit: 'x' } as const,
        ]),
    { what: `longest turn, ${at}`, value: halyard.turnMs, bound: 'at most', limit: 50, unit: 'ms' },
  ]
}

/** The cost of a change must not grow with the number of flags, except for effects of processor caches. */
function flatness(results: readonly Result[]): Aim[] {
  const bulk = results.filter(({ framing }) => framing === 'bulk')
  const [first, last] = [bulk[0], bulk.at(-1)]
  if (!first || !last) return []
  const floors = ratio(last.floor.wallMs / first.floor.wallMs)
  return [
    {
      what: `cost of a delta, ${count(last.flags)} flags against ${count(first.flags)} (floor: ${floors})`,
      value: last.halyard.wallMs / first.halyard.wallMs,
      bound: 'at most',
      limit: 1.5,
      unit: 'x',
    },
  ]
}

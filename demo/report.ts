import { systemClock } from '../src/async/clock.ts'

const began = systemClock.monotonic()

/** One line of the story, with the seconds since it began. */
export function say(line: string): void {
  console.log(`${((systemClock.monotonic() - began) / 1000).toFixed(2).padStart(6)} s  ${line}`)
}

export function title(line: string): void {
  console.log(`\n${line}`)
}

export function size(bytes: number): string {
  return bytes < 10_000
    ? `${bytes.toLocaleString('en')} B`
    : `${Math.round(bytes / 1000).toLocaleString('en')} kB`
}

/** What a part of the application's life cost, and what it would have cost. */
export interface Cost {
  readonly part: string
  readonly withSaving: number
  readonly without: number
}

export function table(costs: readonly Cost[]): void {
  const total = costs.reduce(
    (sum, { withSaving, without }) => ({
      withSaving: sum.withSaving + withSaving,
      without: sum.without + without,
    }),
    { withSaving: 0, without: 0 },
  )
  const row = (part: string, ...cells: readonly string[]): string =>
    part.padEnd(46) + cells.map((cell) => cell.padStart(14)).join('')
  console.log(row('', 'data saving', 'without'))
  for (const { part, withSaving, without } of costs) console.log(row(part, size(withSaving), size(without)))
  console.log(row('in all', size(total.withSaving), size(total.without)))
  console.log(row('', '', `${Math.round(total.without / total.withSaving)} times as much`))
}

import { systemClock } from '../src/async/clock.ts'

const began = systemClock.monotonic()

/** Prints a line with the seconds since the start. */
export function log(line: string): void {
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

/** The bytes of one part of the demonstration, and the bytes of full payloads for the same changes. */
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
  console.log(row('total', size(total.withSaving), size(total.without)))
  console.log(row('', '', `${Math.round(total.without / total.withSaving)} times as much`))
}

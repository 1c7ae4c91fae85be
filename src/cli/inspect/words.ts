import { printable } from '../../model/text.ts'

const UNITS = ['KiB', 'MiB', 'GiB'] as const

/** As `412 B`, `1.5 KiB`. */
export function inBytes(bytes: number): string {
  let [size, unit] = [bytes, 'B']
  for (const next of UNITS) {
    if (size < 1_024) break
    ;[size, unit] = [size / 1_024, next]
  }
  return `${unit === 'B' ? size : size.toFixed(1)} ${unit}`
}

const STEPS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
] as const

/** As `3 min ago`, rounded down; what is not past yet was told by a clock that is ahead. */
export function ago(ms: number): string {
  if (ms < 0) return `${span(-ms)} from now, by the clock of whoever wrote it`
  return `${span(ms)} ago`
}

function span(ms: number): string {
  const [length, unit] = STEPS.find(([step]) => ms >= step) ?? [1_000, 's']
  return `${Math.floor(ms / length)} ${unit}`
}

/** The longest time a date can be made of, milliseconds. */
const MAX_TIME = 8.64e15

/** A time for people to read, whatever somebody wrote there. */
export function inTime(ms: number): string {
  return Math.abs(ms) <= MAX_TIME ? new Date(ms).toISOString() : String(ms)
}

/** A key as it is, in quotes where one would not see where it begins and ends. */
export function quoted(key: string): string {
  return /^[\w.:/$-]+$/.test(key) ? key : printable(JSON.stringify(key))
}

/** Enough of a long text to tell it from another. */
export function shortened(text: string): string {
  const shown = text.length > 48 ? `${text.slice(0, 32)}…${text.slice(-12)}` : text
  return printable(shown).replaceAll('\n', ' ')
}

/** Lines with columns below each other; numbers to the right. */
export function table(lines: readonly (readonly (string | number)[])[]): string[] {
  const width = (column: number): number =>
    lines.reduce((most, line) => Math.max(most, String(line[column] ?? '').length), 0)
  const widths = (lines[0] ?? []).map((_, column) => width(column))
  return lines.map((line) =>
    line
      .map((cell, column) =>
        typeof cell === 'number'
          ? String(cell).padStart(widths[column] ?? 0)
          : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  )
}

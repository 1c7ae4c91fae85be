import { printable } from '../../model/text.ts'

export function asJson(value: object): string {
  return JSON.stringify(value, null, 2)
}

const UNITS = ['KiB', 'MiB', 'GiB'] as const

/** Returns a size, for example `412 B` or `1.5 KiB`. */
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

/** Returns an age, for example `3 min ago`, rounded down. A negative one comes from a writer whose clock is ahead. */
export function ago(ms: number): string {
  if (ms < 0) return `${span(-ms)} from now, by the clock of the writer`
  return `${span(ms)} ago`
}

function span(ms: number): string {
  const [length, unit] = STEPS.find(([step]) => ms >= step) ?? [1_000, 's']
  return `${Math.floor(ms / length)} ${unit}`
}

const MAX_TIME = 8.64e15

/** Returns a time in ISO format, or the number if it is outside the range of dates. */
export function inTime(ms: number): string {
  return Math.abs(ms) <= MAX_TIME ? new Date(ms).toISOString() : String(ms)
}

/** Returns a key, in quotes if it contains characters that hide its ends. */
export function quoted(key: string): string {
  return /^[\w.:/$-]+$/.test(key) ? key : printable(JSON.stringify(key))
}

/** Returns a text, shortened to its beginning and end if it is long. */
export function shortened(text: string): string {
  const shown = text.length > 48 ? `${text.slice(0, 32)}…${text.slice(-12)}` : text
  return printable(shown).replaceAll('\n', ' ')
}

/** Returns lines with aligned columns, numbers to the right. */
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

import { amount, boundOf, textOf } from './format.ts'
import { isMet, type Table } from './table.ts'

/** Prints a table in columns, then its aims and notes. */
export function printTable({ title, heading, rows, aims = [], notes = [] }: Table): void {
  const body = rows.map((row) => row.map(textOf))
  const widths = heading.map((name, column) =>
    Math.max(name.length, ...body.map((row) => (row[column] ?? '').length)),
  )
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  ')
  console.log(`\n${title}`)
  console.log(line(heading))
  console.log(widths.map((width) => '-'.repeat(width)).join('  '))
  for (const row of body) console.log(line(row))
  if (aims.length > 0) console.log()
  for (const aim of aims) {
    const value = amount(aim.value, aim.unit)
    console.log(`  ${isMet(aim) ? 'kept  ' : 'MISSED'}  ${aim.what}: ${value} (${boundOf(aim)})`)
  }
  for (const note of notes) console.log(`  ${note}`)
}

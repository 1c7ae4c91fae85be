/** Prints rows as columns; the first row is the heading. */
export function printTable(title: string, rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  )
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  ')
  const [heading = [], ...body] = rows
  console.log(`\n${title}`)
  console.log(line(heading))
  console.log(widths.map((width) => '-'.repeat(width)).join('  '))
  for (const row of body) console.log(line(row))
}

export function count(value: number): string {
  return Math.round(value).toLocaleString('en')
}

export function decimals(value: number): string {
  return value < 10 ? value.toFixed(1) : count(value)
}

export function ratio(value: number): string {
  return `${value < 20 ? value.toFixed(2) : count(value)}x`
}

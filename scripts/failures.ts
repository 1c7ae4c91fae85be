import { readFileSync, writeFileSync } from 'node:fs'
import { FAILURES } from '../test/stories/failures/failures.ts'
import { rowOf } from '../test/stories/failures/row.ts'

/** Writes the measured values into the table of docs/failures.md. The last column, about the official SDK, is kept. */
const page = new URL('../docs/failures.md', import.meta.url)

const measured = new Map<string, readonly string[]>()
for (const failure of FAILURES) measured.set(failure.name, await rowOf(failure))

const lines = readFileSync(page, 'utf8')
  .split('\n')
  .map((line) => {
    const cells = line.split('|').map((cell) => cell.trim())
    const row = measured.get(cells[1] ?? '')
    return row && line.startsWith('| ') ? `| ${[...row, cells[7] ?? ''].join(' | ')} |` : line
  })
writeFileSync(page, lines.join('\n'))
console.log(
  'Measured the table of docs/failures.md. Correct the text below it and docs/spec if durations have changed.',
)

import { isQuantity, textOf } from './format.ts'
import type { Results } from './results.ts'
import type { Cell, Quantity, Table } from './table.ts'

/** A place in the results: the id of a table, the name of a row, and the heading of a column. */
export interface Place {
  readonly table: string
  readonly row: string
  readonly column: string
}

export function findTable({ tables }: Pick<Results, 'tables'>, id: string): Table | undefined {
  return tables.find((table) => table.id === id)
}

/** Returns a cell; `undefined` if it was not measured. Throws if the table has no such row or column, which would be an error in the page. */
export function findCell(
  results: Pick<Results, 'tables'>,
  { table: id, row, column }: Place,
): Cell | undefined {
  const table = findTable(results, id)
  if (table === undefined) return undefined
  const index = table.heading.indexOf(column)
  const cells = table.rows.find(([name = '']) => textOf(name) === row)
  if (index < 0) throw new Error(`the table ${id} has no column ${column}`)
  return cells?.[index]
}

/** Returns a number; `undefined` if it was not measured. */
export function findQuantity(results: Pick<Results, 'tables'>, place: Place): Quantity | undefined {
  const cell = findCell(results, place)
  return isQuantity(cell) && Number.isFinite(cell.value) ? cell : undefined
}

/** The form in which a number is shown: a number of decimal places, or a form of its own. */
export type Form = 'count' | 'decimals' | 'ratio' | 'millions' | 'percent' | number

/** A measured number, with the quartiles of its rounds if they are known. */
export interface Quantity {
  readonly value: number
  readonly form: Form
  readonly low?: number
  readonly high?: number
}

export type Cell = string | Quantity

/** The result of a benchmark: the terminal, `docs/benchmarks.json` and the page show the same table. */
export interface Table {
  /** Name by which the page and the README refer to it. */
  readonly id: string
  readonly title: string
  readonly heading: readonly string[]
  /** Columns that only the terminal shows. */
  readonly details?: readonly string[]
  /** The first cell of a row is its name. */
  readonly rows: readonly (readonly Cell[])[]
  readonly aims?: readonly Aim[]
  /** Sentences that belong to the numbers, such as a failure of one row. */
  readonly notes?: readonly string[]
}

/** A measured number and its limit. */
export interface Aim {
  readonly what: string
  readonly value: number
  readonly bound: 'at most' | 'at least'
  readonly limit: number
  readonly unit: 'x' | 'ms' | 'MB' | 'KB' | 'files' | 'number'
}

/** A benchmark that ended early. */
export interface Failure {
  readonly benchmark: string
  readonly reason: string
}

/** Receives the tables of a benchmark, each as soon as it is complete. */
export type Report = (table: Table) => void

export function isMet({ value, bound, limit }: Aim): boolean {
  return bound === 'at most' ? value <= limit : value >= limit
}

/** The shares of difference that no table calls ahead or behind, because two runs differ as much. */
const LEVEL = 0.05

/** Returns a word for Halyard's cost relative to another program's. */
export function standing(relativeCost: number): string {
  if (Number.isNaN(relativeCost)) return 'not measured'
  if (relativeCost > 1 + LEVEL) return 'behind'
  return relativeCost < 1 / (1 + LEVEL) ? 'ahead' : 'level'
}

/** Returns a function that makes cells of one form. */
export function cellOf(form: Form): (value: number) => Quantity {
  return (value) => ({ value, form })
}

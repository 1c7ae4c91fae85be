import { count } from '../table.ts'

/** A count with a maximum. */
export interface Limit {
  readonly what: string
  readonly value: number
  readonly limit: number
}

export function printLimits(limits: readonly Limit[]): void {
  for (const { what, value, limit } of limits) {
    console.log(`  ${value <= limit ? 'kept  ' : 'MISSED'}  ${what}: ${show(value)} (at most ${show(limit)})`)
  }
}

function show(value: number): string {
  return Number.isInteger(value) ? count(value) : value.toFixed(2)
}

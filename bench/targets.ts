import { ratio } from './table.ts'

/** A measured number and its limit. */
export interface Target {
  readonly what: string
  readonly value: number
  readonly bound: 'at most' | 'at least'
  readonly limit: number
  readonly unit: 'x' | 'ms' | 'MB'
}

export function printTargets(targets: readonly Target[]): void {
  console.log()
  for (const { what, value, bound, limit, unit } of targets) {
    const kept = bound === 'at most' ? value <= limit : value >= limit
    const show = unit === 'x' ? ratio : (amount: number): string => `${amount.toFixed(1)} ${unit}`
    console.log(`  ${kept ? 'kept  ' : 'MISSED'}  ${what}: ${show(value)} (${bound} ${show(limit)})`)
  }
}

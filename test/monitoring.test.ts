import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { ROWS } from '../scripts/dashboard/panels.ts'
import { dashboardJson } from '../scripts/dashboard.ts'
import { METRICS } from '../src/relay/metrics/table.ts'

const read = (path: string): string => readFileSync(join(import.meta.dirname, '..', path), 'utf8')

interface AlertRules {
  readonly groups: readonly { readonly rules: readonly AlertRule[] }[]
}

interface AlertRule {
  readonly alert: string
  readonly expr: string
  readonly annotations: Readonly<Record<string, string>>
}

const { groups } = parse(read('deploy/monitoring/alerts.yaml')) as AlertRules
const rules = groups.flatMap((group) => group.rules)
const panels = ROWS.flatMap((row) => row.panels)
const known = new Set(
  METRICS.flatMap(({ name, type }) =>
    type === 'histogram' ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name],
  ),
)

/** Returns the metrics of a query that the relay does not have. */
const unknownIn = (expr: string): string[] =>
  [...expr.matchAll(/\bhalyard_\w+/g)].map(([name]) => name).filter((name) => !known.has(name))

it.each(rules)(
  '$alert uses metrics of the relay, and docs/monitoring.md says what to do',
  ({ alert, expr, annotations }) => {
    expect(unknownIn(expr)).toEqual([])
    expect(annotations.runbook).toBe(`docs/monitoring.md#${alert.toLowerCase()}`)
    expect(read('docs/monitoring.md')).toContain(`### ${alert}\n`)
  },
)

it.each(panels)('the panel "$title" uses metrics of the relay', ({ queries }) => {
  for (const { expr } of queries) expect(unknownIn(expr)).toEqual([])
})

describe('deploy/monitoring/dashboard.json', () => {
  it('is what npm run dashboard writes', () => {
    expect(JSON.parse(read('deploy/monitoring/dashboard.json'))).toEqual(JSON.parse(dashboardJson()))
  })
})

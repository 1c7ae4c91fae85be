import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Panel } from './dashboard/panel.ts'
import { ROWS } from './dashboard/panels.ts'

/** `node scripts/dashboard.ts` writes the dashboard for Grafana, `deploy/monitoring/dashboard.json`, from its panels. */
const DASHBOARD = join(import.meta.dirname, '../deploy/monitoring/dashboard.json')
/** Columns of Grafana's grid. */
const GRID = 24
const SOURCE = { type: 'prometheus', uid: '$source' }

/** Returns the dashboard as JSON. */
export function dashboardJson(): string {
  let id = 0
  let y = 0
  const panels = ROWS.flatMap(({ title, height, panels }) => {
    const row = {
      id: ++id,
      type: 'row',
      title,
      collapsed: false,
      gridPos: { x: 0, y, w: GRID, h: 1 },
      panels: [],
    }
    const w = Math.floor(GRID / panels.length)
    const placed = panels.map((panel, index) => ({
      id: ++id,
      ...panelJson(panel),
      gridPos: { x: index * w, y: y + 1, w, h: height },
    }))
    y += height + 1
    return [row, ...placed]
  })
  const dashboard = {
    uid: 'halyard-relay',
    title: 'Halyard relay',
    tags: ['halyard'],
    schemaVersion: 39,
    editable: true,
    refresh: '30s',
    time: { from: 'now-3h', to: 'now' },
    templating: {
      list: [
        { name: 'source', label: 'Data source', type: 'datasource', query: 'prometheus', hide: 0 },
        variable('instance', 'Relay', 'label_values(halyard_relay_build_info, instance)'),
        variable('environment', 'Environment', 'label_values(halyard_relay_environment_status, environment)'),
      ],
    },
    panels,
  }
  return `${JSON.stringify(dashboard, undefined, 2)}\n`
}

function panelJson({ title, description, type, unit, queries, colours }: Panel): object {
  const steps = (colours ?? []).map(([color, value]) => ({ color, value }))
  return {
    title,
    description,
    type,
    datasource: SOURCE,
    targets: queries.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode(65 + index),
      datasource: SOURCE,
      expr,
      ...(legend !== undefined && { legendFormat: legend }),
      ...(type === 'stat' && { instant: true }),
    })),
    fieldConfig: {
      defaults: {
        unit,
        ...(steps.length > 0 && { thresholds: { mode: 'absolute', steps }, color: { mode: 'thresholds' } }),
      },
      overrides: [],
    },
    options:
      type === 'stat'
        ? { reduceOptions: { calcs: ['lastNotNull'] }, colorMode: 'background' }
        : { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
  }
}

function variable(name: string, label: string, query: string): object {
  return {
    name,
    label,
    type: 'query',
    datasource: SOURCE,
    query: { query, refId: name },
    refresh: 2,
    includeAll: true,
    multi: true,
    allValue: '.*',
    current: { text: 'All', value: '$__all' },
  }
}

if (import.meta.main) writeFileSync(DASHBOARD, dashboardJson())

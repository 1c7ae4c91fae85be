import { findCell, findQuantity, findTable } from './find.ts'
import { isQuantity, textOf } from './format.ts'
import { type Bar, type Plot, plotBars } from './plot.ts'
import type { Results } from './results.ts'
import { type Quantity, standing, type Table } from './table.ts'

/** A file of the page, and what it shows. */
export interface PlotFile {
  readonly name: string
  readonly plot: Plot
}

/** Returns the plots of the page. One whose numbers were not measured is left out. */
export function plotsOf(results: Results): readonly PlotFile[] {
  const sizes = ['100', '1000', '10000'] as const
  const starts = sizes.flatMap((size) => findTable(results, `start-${size}`) ?? [])
  const start = (column: string, unit: string, title: string): Plot => ({
    title,
    scale: 'shared',
    groups: starts.map((table) => ({
      name: table.title.replace(/^.*, (.*) \(.*$/, '$1'),
      bars: barsOf(table, column, unit),
    })),
  })
  const one = (id: string, column: string, unit: string, title: string): Plot | undefined => {
    const table = findTable(results, id)
    return table && { title, scale: 'own', groups: [{ name: '', bars: barsOf(table, column, unit) }] }
  }
  const all: Readonly<Record<string, Plot | undefined>> = {
    'start-time': start('wall', 'ms', 'From the start of a process to the first value, elapsed ms'),
    'start-cpu': start('cpu', 'ms', 'From the start of a process to the first value, processor time in ms'),
    'start-memory': start('peak memory', 'MB', 'Peak memory up to the first value, MB'),
    import: one('field-import', 'import', 'ms', 'Import of the package, ms'),
    bundle: one('bundle', 'gzipped', 'KB', 'Minified and gzipped bundle, KB'),
    evaluation: evaluationPlot(results),
    'relay-start': relayPlot(results),
  }
  return Object.entries(all).flatMap(([name, plot]) =>
    plot === undefined || plot.groups.length === 0 ? [] : [{ name, plot }],
  )
}

/** Returns the files of the plots, by their names in `docs/benchmarks`. */
export function renderPlots(results: Results): ReadonlyMap<string, string> {
  return new Map(plotsOf(results).map(({ name, plot }) => [`${name}.svg`, plotBars(plot)]))
}

/** Returns a bar for each row. A bar of Halyard that is longer than that of the program beside it says so. */
function barsOf({ heading, rows }: Table, column: string, unit: string): readonly Bar[] {
  const index = heading.indexOf(column)
  const values = rows.flatMap((row) => {
    const cell = row[index]
    return isQuantity(cell) && Number.isFinite(cell.value) ? [{ name: textOf(row[0] ?? ''), cell }] : []
  })
  const beside = values.find(({ name }) => BESIDE.test(name))
  return values.map(({ name, cell }) => {
    const isBehind =
      kindOf(name) === 'halyard' &&
      beside !== undefined &&
      standing(cell.value / beside.cell.value) === 'behind'
    return bar(name, cell, `${textOf(cell)} ${unit}${isBehind ? ' (behind)' : ''}`)
  })
}

/** The program with which Halyard is compared. */
const BESIDE = /^(official|other)$/

function bar(name: string, { value }: Quantity, label: string): Bar {
  return { name, value, label, kind: kindOf(name) }
}

function kindOf(name: string): Bar['kind'] {
  if (name.startsWith('halyard')) return 'halyard'
  return name.startsWith('official') ? 'official' : 'other'
}

/** Factors relative to the official SDK, whose bar is 1. */
function evaluationPlot(results: Results): Plot | undefined {
  const table = findTable(results, 'evaluation')
  if (table === undefined) return undefined
  const groups = table.rows.map(([name = '']) => {
    const row = textOf(name)
    const bars = (['sync', 'promise'] as const).flatMap((form) => {
      const cell = findQuantity(results, { table: 'evaluation', row, column: `${form}/official` })
      return cell === undefined ? [] : [bar(`halyard, ${form}`, cell, textOf(cell).replace('x', '×'))]
    })
    return {
      name: row,
      bars: [...bars, { name: 'official', value: 1, label: '1×', kind: 'official' } as const],
    }
  })
  // A flag that does not exist is more than a hundred times as fast, so that the other bars would vanish.
  const most = 20
  return {
    title: 'Evaluations per second relative to the official SDK',
    scale: 'shared',
    groups: groups.filter(({ bars }) => bars.every(({ value }) => value < most)),
  }
}

function relayPlot(results: Results): Plot | undefined {
  const table = findTable(results, 'relay-start')
  if (table === undefined) return undefined
  const group = (name: string, column: string, unit: string): Plot['groups'][number] => ({
    name,
    bars: barsOf(table, column, unit),
  })
  const other = findCell(results, { table: 'relay-start', row: 'other', column: 'wall' })
  return {
    title: other === undefined ? 'Start of the relay' : 'Start of the relay, beside another relay',
    scale: 'own',
    groups: [
      group('From spawn until it is healthy', 'wall', 'ms'),
      group('Resident memory when ready', 'resident', 'MB'),
    ],
  }
}

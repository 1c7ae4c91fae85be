import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findQuantity } from '../../bench/report/find.ts'
import { boundOf, textOf } from '../../bench/report/format.ts'
import { renderPage } from '../../bench/report/page.ts'
import { renderPlots } from '../../bench/report/plots.ts'
import { renderReadme } from '../../bench/report/readme.ts'
import type { Results } from '../../bench/report/results.ts'
import { SECTIONS } from '../../bench/report/sections.ts'
import { isMet, standing, type Table } from '../../bench/report/table.ts'

const root = join(import.meta.dirname, '../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const committed = JSON.parse(read('docs/benchmarks.json')) as Results

describe('the committed page', () => {
  it('is the rendering of the committed results', () => {
    expect(read('docs/benchmarks.md')).toBe(renderPage(committed))
  })

  it('has the plots of the committed results, and no others', () => {
    const folder = join(root, 'docs/benchmarks')
    const files = readdirSync(folder).map((name) => [name, read(`docs/benchmarks/${name}`)] as const)
    expect(Object.fromEntries(files)).toEqual(Object.fromEntries(renderPlots(committed)))
  })

  it('shows every table of the results', () => {
    const shown = new Set(SECTIONS.flatMap(({ tables }) => tables))
    expect(committed.tables.map(({ id }) => id).filter((id) => !shown.has(id))).toEqual([])
  })

  it('names no host and no path of the machine', () => {
    expect(JSON.stringify(committed)).not.toMatch(/\/(home|root|tmp|work|Users)\//)
  })
})

it('has in the README the numbers of the committed results', () => {
  expect(read('README.md')).toBe(renderReadme(read('README.md'), committed))
})

it('measures the versions of undici and of the official SDK that the project uses', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    readonly packages: Readonly<Record<string, { readonly version: string }>>
  }
  const { dependencies } = JSON.parse(read('bench/field/package.json')) as {
    readonly dependencies: Readonly<Record<string, string>>
  }
  for (const name of ['undici', '@launchdarkly/node-server-sdk'])
    expect(dependencies[name]).toBe(packages[`node_modules/${name}`]?.version)
})

const TABLE: Table = {
  id: 'start-100',
  title: 'starts, 100 flags (ms)',
  heading: ['program', 'wall', 'turn', 'halyard/it wall', 'halyard/it cpu', 'halyard/it peak', 'halyard is'],
  details: ['turn', 'halyard/it cpu', 'halyard/it peak'],
  rows: [
    ['halyard', { value: 201.4, form: 'decimals' }, { value: 3, form: 'count' }, '', '', '', ''],
    [
      'official',
      { value: 100, form: 'decimals' },
      { value: 4, form: 'count' },
      { value: 2.014, low: 1.9, high: 2.2, form: 'ratio' },
      '',
      '',
      standing(2.014),
    ],
  ],
  aims: [{ what: 'start', value: 2.014, bound: 'at most', limit: 1, unit: 'x' }],
  notes: ['undici failed: no answer'],
}

const RESULTS: Results = {
  date: '2026-01-02',
  machine: { cpu: 'CPU', cores: 2, platform: 'linux x64', node: '24.0.0' },
  versions: { halyard: '1.0.0', undici: '8.0.0' },
  tables: [TABLE],
  failures: [{ benchmark: 'stores', reason: 'no redis-server' }],
}

describe('the page', () => {
  const page = renderPage(RESULTS)

  it('shows ratios with their quartiles, and says in a word that Halyard is behind', () => {
    expect(page).toContain('| official | 100 | 2.01× (1.90–2.20) | **behind** |')
  })

  it('shows an aim that was missed beside its limit', () => {
    expect(page).toContain('| start | 2.01× | at most 1.00× | **missed** |')
  })

  it('leaves columns of details to the terminal', () => {
    expect(page).toContain('| program | wall | halyard/it wall | halyard is |')
  })

  it('names what failed and what was not measured', () => {
    expect(page).toContain('**The benchmark `stores` ended early in this run:** no redis-server')
    expect(page).toContain('undici failed: no answer')
    expect(page).toContain('`relay-start` was not measured in this run.')
  })

  it('shows only plots that have numbers, with the word in the label', () => {
    expect(page).toContain('(benchmarks/start-time.svg)')
    expect(page).not.toContain('relay-start.svg')
    expect(renderPlots(RESULTS).get('start-time.svg')).toContain('201 ms (behind)')
  })
})

describe('the README', () => {
  it('has the main rows between its markers', () => {
    const readme = 'a\n<!-- made by npm run benchmarks -->\nold\n<!-- end of the benchmarks -->\nb'
    const rendered = renderReadme(readme, RESULTS)
    expect(rendered).toMatch(/^a\n[\s\S]*\nb$/)
    expect(rendered).not.toContain('old')
    expect(rendered).toContain('elapsed | 2.0× (behind) | not measured | not measured |')
    expect(renderReadme(rendered, RESULTS)).toBe(rendered)
  })

  it('is refused without markers', () => {
    expect(() => renderReadme('text', RESULTS)).toThrow('README.md lacks the lines')
  })
})

describe('a table', () => {
  it.each([
    [{ value: 12_345.6, form: 'count' }, '12,346'],
    [{ value: 1.25, form: 'decimals' }, '1.3'],
    [{ value: 31, form: 'ratio' }, '31x'],
    [{ value: 2_500_000, form: 'millions' }, '2.50 M'],
    [{ value: 99.5, form: 'percent' }, '99.5 %'],
    [{ value: 1.23456, form: 3 }, '1.235'],
    [{ value: Number.NaN, form: 'count' }, '-'],
  ] as const)('shows %o as %s', (cell, text) => {
    expect(textOf(cell)).toBe(text)
  })

  it('calls a difference of up to 5 % level', () => {
    expect([0.5, 0.96, 1.04, 1.06, Number.NaN].map(standing)).toEqual([
      'ahead',
      'level',
      'level',
      'behind',
      'not measured',
    ])
  })

  it('misses an aim that was not measured', () => {
    const aim = { what: 'start', value: Number.NaN, bound: 'at most', limit: 1, unit: 'MB' } as const
    expect([isMet(aim), boundOf(aim)]).toEqual([false, 'at most 1.0 MB'])
  })

  it('has named rows and columns', () => {
    expect(findQuantity(RESULTS, { table: 'start-100', row: 'official', column: 'wall' })?.value).toBe(100)
    expect(findQuantity(RESULTS, { table: 'start-100', row: 'flagd', column: 'wall' })).toBeUndefined()
    expect(findQuantity(RESULTS, { table: 'deltas', row: 'any', column: 'any' })).toBeUndefined()
    expect(() => findQuantity(RESULTS, { table: 'start-100', row: 'official', column: 'cpu' })).toThrow(
      'no column cpu',
    )
  })
})

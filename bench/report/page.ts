import { findTable } from './find.ts'
import { amount, boundOf, textOf } from './format.ts'
import { plotsOf } from './plots.ts'
import type { Results } from './results.ts'
import { SECTIONS, type Section } from './sections.ts'
import { type Aim, isMet, type Table } from './table.ts'

/** Returns the text of `docs/benchmarks.md`. */
export function renderPage(results: Results): string {
  const plots = new Set(plotsOf(results).map(({ name }) => name))
  const parts = [...SECTIONS, ...furtherSection(results)].map((section) =>
    renderSection(section, results, plots),
  )
  return `${[introduction(results), ...parts].join('\n\n')}\n`
}

/** Returns a section for tables that no other section names. */
function furtherSection({ tables }: Results): readonly Section[] {
  const named = new Set(SECTIONS.flatMap((section) => section.tables))
  const further = tables.map(({ id }) => id).filter((id) => !named.has(id))
  return further.length === 0 ? [] : [{ heading: 'Further measurements', text: '', tables: further }]
}

function introduction({ date, machine, versions, failures }: Results): string {
  const { halyard, ...others } = versions
  const list = Object.entries(others).map(([name, version]) => `${name} ${version}`)
  const failed = failures.map(
    ({ benchmark, reason }) => `\n\n**The benchmark \`${benchmark}\` ended early in this run:** ${reason}`,
  )
  return `# Benchmarks

This page is made by \`npm run benchmarks\`. Run of ${date} on ${machine.cores} cores (${machine.cpu}, ${machine.platform}) with Node.js ${machine.node}:
Halyard ${halyard}, ${list.join(', ')}. *official* is \`@launchdarkly/node-server-sdk\` with FDv2, the protocol that Halyard uses.

Each number is a median of rounds in which all programs took turns. **Compare the ratios, not the milliseconds:** these belong to one machine and one moment. Behind a
ratio of whole processes are the quartiles of the rounds in brackets. A row says whether Halyard is *ahead*, *level* (within 5 %) or **behind**; below some tables are the aims
of the project, *met* or **missed**. KB and MB are 1,024 and 1,048,576 bytes. The raw medians are in [benchmarks.json](benchmarks.json), the reasons for the
method in [decision 55](decisions/0055-whole-processes.md).${failed.join('')}`
}

function renderSection(
  { heading, text, plots = {}, tables }: Section,
  results: Results,
  existing: ReadonlySet<string>,
): string {
  const pictures = Object.entries(plots).filter(([name]) => existing.has(name))
  return [
    `## ${heading}`,
    text,
    ...pictures.map(([name, description]) => `![${description}](benchmarks/${name}.svg)`),
    ...tables.map((id) => {
      const table = findTable(results, id)
      return table === undefined ? `\`${id}\` was not measured in this run.` : renderTable(table)
    }),
  ].join('\n\n')
}

function renderTable({ title, heading, details = [], rows, aims = [], notes = [] }: Table): string {
  const shown = heading.flatMap((name, index) => (details.includes(name) ? [] : [index]))
  const line = (cells: readonly string[]): string =>
    `| ${shown.map((index) => cells[index] ?? '').join(' | ')} |`
  return [
    `### ${title[0]?.toUpperCase()}${title.slice(1)}`,
    [
      line(heading),
      `|${shown.map((index) => (index === 0 ? '---|' : '---:|')).join('')}`,
      ...rows.map((row) => line(row.map((cell) => emphasize(signs(textOf(cell)))))),
    ].join('\n'),
    ...(aims.length === 0 ? [] : [renderAims(aims)]),
    ...notes.map(signs),
  ].join('\n\n')
}

function renderAims(aims: readonly Aim[]): string {
  const rows = aims.map((aim) => {
    const verdict = isMet(aim) ? 'met' : '**missed**'
    return `| ${aim.what} | ${signs(amount(aim.value, aim.unit))} | ${signs(boundOf(aim))} | ${verdict} |`
  })
  return ['| Aim | measured | limit | |', '|---|---:|---:|---|', ...rows].join('\n')
}

function emphasize(text: string): string {
  return text === 'behind' ? '**behind**' : text
}

/** Returns a text with a sign of multiplication and dashes between numbers. */
function signs(text: string): string {
  return text.replaceAll(/(\d)x(?!\w)/g, '$1×').replaceAll(/(\d)-(?=\d)/g, '$1–')
}

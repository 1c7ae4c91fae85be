import { findQuantity, type Place } from './find.ts'
import type { Results } from './results.ts'
import { standing } from './table.ts'

const BEGIN = '<!-- made by npm run benchmarks -->'
const END = '<!-- end of the benchmarks -->'

/** Returns the README with the main rows of the page between its markers. Throws if it has no markers. */
export function renderReadme(readme: string, results: Results): string {
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)]
  if (begin < 0 || end < begin) throw new Error(`README.md lacks the lines ${BEGIN} and ${END}`)
  return `${readme.slice(0, begin + BEGIN.length)}\n\n${mainRows(results)}\n\n${readme.slice(end)}`
}

const SIZES = ['100', '1,000', '10,000'] as const

function mainRows(results: Results): string {
  const cost = (place: Place): string => compare(findQuantity(results, place)?.value, 'cost')
  const gain = (place: Place): string => compare(findQuantity(results, place)?.value, 'gain')
  const start = (column: string): readonly string[] =>
    SIZES.map((size) => cost({ table: `start-${size.replace(',', '')}`, row: 'official', column }))
  const deltas = (framing: string): readonly string[] =>
    SIZES.map((size) => gain({ table: 'deltas', row: `${size}, ${framing}`, column: 'official/halyard' }))
  return [
    table(
      'Cost relative to the official SDK (FDv2); below 1 is better',
      SIZES.map((size) => `${size} flags`),
      [
        ['Start of a process to the first value, elapsed', ...start('halyard/it wall')],
        ['The same, processor time', ...start('halyard/it cpu')],
        ['The same, peak memory', ...start('halyard/it peak')],
      ],
    ),
    table(
      'Speed relative to the official SDK; above 1 is better',
      SIZES.map((size) => `${size} flags`),
      [
        [
          'Initialization in a process that has loaded both',
          ...SIZES.map((row) => gain({ table: 'init', row, column: 'official/halyard' })),
        ],
        ['One delta of a backlog', ...deltas('bulk')],
        ['One delta that arrives alone', ...deltas('flushed')],
      ],
    ),
    table(
      'Evaluation relative to the official SDK; above 1 is better',
      ['synchronous', 'as a promise'],
      EVALUATION.map(([name, row]) => [
        name,
        ...['sync', 'promise'].map((form) => gain({ table: 'evaluation', row, column: `${form}/official` })),
      ]),
    ),
    sentences(results),
  ].join('\n\n')
}

const EVALUATION = [
  ['1,000 different flags in turn', 'detail, 1,000 different flags in turn'],
  ['One simple flag', 'simple'],
  ['One flag of 20 rules', '20 rules x 2 clauses, last matches'],
  ['One flag with a percentage rollout', '50/50 rollout'],
] as const

function sentences(results: Results): string {
  const at = (table: string, row: string, column: string): number =>
    findQuantity(results, { table, row, column })?.value ?? Number.NaN
  const imports = at('import', 'official', 'halyard/it import')
  const [core, whole, official] = (['halyard, core', 'halyard, with undici', 'official'] as const).map(
    (row) => at('bundle', row, 'gzipped'),
  ) as [number, number, number]
  const start = at('relay-start', 'halyard relay', 'wall')
  const resident = at('relay-start', 'halyard relay', 'resident')
  const size = (value: number): string => (Number.isNaN(value) ? 'unmeasured' : `${Math.round(value)} KB`)
  return `The import takes ${compare(imports, 'cost')} of the official SDK's time. A minified and gzipped bundle has ${size(core)}, with undici ${size(whole)}; the official SDK has ${size(official)}.
The relay is ready after ${amountOf(start, 'ms')} with ${amountOf(resident, 'MB')} resident memory (1,000 flags)${beside(results)}.`
}

/** Returns the comparison with the other relay, if the run had one. */
function beside(results: Results): string {
  const [time, memory] = ['halyard/it wall', 'halyard/it resident'].map((column) =>
    findQuantity(results, { table: 'relay-start', row: 'other', column }),
  )
  if (time === undefined || memory === undefined) return ''
  return `: ${compare(time.value, 'cost')} the time and ${compare(memory.value, 'cost')} the memory of ${results.versions['other relay'] ?? 'another relay'}`
}

function amountOf(value: number, unit: string): string {
  return Number.isNaN(value) ? 'an unmeasured time' : `${Math.round(value)} ${unit}`
}

function table(title: string, columns: readonly string[], rows: readonly (readonly string[])[]): string {
  return [
    `| ${[title, ...columns].join(' | ')} |`,
    `|${'---|'.repeat(columns.length + 1)}`,
    ...rows.map((cells) => `| ${cells.join(' | ')} |`),
  ].join('\n')
}

/** Returns a ratio with a word if Halyard is not ahead. A cost is better below 1, a gain above. */
function compare(value: number | undefined, kind: 'cost' | 'gain'): string {
  if (value === undefined || Number.isNaN(value)) return 'not measured'
  const word = standing(kind === 'cost' ? value : 1 / value)
  return `${digits(value)}×${word === 'ahead' ? '' : ` (${word})`}`
}

/** Returns two significant digits or more: two runs differ by more than the rest. */
function digits(value: number): string {
  if (value >= 10) return Math.round(value).toLocaleString('en')
  return value < 2 ? value.toFixed(2) : value.toFixed(1)
}

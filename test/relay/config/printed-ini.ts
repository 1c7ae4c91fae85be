import fc from 'fast-check'
import type { Ini } from '../../../src/relay/config/ini.ts'

/** The style in which a value is printed. */
interface Style {
  readonly indent: string
  readonly around: string
  readonly comment: string
  readonly quotes: 'all' | 'some' | 'where needed'
  readonly before: readonly string[]
  readonly isBrokenFirst: boolean
}

interface Written {
  readonly name: string
  readonly value: string | undefined
  readonly style: Style
}

const blanks = fc.constantFrom('', ' ', '\t', '  ')
const style: fc.Arbitrary<Style> = fc.record({
  indent: blanks,
  around: blanks,
  comment: fc.constantFrom('', ';', '# [not "a section"]', ' ; key = "value', '#\\'),
  quotes: fc.constantFrom('all', 'some', 'where needed'),
  before: fc.array(fc.constantFrom('', '  ', '# a comment', '; "'), { maxLength: 2 }),
  isBrokenFirst: fc.boolean(),
})
const word = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,8}$/)
const text = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom('"', '\\', ';', '#', '=', '[', ']', ' ', '\t', '\n'),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
    ),
  })
  .filter((value) => !/[^\P{Cc}\t\n]|\uFFFD/u.test(value))

const section = fc.record({
  name: word,
  subsection: fc.option(
    text.filter((value) => value !== ''),
    { nil: undefined },
  ),
  style,
  entries: fc.array(fc.record({ name: word, value: fc.option(text, { nil: undefined }), style }), {
    maxLength: 5,
  }),
})

/** A file printed in a random style, and its content. */
export const printedIni: fc.Arbitrary<readonly [text: string, meaning: Ini]> = fc
  .record({
    sections: fc.array(section, { maxLength: 5 }),
    ending: fc.constantFrom('\n', '\r\n'),
    mark: fc.constantFrom('', '\uFEFF'),
  })
  .map(({ sections, ending, mark }) => {
    const lines: string[] = []
    const print = (text: string): number => lines.push(...text.split('\n'))
    const meaning = sections.map(({ name, subsection, style, entries }) => {
      for (const line of style.before) print(line)
      const line = lines.length + 1
      const { indent, around, comment } = style
      const second = subsection === undefined ? '' : `${around}${quoted(subsection)}${around}`
      print(`${indent}[${around}${name}${second}]${around}${comment}`)
      const read = entries.map((entry) => printEntry(entry, lines, print))
      return { name, ...(subsection !== undefined && { subsection }), line, entries: read }
    })
    return [mark + lines.join(ending), { sections: meaning, faults: [] }]
  })

function printEntry(
  { name, value, style }: Written,
  lines: readonly string[],
  print: (text: string) => number,
): Ini['sections'][number]['entries'][number] {
  for (const line of style.before) print(line)
  const line = lines.length + 1
  const { indent, around, comment } = style
  if (value === undefined) {
    print(`${indent}${name}${around}${comment}`)
    return { name, line }
  }
  const first = style.isBrokenFirst ? '\\\n' : ''
  const text = written(value, style)
  // A comment that follows a value without quotes needs a space before it.
  const gap = around === '' && /[^"]$/.test(text) && comment !== '' ? ' ' : around
  print(`${indent}${name}${around}=${around}${first}${text}${gap}${comment}`)
  return { name, value, line }
}

function written(value: string, { quotes }: Style): string {
  const isBare = !/["\\;#\n]|^[ \t]|[ \t]$/.test(value)
  if (quotes === 'where needed' && isBare) return value
  if (quotes !== 'some') return quoted(value)
  // Alternates between quoted and unquoted parts.
  const parts = value.split(/(?<=[a-z])(?=[A-Z ])/)
  return parts
    .map((part, index) => (index % 2 === 1 && !/["\\;#\n \t]/.test(part) ? part : quoted(part)))
    .join('')
}

function quoted(value: string): string {
  const escaped = value
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t')
  return `"${escaped}"`
}

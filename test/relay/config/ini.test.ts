import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Ini, readIni } from '../../../src/relay/config/ini.ts'
import { printedIni } from './printed-ini.ts'

/** Returns the value of the only option. */
function entryOf(text: string): unknown {
  const { sections, faults } = readIni(`[section]\n${text}`)
  return faults.length > 0 ? faults : sections[0]?.entries[0]
}

/** Returns the numbers of the lines with errors. */
function wrongLines(text: string): readonly number[] {
  return readIni(text).faults.map(({ line }) => line)
}

describe('readIni', () => {
  it.each([
    ['name=value', 'value'],
    [' name =\tvalue \t', 'value'],
    ['name = two words', 'two words'],
    ['name=', ''],
    ['name=""', ''],
    ['name=" value "', ' value '],
    ['name="va ; l#ue" ; cmnt', 'va ; l#ue'],
    ['name="val" "ue"', 'val ue'],
    ['name=a"b c"d', 'ab cd'],
    ['name=value ;cmnt', 'value'],
    ['name=value # "cmnt', 'value'],
    ['name=; cmnt', ''],
    ['name=a=b', 'a=b'],
    ['name=[x]', '[x]'],
    [String.raw`name="va\\lue"`, String.raw`va\lue`],
    [String.raw`name="va\"lue"`, 'va"lue'],
    [String.raw`name="va\nlu\te"`, 'va\nlu\te'],
    ['name=value \\\n value', 'value  value'],
    ['name=value\\\r\nvalue', 'valuevalue'],
  ])('(S90) parses %j', (line, value) => {
    expect(entryOf(line)).toEqual({ name: 'name', value, line: 2 })
  })

  it('(S90) an option without "=" has no value', () => {
    expect(entryOf('name ; cmnt')).toEqual({ name: 'name', line: 2 })
  })

  it.each([
    ['name="value', 'a closing quote on the same line'],
    ['name="value\n"', 'a closing quote on the same line'],
    ['name="value\\', 'after \\ in quotes: \\, ", n or t'],
    [String.raw`name="va\lue"`, 'after \\ in quotes: \\, ", n or t'],
    ['name="value \\\n value"', 'after \\ in quotes: \\, ", n or t'],
    ['name=C:\\path', '\\ at the end of a line, or doubled and in quotes'],
    ['name=value\\', '\\ at the end of a line, or doubled and in quotes'],
    ['= value', 'a section, an option or a comment'],
    ['name value', '= after the name of an option'],
    ['[sec', '] after the name of a section'],
    ['[]', 'the name of a section after ['],
    ['["sub"]', 'the name of a section after ['],
    ['[sec ""]', 'a name between the quotes'],
    ['[sec "sub]', 'a closing quote on the same line'],
    ['[sec "sub" x]', '] after the name of a section'],
    ['[sec] x', 'nothing after ]'],
    ['name=val\0ue', 'printable UTF-8 text'],
    ['name=val\rue', 'printable UTF-8 text'],
    ['name=val\uFFFDue', 'printable UTF-8 text'],
    ['[sec "s\u001bub"]', 'printable UTF-8 text'],
    ['\0', 'a section, an option or a comment'],
  ])('(S90) refuses %j with its line', (line, expected) => {
    expect(readIni(`[section]\n${line}`).faults[0]).toMatchObject({ line: 2, expected })
  })

  it('(S90) an option needs a section', () => {
    expect(readIni('\n\nname = value').faults).toEqual([
      { line: 3, expected: 'a section before the first option', received: 'none' },
    ])
  })

  it('(S90) skips only the lines with errors, and reports all of them', () => {
    const text = '[a]\nx = "1\ny = 2\n[b\nz = C:\\\\x\nw = 4 \\\n 5\n!\nv = 6'
    expect(wrongLines(text)).toEqual([2, 4, 5, 8])
    expect(readIni(text).sections).toEqual<Ini['sections']>([
      {
        name: 'a',
        line: 1,
        entries: [
          { name: 'y', value: '2', line: 3 },
          { name: 'w', value: '4  5', line: 6 },
          { name: 'v', value: '6', line: 9 },
        ],
      },
    ])
  })

  it('(S90) counts lines after a backslash at the end of a quoted line', () => {
    const { sections, faults } = readIni('[a]\nx = "1 \\\ny = 2\n!')
    expect(faults.map(({ line }) => line)).toEqual([2, 4])
    expect(sections[0]?.entries).toEqual([{ name: 'y', value: '2', line: 3 }])
  })

  it('(S90) reads back every printed file, with line numbers', () => {
    fc.assert(
      fc.property(printedIni, ([text, meaning]) => {
        expect(readIni(text)).toEqual(meaning)
      }),
      { numRuns: 500 },
    )
  })

  it('(S90) terminates on any text without an exception', () => {
    const noise = fc.string({
      unit: fc.constantFrom('[', ']', '"', '\\', '=', ';', '#', '\n', '\r', ' ', 'a', '\0'),
    })
    fc.assert(
      fc.property(noise, (text) => {
        const { sections, faults } = readIni(text)
        const last = text.split('\n').length
        const lines = [...faults, ...sections, ...sections.flatMap(({ entries }) => entries)].map(
          ({ line }) => line,
        )
        expect(lines.every((line) => line >= 1 && line <= last)).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('a malicious file', () => {
  const MANY = 10_000_000

  it.each([
    ['a long value', '[a]\nb = ', 'x', ''],
    ['a long value in quotes', '[a]\nb = "', 'x', '"'],
    ['quotes without end', '[a]\nb = ', '"', ''],
    ['comment signs in quotes', '[a]\nb = "', ';', '"'],
    ['blanks before a word', '[a]\nb = x', ' ', 'y'],
    ['a long name', '[a]\n', 'x', '= y'],
    ['a long name of a section', '[', 'x', ']'],
    ['a comment', '# ', '"', ''],
  ])('(S90) is read in linear time: %s', (_, before, repeated, after) => {
    expect(readIni(before + repeated.repeat(MANY) + after).faults).toEqual([])
  })

  it.each([
    ['brackets', '[', 1],
    ['a backslash in quotes', '"\\', 1],
    ['an unfinished name', '[a "x', 1],
    ['NUL', '\0', 1],
  ])('(S90) is refused with its line: %s', (_, repeated, line) => {
    expect(wrongLines(repeated + repeated.slice(-1).repeat(MANY))).toEqual([line])
  })

  it('(S90) stops after 100 errors', () => {
    expect(wrongLines('!\n'.repeat(MANY / 10))).toHaveLength(100)
  })
})

import { type Complaint, IniScanner } from './ini-scanner.ts'

/** What stands in a file of sections, in its order, with lines that count from 1. */
export interface Ini {
  readonly sections: readonly IniSection[]
  readonly faults: readonly IniFault[]
}

export interface IniSection {
  readonly name: string
  /** The second name, in quotes. */
  readonly subsection?: string
  readonly line: number
  readonly entries: readonly IniEntry[]
}

export interface IniEntry {
  readonly name: string
  /** Absent: there is no `=`. */
  readonly value?: string
  readonly line: number
}

export interface IniFault extends Complaint {
  readonly line: number
}

interface OpenSection extends IniSection {
  readonly entries: IniEntry[]
}

/** More than this nobody reads. */
const MOST_FAULTS = 100

/** Control characters, and what stands for bytes that are not UTF-8. */
const UNPRINTABLE = /[^\P{Cc}\t\n]|\uFFFD/u

/**
 * Reads the form of git's configuration, as LaunchDarkly's Relay Proxy does: `[name]`, `[name "second name"]`,
 * `key = value`, comments after `;` and `#`, quotes, in them the escapes `\\`, `\"`, `\n` and `\t`, and outside of them a
 * backslash at the end of a line that goes on. What is wrong costs its line and nothing else.
 */
export function readIni(text: string): Ini {
  const scanner = new IniScanner(text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n'))
  const sections: OpenSection[] = []
  const faults: IniFault[] = []
  while (!scanner.isAtEnd && faults.length < MOST_FAULTS) {
    const { line } = scanner
    const complaint = readLine(scanner, sections)
    if (complaint) faults.push({ line, ...complaint })
    scanner.skipLine()
  }
  return { sections, faults }
}

function readLine(scanner: IniScanner, sections: OpenSection[]): Complaint | undefined {
  const { line } = scanner
  scanner.skipBlanks()
  if (scanner.isAtLineEnd) return undefined
  if (scanner.take('[')) {
    const header = readHeader(scanner)
    if ('expected' in header) return header
    sections.push({ ...header, line, entries: [] })
    return undefined
  }
  const entry = readEntry(scanner)
  if ('expected' in entry) return entry
  const section = sections.at(-1)
  if (!section) return { expected: 'a section before the first option', received: 'none' }
  section.entries.push({ ...entry, line })
  return undefined
}

type Header = Pick<IniSection, 'name' | 'subsection'>

function readHeader(scanner: IniScanner): Header | Complaint {
  scanner.skipBlanks()
  const name = scanner.word()
  if (name === '') return { expected: 'the name of a section after [', received: 'none' }
  scanner.skipBlanks()
  const subsection = scanner.take('"') ? scanner.quoted() : undefined
  if (typeof subsection === 'object') return subsection
  if (subsection === '') return { expected: 'a name between the quotes', received: 'none' }
  scanner.skipBlanks()
  if (!scanner.take(']')) return { expected: '] after the name of a section', received: 'something else' }
  scanner.skipBlanks()
  if (!scanner.isAtLineEnd) return { expected: 'nothing after ]', received: 'something' }
  return unprintable(subsection) ?? { name, ...(subsection !== undefined && { subsection }) }
}

function readEntry(scanner: IniScanner): Pick<IniEntry, 'name' | 'value'> | Complaint {
  const name = scanner.word()
  if (name === '') return { expected: 'a section, an option or a comment', received: 'something else' }
  scanner.skipBlanks()
  if (scanner.isAtLineEnd) return { name }
  if (!scanner.take('=')) return { expected: '= after the name of an option', received: 'something else' }
  scanner.skipBlanks()
  const value = scanner.value()
  if (typeof value === 'object') return value
  return unprintable(value) ?? { name, value }
}

function unprintable(text: string | undefined): Complaint | undefined {
  return text !== undefined && UNPRINTABLE.test(text)
    ? { expected: 'printable text in UTF-8', received: 'a character that is not' }
    : undefined
}

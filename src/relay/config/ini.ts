/** The content of a configuration file, in its order. Lines count from 1. */
export interface Ini {
  readonly sections: readonly IniSection[]
  readonly faults: readonly IniFault[]
}

export interface IniSection {
  readonly name: string
  /** The quoted second name, for example `production` in `[Environment "production"]`. */
  readonly subsection?: string
  readonly line: number
  readonly entries: readonly IniEntry[]
}

export interface IniEntry {
  readonly name: string
  /** Absent if the line has no `=`. */
  readonly value?: string
  readonly line: number
}

/** A syntax error. It contains no text of the file, which could be a secret. */
interface SyntaxProblem {
  readonly expected: string
  readonly received: string
}

interface IniFault extends SyntaxProblem {
  readonly line: number
}

interface OpenSection extends IniSection {
  readonly entries: IniEntry[]
}

const MAX_FAULTS = 100

/** Control characters, and the character that replaces bytes that are not UTF-8. */
const UNPRINTABLE = /[^\P{Cc}\t\n]|\uFFFD/u

/**
 * Parses the format of Git's configuration, as LaunchDarkly's Relay Proxy does: `[name]`, `[name "second name"]`,
 * `key = value`, and comments after `;` and `#`. Quoted values may contain the escapes `\\`, `\"`, `\n` and `\t`; outside of
 * quotes, a backslash at the end of a line continues it. After a syntax error, parsing continues on the next line.
 */
export function readIni(text: string): Ini {
  const scanner = new IniScanner(text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n'))
  const sections: OpenSection[] = []
  const faults: IniFault[] = []
  while (!scanner.isAtEnd && faults.length < MAX_FAULTS) {
    const { line } = scanner
    const problem = readLine(scanner, sections)
    if (problem) faults.push({ line, ...problem })
    scanner.skipLine()
  }
  return { sections, faults }
}

function readLine(scanner: IniScanner, sections: OpenSection[]): SyntaxProblem | undefined {
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

function readHeader(scanner: IniScanner): Pick<IniSection, 'name' | 'subsection'> | SyntaxProblem {
  scanner.skipBlanks()
  const name = scanner.word()
  if (name === '') return { expected: 'the name of a section after [', received: 'none' }
  scanner.skipBlanks()
  const subsection = scanner.take('"') ? scanner.quoted() : undefined
  if (typeof subsection === 'object') return subsection
  if (subsection === '') return { expected: 'a name between the quotes', received: 'none' }
  scanner.skipBlanks()
  if (!scanner.take(']')) return { expected: '] after the name of a section', received: 'other text' }
  scanner.skipBlanks()
  if (!scanner.isAtLineEnd) return { expected: 'nothing after ]', received: 'more text' }
  return unprintable(subsection) ?? { name, ...(subsection !== undefined && { subsection }) }
}

function readEntry(scanner: IniScanner): Pick<IniEntry, 'name' | 'value'> | SyntaxProblem {
  const name = scanner.word()
  if (name === '') return { expected: 'a section, an option or a comment', received: 'other text' }
  scanner.skipBlanks()
  if (scanner.isAtLineEnd) return { name }
  if (!scanner.take('=')) return { expected: '= after the name of an option', received: 'other text' }
  scanner.skipBlanks()
  const value = scanner.value()
  if (typeof value === 'object') return value
  return unprintable(value) ?? { name, value }
}

function unprintable(text: string | undefined): SyntaxProblem | undefined {
  return text !== undefined && UNPRINTABLE.test(text)
    ? { expected: 'printable UTF-8 text', received: 'an unprintable character' }
    : undefined
}

const WORD = /[A-Za-z0-9_-]*/y
const SPECIAL = /["\\;#\n]/g
const SPECIAL_IN_QUOTES = /["\\\n]/g
const ESCAPES: ReadonlyMap<string | undefined, string> = new Map([
  ['\\', '\\'],
  ['"', '"'],
  ['n', '\n'],
  ['t', '\t'],
])

class IniScanner {
  readonly #text: string
  #at = 0
  #line = 1

  constructor(text: string) {
    this.#text = text
  }

  get line(): number {
    return this.#line
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length
  }

  /** True if the rest of the line is empty or a comment. */
  get isAtLineEnd(): boolean {
    return this.isAtEnd || '\n;#'.includes(this.#text[this.#at] as string)
  }

  skipBlanks(): void {
    while (this.#text[this.#at] === ' ' || this.#text[this.#at] === '\t') this.#at += 1
  }

  skipLine(): void {
    const end = this.#text.indexOf('\n', this.#at)
    this.#at = end < 0 ? this.#text.length : end + 1
    this.#line += 1
  }

  take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false
    this.#at += 1
    return true
  }

  word(): string {
    WORD.lastIndex = this.#at
    const [word] = WORD.exec(this.#text) as RegExpExecArray
    this.#at += word.length
    return word
  }

  /** Reads a value up to the end of the line or a comment, without the blanks around it, except those in quotes. */
  value(): string | SyntaxProblem {
    let kept = ''
    let pending = ''
    for (;;) {
      pending += this.#until(SPECIAL)
      if (this.take('"')) {
        const quoted = this.quoted()
        if (typeof quoted === 'object') return quoted
        kept += pending + quoted
        pending = ''
      } else if (this.#text[this.#at] === '\\') {
        const problem = this.#skipLineBreak()
        if (problem) return problem
      } else {
        const character = this.#text[this.#at]
        if ((character === '#' || character === ';') && /[^ \t]$/.test(pending)) {
          // As the start of a comment, it would truncate a password without an error.
          return {
            expected: `a value with ${character} in double quotes, or a space before a comment`,
            received: `${character} without a space before it`,
          }
        }
        return kept + withoutBlanksAtEnd(pending)
      }
    }
  }

  quoted(): string | SyntaxProblem {
    let text = ''
    for (;;) {
      text += this.#until(SPECIAL_IN_QUOTES)
      const character = this.#text[this.#at]
      if (character === undefined || character === '\n') {
        return { expected: 'a closing quote on the same line', received: 'the end of the line' }
      }
      this.#at += 1
      if (character === '"') return text
      const meant = ESCAPES.get(this.#text[this.#at])
      if (meant === undefined) {
        return { expected: 'after \\ in quotes: \\, ", n or t', received: 'another character' }
      }
      text += meant
      this.#at += 1
    }
  }

  #until(special: RegExp): string {
    const from = this.#at
    special.lastIndex = from
    this.#at = special.exec(this.#text)?.index ?? this.#text.length
    return this.#text.slice(from, this.#at)
  }

  #skipLineBreak(): SyntaxProblem | undefined {
    if (this.#text[this.#at + 1] !== '\n') {
      return { expected: '\\ at the end of a line, or doubled and in quotes', received: '\\ elsewhere' }
    }
    this.#at += 2
    this.#line += 1
    return undefined
  }
}

/** Uses no regular expression: one that is anchored at the end takes quadratic time for many blanks. */
function withoutBlanksAtEnd(text: string): string {
  let end = text.length
  while (text[end - 1] === ' ' || text[end - 1] === '\t') end -= 1
  return text.slice(0, end)
}

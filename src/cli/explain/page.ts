import { printable } from '../../model/text.ts'

const WIDTH = 80
const INDENT = 2

export type Colours = 'ansi' | 'none'

/** The sign at the beginning of a line: the outcome, which the text states too. */
export type Sign = 'yes' | 'no' | 'skipped' | 'result' | 'error'

const SIGNS: Readonly<Record<Sign, { readonly text: string; readonly colour: number }>> = {
  yes: { text: '✓', colour: 32 },
  no: { text: '✗', colour: 31 },
  skipped: { text: '-', colour: 90 },
  result: { text: '→', colour: 36 },
  error: { text: '!', colour: 33 },
}

/** Lines of text for a terminal, indented and wrapped at 80 columns. */
export class Page {
  readonly #colours: Colours
  readonly #lines: string[] = []

  constructor(colours: Colours) {
    this.#colours = colours
  }

  get text(): string {
    return this.#lines.join('\n')
  }

  blank(): void {
    this.#lines.push('')
  }

  /** Adds a line with a sign, at a depth of indentation from 0. */
  add(depth: number, sign: Sign, text: string): void {
    const { text: mark, colour } = SIGNS[sign]
    const first = this.#colours === 'ansi' ? `\u001B[${colour}m${mark}\u001B[0m` : mark
    this.#wrap(depth, `${first} `, text)
  }

  /** Adds a line without a sign, which continues the line before it. */
  note(depth: number, text: string): void {
    this.#wrap(depth, '  ', text)
  }

  /** Adds a line with a name in a column of its own. */
  fact(name: string, text: string): void {
    const lines = wrapped(printable(text), WIDTH - FACT_WIDTH)
    for (const [index, line] of lines.entries())
      this.#lines.push(`${index === 0 ? name.padEnd(FACT_WIDTH) : ' '.repeat(FACT_WIDTH)}${line}`)
  }

  #wrap(depth: number, mark: string, text: string): void {
    // A deep explanation must not be squeezed into a few columns.
    const indent = ' '.repeat(Math.min(depth, 12) * INDENT)
    const lines = wrapped(printable(text).replaceAll('\n', ' '), WIDTH - indent.length - 2)
    for (const [index, line] of lines.entries())
      this.#lines.push(`${indent}${index === 0 ? mark : '  '}${line}`.trimEnd())
  }
}

const FACT_WIDTH = 10

/** Wraps a text at spaces. Cuts words that are longer than a line. Keeps several spaces, which may make values differ. */
function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = []
  let line: string | undefined
  for (const word of text.split(' ').flatMap((each) => pieces(each, width))) {
    if (line === undefined) line = word
    else if (line.length + 1 + word.length <= width) line = `${line} ${word}`
    else {
      lines.push(line)
      line = word
    }
  }
  return [...lines, line ?? '']
}

function pieces(word: string, width: number): readonly string[] {
  if (word.length <= width) return [word]
  const parts: string[] = []
  for (let at = 0; at < word.length; at += width) parts.push(word.slice(at, at + width))
  return parts
}

import { printable } from '../../model/text.ts'
import { wrapped } from '../lines.ts'
import type { Style } from '../style.ts'

const WIDTH = 80
const INDENT = 2

/** The sign at the beginning of a line: the outcome, which the text states too. */
export type Sign = 'yes' | 'no' | 'skipped' | 'result' | 'error'

const SIGNS: Readonly<Record<Sign, { readonly text: string; readonly style: keyof Style }>> = {
  yes: { text: '✓', style: 'green' },
  no: { text: '✗', style: 'red' },
  skipped: { text: '-', style: 'dim' },
  result: { text: '→', style: 'cyan' },
  error: { text: '!', style: 'yellow' },
}

/** Lines of text for a terminal, indented and wrapped at 80 columns. */
export class Page {
  readonly #style: Style
  readonly #lines: string[] = []

  constructor(style: Style) {
    this.#style = style
  }

  get text(): string {
    return this.#lines.join('\n')
  }

  blank(): void {
    this.#lines.push('')
  }

  /** Adds a line with a sign, at a depth of indentation from 0. */
  add(depth: number, sign: Sign, text: string): void {
    const { text: mark, style } = SIGNS[sign]
    this.#wrap(depth, `${this.#style[style](mark)} `, text)
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

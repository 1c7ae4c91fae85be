import { wrapped } from './lines.ts'

/** A text in the left column, such as an option with its value, and its explanation. */
export type HelpRow = readonly [form: string, text: string]

interface HelpSection {
  readonly title: string
  readonly rows: readonly HelpRow[]
}

/** The help text of a command, before it is laid out. All help texts have this form. */
interface Help {
  /** The command with its arguments, without `halyard`, for example `dev FILE... [options]`. */
  readonly usage: string
  /** Paragraphs, the first of which says what the command does. */
  readonly about: readonly string[]
  /** Tables of arguments, options and variables. */
  readonly sections: readonly HelpSection[]
  /** One or two command lines. */
  readonly examples: readonly string[]
  /** Exit codes with their meaning, if they matter to scripts. */
  readonly exitCodes?: readonly HelpRow[]
  /** Path of the page of the documents, such as `docs/explain.md`. */
  readonly page: string
}

/** The last option of every command. */
export const HELP_ROW: HelpRow = ['--help', 'print this']

/** The variables that decide on colours, for commands with colours. */
export const COLOUR_ROW: HelpRow = ['NO_COLOR', 'no colours on a terminal; FORCE_COLOR: colours everywhere']

const WIDTH = 80
/** A wider left column would leave too little room for explanations: a longer form has a line of its own. */
const MAX_FORM = 24

/** Returns a help text of at most 80 columns, unless a form or an example is longer. */
export function helpText({ usage, about, sections, examples, exitCodes = [], page }: Help): string {
  const parts = [
    `Usage: halyard ${usage}`,
    ...about.map((paragraph) => wrapped(paragraph, WIDTH).join('\n')),
    ...sections.map(({ title, rows }) => `${title}:\n${table(rows)}`),
    `Examples:\n${examples.map((example) => `  ${example}`).join('\n')}`,
    ...(exitCodes.length > 0 ? [`Exit codes:\n${table(exitCodes)}`] : []),
    `Documentation: ${page}`,
  ]
  return parts.join('\n\n')
}

function table(rows: readonly HelpRow[]): string {
  const lengths = rows.map(([form]) => form.length).filter((length) => length <= MAX_FORM)
  const column = Math.max(...lengths, 0)
  return rows.flatMap((row) => layOut(row, column)).join('\n')
}

function layOut([form, text]: HelpRow, column: number): readonly string[] {
  const indent = column + 4
  const lines = text === '' ? [] : wrapped(text, WIDTH - indent)
  const beside = form.length <= column ? lines.slice(0, 1) : []
  const below = lines.slice(beside.length).map((line) => `${' '.repeat(indent)}${line}`)
  return [`  ${form.padEnd(column)}  ${beside.join('')}`.trimEnd(), ...below]
}

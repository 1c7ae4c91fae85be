import { type CheckSource, checkFlagFiles, type FilesReport } from '../flag-file/check-files.ts'
import { type FlagFileFault, printPlace, reasonAt } from '../flag-file/flag-file-error.ts'
import { counted, printable } from '../model/text.ts'
import { parseArguments, UsageError } from './arguments.ts'
import { type CommandContext, printResult } from './command.ts'
import { HELP_ROW, helpText } from './help.ts'
import { asJson } from './inspect/format.ts'
import { type Style, styleOf } from './style.ts'

const USAGE = helpText({
  usage: 'validate FILE... [options]',
  about: [
    'Checks flag files as halyard relay --file reads them: what validate accepts, the server accepts. All files are merged, in the order of the command line, before their references are checked. Prints each problem with its file, line and column.',
    'Errors are problems for which a server refuses a file. Warnings are probable mistakes, such as a segment that does not exist.',
  ],
  sections: [
    {
      title: 'Arguments',
      rows: [
        [
          'FILE',
          'a flag file (JSON, or YAML if its name ends in .yaml or .yml), a folder of flag files, or - for the standard input, which is JSON if it begins with {, and YAML otherwise',
        ],
      ],
    },
    {
      title: 'Options',
      rows: [
        ['--strict', 'exit with 1 for warnings, too'],
        ['--format FORMAT', 'text (default), json, or github for annotations in GitHub Actions'],
        [
          '--json',
          'the same as --format json: a list of objects with file, line, column, path, severity and message',
        ],
        HELP_ROW,
      ],
    },
  ],
  examples: ['halyard validate flags.yaml', 'halyard validate --strict flags/ hotfix.json'],
  exitCodes: [
    ['0', 'no errors; with --strict, no warnings either'],
    ['1', 'at least one error; with --strict, or a warning'],
    ['2', 'wrong command line'],
  ],
  page: 'docs/flag-file.md',
})

/** Checks flag files and prints their problems. Resolves with the exit code. */
export async function validate(args: readonly string[], context: CommandContext): Promise<number> {
  const options = readOptions(args)
  if (options === 'help') return printResult(USAGE, context)
  const input = options.paths.includes('-') ? await standardInput(context) : '-'
  const sources = options.paths.map((path) => (path === '-' ? input : path))
  const report = await checkFlagFiles(sources)
  const { errors, warnings } = report
  const text = PRINTERS[options.format](report, styleOf(context))
  if (text !== '') context.stdout(text)
  return errors.length > 0 || (options.strictness === 'strict' && warnings.length > 0) ? 1 : 0
}

interface ValidateOptions {
  readonly paths: readonly string[]
  readonly strictness: 'strict' | 'normal'
  readonly format: Format
}

const OPTIONS = {
  strict: { type: 'boolean' },
  format: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

function readOptions(args: readonly string[]): ValidateOptions | 'help' {
  const { values, positionals } = parseArguments(args, OPTIONS)
  if (values.help) return 'help'
  if (positionals.length === 0) throw new UsageError('validate needs a flag file, a folder, or -')
  const format = values.format ?? (values.json ? 'json' : 'text')
  if (!isFormat(format)) throw new UsageError(`--format must be text, json or github, not ${format}`)
  if (values.json && format !== 'json')
    throw new UsageError(`--json and --format ${format} do not go together`)
  return { paths: positionals, strictness: values.strict ? 'strict' : 'normal', format }
}

/** The name of the standard input in messages. */
const STANDARD_INPUT = 'stdin'

async function standardInput({ stdin }: CommandContext): Promise<CheckSource> {
  const text = await stdin()
  const format = text.trimStart().startsWith('{') ? 'json' : 'yaml'
  return { path: STANDARD_INPUT, format, text }
}

type Severity = 'error' | 'warning'

type Format = 'text' | 'json' | 'github'

const PRINTERS: Readonly<Record<Format, (report: FilesReport, style: Style) => string>> = {
  text: asText,
  json: (report) =>
    printable(asJson(problemsOf(report).map(([severity, fault]) => jsonProblem(severity, fault)))),
  github: (report) => printable(problemsOf(report).map(annotation).join('\n')),
}

function isFormat(name: string): name is Format {
  return Object.hasOwn(PRINTERS, name)
}

type Found = readonly [severity: Severity, fault: FlagFileFault]

/** Returns the problems in the order of their files and lines. */
function problemsOf({ paths, errors, warnings }: FilesReport): readonly Found[] {
  const found: readonly Found[] = [
    ...errors.map((fault): Found => ['error', fault]),
    ...warnings.map((fault): Found => ['warning', fault]),
  ]
  const order = new Map(paths.map((path, index) => [path, index]))
  const orderOf = ({ path }: FlagFileFault): number => order.get(path) ?? 0
  const distance = ([, a]: Found, [, b]: Found): number =>
    orderOf(a) - orderOf(b) || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)
  return found.toSorted(distance)
}

function asText(report: FilesReport, style: Style): string {
  const lines = problemsOf(report).map(([severity, fault]) => {
    const mark = severity === 'error' ? style.red : style.yellow
    const place = style.bold(printable(printPlace(fault)))
    return `${place}: ${mark(severity)}: ${printable(reasonAt(fault))}`
  })
  return [...lines, summary(report, style)].join('\n')
}

function summary({ paths, items, errors, warnings }: FilesReport, style: Style): string {
  const content = items && `${counted(items.flags.size, 'flag')}, ${counted(items.segments.size, 'segment')}`
  const problems = [
    ...(errors.length > 0 ? [style.red(counted(errors.length, 'error'))] : []),
    ...(warnings.length > 0 ? [style.yellow(counted(warnings.length, 'warning'))] : []),
  ]
  const result = problems.length > 0 ? problems.join(', ') : style.green('no problems')
  const hint = items ? '' : '; references are checked when there are no errors'
  return `${counted(paths.length, 'file')}: ${[...(content === undefined ? [] : [content]), result].join(', ')}${hint}`
}

function jsonProblem(severity: Severity, fault: FlagFileFault): object {
  const { path: file, line = null, column = null, member: path = null, reason: message } = fault
  return { file, line, column, path, severity, message }
}

/** Returns a workflow command of GitHub Actions, which shows the problem beside the line. */
function annotation([severity, fault]: Found): string {
  const { path, line, column } = fault
  const places = { file: path, line, col: column }
  const properties = Object.entries(places).flatMap(([name, value]) =>
    value === undefined ? [] : `${name}=${escaped(String(value), /[%\r\n:,]/g)}`,
  )
  return `::${severity} ${properties.join(',')}::${escaped(reasonAt(fault), /[%\r\n]/g)}`
}

function escaped(text: string, characters: RegExp): string {
  return text.replaceAll(characters, encodeURIComponent)
}

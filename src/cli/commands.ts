import { VERSION } from '../config/request-headers.ts'
import { reasonOf } from '../model/error-text.ts'
import { InspectionError, suggestion, UsageError } from './arguments.ts'
import { type Command, type CommandContext, printResult } from './command.ts'
import { COMMANDS, type CommandGroup, type CommandRow } from './command-table.ts'
import { HELP_ROW, helpText } from './help.ts'

export { StopRequest } from './command.ts'

/** A group of commands, and the words that select it: none for all commands, or for example `['archive']`. */
interface Selected {
  readonly group: CommandGroup
  readonly words: readonly string[]
}

/**
 * Runs a command line and prints its error. Resolves with the exit code: 0, or 2 if the command line is wrong or names a
 * store that cannot be read, or 1 for every other failure.
 */
export async function run(args: readonly string[], context: CommandContext): Promise<number> {
  const [option] = args
  if (option === '--version' || option === '-v') return printResult(VERSION, context)
  try {
    return await runGroup({ group: COMMANDS, words: [] }, args, context)
  } catch (error) {
    context.stderr(hideCredentials(reasonOf(error)))
    return error instanceof InspectionError ? 2 : 1
  }
}

async function runGroup(
  selected: Selected,
  [name, ...args]: readonly string[],
  context: CommandContext,
): Promise<number> {
  const { group, words } = selected
  if (name === '--help' || name === '-h') return printResult(helpOf(selected), context)
  if (name === 'help') return runGroup(selected, [...args, '--help'], context)
  const found = group.commands.find((command) => command.name === name)
  if (name === undefined || !found) {
    context.stderr(
      name === undefined ? withoutCommand(selected) : hideCredentials(unknownCommand(name, selected)),
    )
    return 2
  }
  const path = [...words, found.name]
  return 'commands' in found
    ? runGroup({ group: found, words: path }, args, context)
    : runCommand(found, { path: path.join(' '), args }, context)
}

interface CommandLine {
  /** The words that select the command, for example `archive export`. */
  readonly path: string
  readonly args: readonly string[]
}

async function runCommand(
  { load }: CommandRow,
  { path, args }: CommandLine,
  context: CommandContext,
): Promise<number> {
  const command = await load()
  try {
    return await command(args, context)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    const usage = await usageOf(command, context)
    context.stderr(
      `${hideCredentials(reasonOf(error))}\n\n${usage}\nhalyard ${path} --help explains the command.`,
    )
    return 2
  }
}

/** Hides user and password of addresses, because errors repeat arguments. */
function hideCredentials(message: string): string {
  return message.replaceAll(/:\/\/\S*@/g, '://(hidden)@')
}

/** Returns the first line of the help text of a command. */
async function usageOf(command: Command, context: CommandContext): Promise<string> {
  const printed: string[] = []
  await command(['--help'], { ...context, stdout: (text) => printed.push(text) })
  const [usage = ''] = printed.join('\n').split('\n', 1)
  return usage
}

function withoutCommand(selected: Selected): string {
  const command = ['halyard', ...selected.words].join(' ')
  return `${helpOf(selected)}\n\n${command} needs a command; ${selected.group.hint}`
}

function unknownCommand(name: string, { group, words }: Selected): string {
  const command = ['halyard', ...words].join(' ')
  const isOption = name.startsWith('-')
  const known = isOption ? ['--help', '--version'] : [...group.commands.map((each) => each.name), 'help']
  const what = isOption ? 'option' : ['command', ...words].join(' ')
  const hint = suggestion(name, known) || (isOption ? '; options of a command follow its name' : '')
  return `unknown ${what} ${name}${hint}\n\nUsage: ${command} COMMAND [options]\n${command} --help lists the commands.`
}

function helpOf({ group, words }: Selected): string {
  const { about, commands, examples, page } = group
  const rows = commands.map(({ name, summary }) => [name, summary] as const)
  const command = ['halyard', ...words].join(' ')
  const options = [HELP_ROW, ...(words.length === 0 ? [['--version', 'print the version'] as const] : [])]
  return helpText({
    usage: [...words, 'COMMAND [options]'].join(' '),
    about,
    sections: [
      {
        title: 'Commands',
        rows: [...rows, ['help COMMAND', `explain a command, as ${command} COMMAND --help does`]],
      },
      { title: 'Options', rows: options },
    ],
    examples,
    page,
  })
}

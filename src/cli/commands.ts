import { VERSION } from '../config/request-headers.ts'
import { reasonOf } from '../model/error-text.ts'
import { didYouMean } from '../model/near-miss.ts'
import { InspectionError, UsageError } from './arguments.ts'
import { type Command, type CommandContext, printResult } from './command.ts'

export { StopRequest } from './command.ts'

const USAGE = `Usage: halyard COMMAND

  dev FILE         serve flag files to SDKs and stream their changes, with defaults for development
  relay            synchronize environments and serve them to SDKs; with --file, a flag server without LaunchDarkly
  health, ready    ask a relay whether it is alive, or ready for SDKs
  explain FLAG     explain the value that a flag has for a context
  inspect STORE    show the content of a store and check it for damage
  archive          write, read and show archives in the format of LaunchDarkly's Relay Proxy

halyard COMMAND --help explains a command; halyard --version prints the version.`

/** Commands are loaded when one is called, because most of them need no relay and no store. */
const COMMANDS: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ['dev', async () => (await import('./servers.ts')).dev],
  ['relay', async () => (await import('./servers.ts')).relay],
  ['health', async () => (await import('./probe.ts')).health],
  ['ready', async () => (await import('./probe.ts')).ready],
  ['explain', async () => (await import('./tools.ts')).explain],
  ['inspect', async () => (await import('./tools.ts')).inspect],
  ['archive', async () => (await import('./tools.ts')).archive],
])

async function main([name, ...args]: readonly string[], context: CommandContext): Promise<number> {
  if (name === '--help' || name === '-h') return printResult(USAGE, context)
  if (name === '--version' || name === '-v') return printResult(VERSION, context)
  if (name === undefined) throw new UsageError('no command was given')
  const load = COMMANDS.get(name)
  if (!load) {
    const hint = didYouMean(name, [...COMMANDS.keys()])
    throw new UsageError(`unknown command ${name}${hint === undefined ? '' : `; ${hint}`}`)
  }
  const command = await load()
  return command(args, context)
}

function helpFor(name: string): string {
  return COMMANDS.has(name) ? `halyard ${name} --help explains the command.` : USAGE
}

/**
 * Runs a command line and prints its error. Resolves with the exit code: 0, or 2 if the command line is wrong or names a
 * store that cannot be read, or 1 for every other failure.
 */
export async function run(args: readonly string[], context: CommandContext): Promise<number> {
  try {
    return await main(args, context)
  } catch (error) {
    const message = reasonOf(error)
    const isUsage = error instanceof UsageError
    context.stderr(isUsage ? `${message}\n\n${helpFor(args[0] ?? '')}` : message)
    return isUsage || error instanceof InspectionError ? 2 : 1
  }
}

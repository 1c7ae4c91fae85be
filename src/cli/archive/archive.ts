import { UsageError } from '../arguments.ts'
import { type Command, type CommandContext, printResult } from '../command.ts'
import { exportArchive } from './export.ts'
import { importArchive } from './import.ts'
import { showArchive } from './show.ts'

const USAGE = `Usage: halyard archive COMMAND

  export --out FILE   write what a relay serves as an archive
  import FILE         write an archive into the database of a relay
  show FILE           list what an archive holds

An archive is that of LaunchDarkly's Relay Proxy (offline mode), a .tar or .tar.gz. The SDK keys in it are good: keep it like
a password. halyard archive COMMAND --help tells more.`

const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ['export', exportArchive],
  ['import', importArchive],
  ['show', showArchive],
])

/** Brings environments into an archive, out of it, or tells what is in it. */
export async function archive([name, ...args]: readonly string[], context: CommandContext): Promise<number> {
  if (name === '--help' || name === '-h') return printResult(USAGE, context)
  if (name === undefined) throw new UsageError('archive needs a command: export, import or show')
  const command = COMMANDS.get(name)
  if (!command) throw new UsageError(`archive knows export, import and show, not ${name}`)
  return command(args, context)
}

import { UsageError } from '../arguments.ts'
import { type Command, type CommandContext, printResult } from '../command.ts'
import { exportArchive } from './export.ts'
import { importArchive } from './import.ts'
import { showArchive } from './show.ts'

const USAGE = `Usage: halyard archive COMMAND

  export --out FILE   write the data of a relay's environments as an archive
  import FILE         write an archive into the database of a relay
  show FILE           list the environments of an archive

An archive has the format of LaunchDarkly's Relay Proxy (offline mode): .tar or .tar.gz. It contains valid SDK keys: keep it
like a password. halyard archive COMMAND --help explains a command.`

const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ['export', exportArchive],
  ['import', importArchive],
  ['show', showArchive],
])

export async function archive([name, ...args]: readonly string[], context: CommandContext): Promise<number> {
  if (name === '--help' || name === '-h') return printResult(USAGE, context)
  if (name === undefined) throw new UsageError('archive needs a command: export, import or show')
  const command = COMMANDS.get(name)
  if (!command) throw new UsageError(`unknown command archive ${name}; expected export, import or show`)
  return command(args, context)
}

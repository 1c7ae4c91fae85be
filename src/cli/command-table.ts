import type { Command } from './command.ts'

/** A command: `halyard help`, the suggestions for misspelt names and the tests of help texts follow from its row. */
export interface CommandRow {
  readonly name: string
  /** A few words for the list of commands, without a full stop. */
  readonly summary: string
  /** Imports the command when it is called, because most commands need no relay and no store. Its help text begins with its usage line. */
  readonly load: () => Promise<Command>
}

/** Commands with a common first word, or all commands. */
export interface CommandGroup {
  readonly name: string
  readonly summary: string
  /** Paragraphs of its help text. */
  readonly about: readonly string[]
  readonly commands: readonly (CommandRow | CommandGroup)[]
  readonly examples: readonly string[]
  /** Path of the page of the documents. */
  readonly page: string
  /** A hint that is printed if no command was given. */
  readonly hint: string
}

const ARCHIVE: CommandGroup = {
  name: 'archive',
  summary: "write, import and show archives in the format of LaunchDarkly's Relay Proxy",
  about: [
    "Writes, imports and shows archives in the format of LaunchDarkly's Relay Proxy (offline mode): .tar or .tar.gz. An archive contains valid SDK keys: keep it like a password.",
  ],
  commands: [
    {
      name: 'export',
      summary: "write the data of a relay's environments as an archive",
      load: async () => (await import('./tools.ts')).exportArchive,
    },
    {
      name: 'import',
      summary: 'write an archive into the database of a relay',
      load: async () => (await import('./tools.ts')).importArchive,
    },
    {
      name: 'show',
      summary: 'list the environments of an archive, and check it',
      load: async () => (await import('./tools.ts')).showArchive,
    },
  ],
  examples: ['halyard archive show flags.tar.gz'],
  page: 'docs/archive.md',
  hint: 'for example, halyard archive show FILE lists the environments of an archive',
}

/** All commands, in the order of the list that `halyard --help` prints. */
export const COMMANDS: CommandGroup = {
  name: 'halyard',
  summary: '',
  about: ['Serves feature flags to SDKs, and shows, explains and checks flag data.'],
  commands: [
    {
      name: 'dev',
      summary: 'serve flag files to SDKs, with defaults for development',
      load: async () => (await import('./servers.ts')).dev,
    },
    {
      name: 'relay',
      summary: 'synchronize environments and serve them to SDKs; with --file, serve flag files',
      load: async () => (await import('./servers.ts')).relay,
    },
    {
      name: 'health',
      summary: 'ask a relay whether its process is alive',
      load: async () => (await import('./probe.ts')).health,
    },
    {
      name: 'ready',
      summary: 'ask a relay whether SDKs should use it',
      load: async () => (await import('./probe.ts')).ready,
    },
    {
      name: 'doctor',
      summary: 'check network, SDK key, protocol and database from this machine',
      load: async () => (await import('./tools.ts')).doctor,
    },
    {
      name: 'validate',
      summary: 'check flag files, and print each problem with its line',
      load: async () => (await import('./tools.ts')).validate,
    },
    {
      name: 'explain',
      summary: 'explain the value that a flag has for a context',
      load: async () => (await import('./tools.ts')).explain,
    },
    {
      name: 'watch',
      summary: 'print the status and the changes that a client sees, as they happen',
      load: async () => (await import('./tools.ts')).watch,
    },
    {
      name: 'inspect',
      summary: 'show the content of a store and check it for damage',
      load: async () => (await import('./tools.ts')).inspect,
    },
    ARCHIVE,
  ],
  examples: ['halyard dev flags.yaml', 'halyard help explain'],
  page: 'docs/commands.md',
  hint: 'for example, halyard dev flags.yaml serves a flag file',
}

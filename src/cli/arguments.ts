import { type ParseArgsConfig, parseArgs } from 'node:util'
import { HalyardError } from '../model/errors.ts'
import { didYouMean } from '../model/near-miss.ts'

type Options = NonNullable<ParseArgsConfig['options']>

interface Command<O extends Options> {
  readonly args: string[]
  readonly allowPositionals: true
  readonly options: O
}

/** Parses options and positional arguments. Throws a {@link UsageError} that names the wrong argument. */
export function parseArguments<const O extends Options>(
  args: readonly string[],
  options: O,
): ReturnType<typeof parseArgs<Command<O>>> {
  try {
    return parseArgs<Command<O>>({ args: [...args], allowPositionals: true, options })
  } catch (cause) {
    // The other sentences explain arguments that begin with a dash, which no command has.
    const [reason = ''] = (cause as Error).message.split('. ', 1)
    throw new UsageError(reason + suggestion(reason, Object.keys(options)), { cause })
  }
}

function suggestion(reason: string, known: readonly string[]): string {
  const [, unknown] = /^Unknown option '(--.+)'$/.exec(reason) ?? []
  const options = known.map((name) => `--${name}`)
  const hint = unknown === undefined ? undefined : didYouMean(unknown, options)
  return hint === undefined ? '' : `; ${hint}`
}

/** Thrown for a wrong command line. */
export class UsageError extends HalyardError {
  constructor(message: string, options?: ErrorOptions) {
    super('USAGE', message, options)
  }
}

/** Thrown if a store cannot be read: it is unreachable, refuses the credentials, or its address is wrong. */
export class InspectionError extends HalyardError {
  constructor(cause: Error) {
    super('INSPECTION', cause.message, { cause })
  }
}

import { type ParseArgsConfig, parseArgs } from 'node:util'
import { HalyardError } from '../model/errors.ts'
import { nearMiss } from '../model/near-miss.ts'

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
    const [reason = ''] = (cause as Error).message.split(/\.\s/, 1)
    const names = Object.keys(options).map((name) => `--${name}`)
    throw new UsageError(reason + optionHint(reason, args, names), { cause })
  }
}

function optionHint(reason: string, args: readonly string[], known: readonly string[]): string {
  const [, unknown] = /^Unknown option '(-.+)'$/.exec(reason) ?? []
  if (unknown === undefined) return ''
  if (unknown.startsWith('--')) return suggestion(unknown, known)
  // `-port` is parsed as the short options -p, -o, -r and -t.
  const [, letter = ''] = unknown
  const given = args.find((arg) => /^-[a-z]{2}/i.test(arg) && arg.includes(letter))
  return given === undefined ? '' : suggestion(`-${given}`, known)
}

/** Returns `; did you mean NAME?` with the nearest known name, or the only one that begins like `name`, or an empty string. */
export function suggestion(name: string, known: readonly string[]): string {
  // The dashes of options would make short ones resemble each other.
  const names = new Map(known.map((each) => [withoutDashes(each), each]))
  const word = withoutDashes(name)
  const [only, ...others] = [...names.keys()].filter((each) => each.startsWith(word))
  const near = nearMiss(word, [...names.keys()]) ?? (others.length > 0 ? undefined : only)
  return near === undefined ? '' : `; did you mean ${names.get(near)}?`
}

function withoutDashes(name: string): string {
  return name.replace(/^-+/, '')
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

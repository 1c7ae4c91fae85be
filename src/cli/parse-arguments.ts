import { type ParseArgsConfig, parseArgs } from 'node:util'
import { UsageError } from './usage-error.ts'

type Options = NonNullable<ParseArgsConfig['options']>

interface Command<O extends Options> {
  readonly args: string[]
  readonly allowPositionals: true
  readonly options: O
}

/** Reads options and what stands beside them. Throws a {@link UsageError} that says what is not understood. */
export function parseArguments<const O extends Options>(
  args: readonly string[],
  options: O,
): ReturnType<typeof parseArgs<Command<O>>> {
  try {
    return parseArgs<Command<O>>({ args: [...args], allowPositionals: true, options })
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause })
  }
}

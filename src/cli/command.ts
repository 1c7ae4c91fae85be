import type { Logger } from '../model/logger.ts'

/**
 * The parts of a process that a command uses. `stdout` and `stderr` write a line each. Tests pass their own and run commands
 * without a process.
 */
export interface CommandContext {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdout: (line: string) => void
  readonly stderr: (line: string) => void
  /** Reads the standard input to its end. */
  readonly stdin: () => Promise<string>
  /** True if the output goes to a terminal, which can show colours. */
  readonly isTerminal: boolean
  /** Returns the width of the terminal, in characters, or 80 if the output goes elsewhere. */
  readonly columns: () => number
  /** Called when a server serves its data, or has waited for it long enough. */
  readonly onStarted: () => void
  /** Aborts with a {@link StopRequest} when the process is asked to stop. */
  readonly signal: AbortSignal
  /** Aborts when the reader of standard output has closed it, as `head` does. Default: never. */
  readonly outputClosed?: AbortSignal
}

/** A command of `halyard`. Resolves with the exit code, and rejects with an error that the caller prints. */
export type Command = (args: readonly string[], context: CommandContext) => Promise<number>

export type StopSignal = 'SIGINT' | 'SIGTERM'

/** The reason of an aborted command. */
export class StopRequest extends Error {
  readonly signal: StopSignal

  constructor(signal: StopSignal) {
    super(`stopped by ${signal}`)
    this.signal = signal
  }
}

/** Prints a text as the whole result of a command. Returns the exit code. */
export function printResult(text: string, { stdout }: CommandContext): number {
  stdout(text)
  return 0
}

/** Returns a logger that writes debug and info to standard output, warnings and errors to standard error. */
export function consoleOf({ stdout, stderr }: CommandContext): Logger {
  return { debug: stdout, info: stdout, warn: stderr, error: stderr }
}

/** Returns a logger for a command that prints a result: it writes warnings and errors only, to standard error. */
export function problemLogger({ stderr }: CommandContext): Logger {
  return { debug() {}, info() {}, warn: stderr, error: stderr }
}

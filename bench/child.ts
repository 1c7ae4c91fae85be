import { fork } from 'node:child_process'

/** Longest time until a module answers, so that one that hangs does not end the run. */
const LIMIT_MS = 600_000

/** A module in a process of its own. */
export interface Child<Said> {
  /** Resolves with the first message; rejects if the process ends before. */
  readonly said: Promise<Said>
  stop(): Promise<void>
}

/** Starts a module in a new process, with the argument as JSON. The module answers with {@link tell}. */
export function start<Said>(module: URL, argument: unknown): Child<Said> {
  const child = fork(module, [JSON.stringify(argument)])
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const said = new Promise<Said>((resolve, reject) => {
    child.once('message', (message) => resolve(message as Said))
    setTimeout(() => {
      reject(new Error(`${module.pathname} said nothing for ${LIMIT_MS / 60_000} minutes`))
    }, LIMIT_MS).unref()
    child.once('exit', (code) => reject(new Error(`${module.pathname} ended with ${code} and said nothing`)))
  })
  return {
    said,
    async stop() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** Resolves with the message of a module in a new process, and ends the process. */
export async function askChild<Said>(module: URL, argument: unknown): Promise<Said> {
  const child = start<Said>(module, argument)
  try {
    return await child.said
  } finally {
    await child.stop()
  }
}

/** Returns the argument of this child process. */
export function given<Argument>(): Argument {
  return JSON.parse(process.argv[2] ?? 'null') as Argument
}

/** Sends a message from this child process to its parent. */
export function tell(message: object): void {
  process.send?.(message)
}

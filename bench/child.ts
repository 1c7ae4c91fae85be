import { fork } from 'node:child_process'

/** A module running in a process of its own. */
export interface Child<Said> {
  /** The first thing it says; rejects when it ends before. */
  readonly said: Promise<Said>
  stop(): Promise<void>
}

/** Starts a module in a fresh process; it gets the argument as JSON and answers with {@link tell}. */
export function start<Said>(module: URL, argument: unknown): Child<Said> {
  const child = fork(module, [JSON.stringify(argument)])
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const said = new Promise<Said>((resolve, reject) => {
    child.once('message', (message) => resolve(message as Said))
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

/** What a module says, in a process that is ended then. */
export async function askChild<Said>(module: URL, argument: unknown): Promise<Said> {
  const child = start<Said>(module, argument)
  try {
    return await child.said
  } finally {
    await child.stop()
  }
}

/** In a child: what it was given. */
export function given<Argument>(): Argument {
  return JSON.parse(process.argv[2] ?? 'null') as Argument
}

/** In a child: answers the process that started it. */
export function tell(message: object): void {
  process.send?.(message)
}

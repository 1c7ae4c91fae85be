import { onTestFinished, vi } from 'vitest'
import { StopRequest, type StopSignal } from '../../src/cli/command.ts'
import { run } from '../../src/cli/commands.ts'

/** The exit code and the output of a command. */
export interface Ended {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** A command that runs in this process. */
export interface Running {
  readonly stdout: () => string
  readonly stderr: () => string
  /** Its output to both streams, in order. */
  readonly printed: () => string
  /** Stops the command as a signal to its process would. */
  readonly signal: (name: StopSignal) => void
  /** Resolves with the exit code. */
  readonly ended: Promise<number>
}

/**
 * Starts `halyard` with these arguments in this process; stopped with the test at the latest. The command sees no
 * environment variable but those of `env`. `wrote` is called after each line.
 */
export function begin(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  wrote: () => void = () => {},
): Running {
  const stopping = new AbortController()
  const texts = { stdout: '', stderr: '', printed: '' }
  const writer = (stream: 'stdout' | 'stderr') => (line: string) => {
    texts[stream] += `${line}\n`
    texts.printed += `${line}\n`
    wrote()
  }
  stubVariables(env)
  const stdin = (): Promise<string> => Promise.resolve('')
  const [stdout, stderr] = [writer('stdout'), writer('stderr')]
  const ended = run(args, {
    env,
    stdout,
    stderr,
    stdin,
    isTerminal: false,
    columns: () => 80,
    onStarted() {},
    signal: stopping.signal,
  })
  const signal = (name: StopSignal): void => stopping.abort(new StopRequest(name))
  onTestFinished(async () => {
    signal('SIGINT')
    await ended
  })
  return {
    stdout: () => texts.stdout,
    stderr: () => texts.stderr,
    printed: () => texts.printed,
    signal,
    ended,
  }
}

/** Runs `halyard` with these arguments in this process until it ends. */
export async function running(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const { stdout, stderr, ended } = begin(args, env)
  const status = await ended
  return { status, stdout: stdout(), stderr: stderr() }
}

/** Sets the variables of this process, which the AWS SDK and the data systems of a relay read. */
function stubVariables(env: NodeJS.ProcessEnv): void {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  onTestFinished(() => void vi.unstubAllEnvs())
}

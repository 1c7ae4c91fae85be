import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'

/**
 * Ends a process with the test at the latest, because a process that outlives a test holds the output of vitest open. Returns the
 * process.
 */
export function endWithTest<T extends ChildProcess>(started: T): T {
  endWithThisProcess(started)
  try {
    onTestFinished(() => void started.kill('SIGKILL'))
  } catch (error) {
    // The test has already ended, because it timed out before it started this process.
    started.kill('SIGKILL')
    throw error
  }
  return started
}

/**
 * Starts a guard that kills a process when this one has ended, even if this one was killed, because the guard's input ends then. Returns
 * the process.
 */
export function endWithThisProcess<T extends ChildProcess>(started: T): T {
  if (started.pid === undefined) return started
  const guard = spawn('sh', ['-c', 'read -r _; kill -9 "$0"', String(started.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  guard.unref()
  // The guard must not outlive the process: its process id may be given to another one.
  started.once('exit', () => guard.kill('SIGKILL'))
  return started
}

/** Runs a script, which is ended with the test at the latest. Its standard error is shown. */
export function child(script: string, ...args: readonly string[]): ChildProcess {
  const env = { ...process.env, NODE_NO_WARNINGS: '1' }
  const started = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env })
  started.stderr.pipe(process.stderr, { end: false })
  return endWithTest(started)
}

/** Resolves with the exit code and the output when the process has ended by itself. */
export async function outcome(
  started: ChildProcess,
): Promise<{ readonly code: unknown; readonly output: string }> {
  let output = ''
  for (const stream of [started.stdout, started.stderr]) {
    stream?.on('data', (bytes) => {
      output += String(bytes)
    })
  }
  const [code] = (await once(started, 'close')) as readonly unknown[]
  return { code, output }
}

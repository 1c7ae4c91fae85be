import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'

/** Runs a script by its path; ended with the test at the latest. What it complains of is seen. */
export function child(script: string, ...args: readonly string[]): ChildProcess {
  const env = { ...process.env, NODE_NO_WARNINGS: '1' }
  const started = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env })
  started.stderr.pipe(process.stderr, { end: false })
  onTestFinished(() => void started.kill('SIGKILL'))
  return started
}

/** How it ended by itself, and everything it printed until then. */
export async function outcome(
  started: ChildProcess,
): Promise<{ readonly code: unknown; readonly said: string }> {
  let said = ''
  for (const stream of [started.stdout, started.stderr]) {
    stream?.on('data', (bytes) => {
      said += String(bytes)
    })
  }
  const [code] = (await once(started, 'close')) as readonly unknown[]
  return { code, said }
}

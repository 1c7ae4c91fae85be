import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** Runs a script of this directory; ended with the test at the latest. */
export function child(script: string, ...args: readonly string[]): ChildProcess {
  const started = spawn(process.execPath, [join(import.meta.dirname, script), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void started.kill('SIGKILL'))
  return started
}

/** How it ended by itself, and what it printed until then. */
export async function outcome(
  process: ChildProcess,
): Promise<{ readonly code: unknown; readonly said: string }> {
  let said = ''
  process.stdout?.on('data', (bytes) => {
    said += String(bytes)
  })
  const [code] = (await once(process, 'close')) as readonly unknown[]
  return { code, said }
}

import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { endWithTest } from './child.ts'
import { type Begun, type Ended, type RunningRelay, type Settings, serving } from './relay-command.ts'

const main = join(import.meta.dirname, '../../src/cli/main.ts')

/** Starts `halyard relay` in another process, which can receive a second signal and has resource limits. */
export function startRelayProcess(
  args: readonly string[],
  settings: Settings,
  limits: Limits = {},
): Promise<RunningRelay> {
  return serving(spawnRelay(args, settings, limits))
}

/** Resource limits of the process. */
export interface Limits {
  readonly openFiles?: number
}

function spawnRelay(args: readonly string[], settings: Settings, { openFiles }: Limits): Begun {
  const env = { PATH: process.env.PATH, NODE_NO_WARNINGS: '1', ...settings }
  const command = [process.execPath, main, 'relay', ...args]
  const limited =
    openFiles === undefined ? command : ['sh', '-c', `ulimit -n ${openFiles}; exec "$@"`, 'sh', ...command]
  const child = endWithTest(
    spawn(limited[0] ?? '', limited.slice(1), { stdio: ['ignore', 'pipe', 'pipe'], env }),
  )
  let text = ''
  const note = (bytes: unknown): void => {
    text += String(bytes)
  }
  child.stdout.on('data', note)
  child.stderr.on('data', note)
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => resolve({ code, output: text }))
  })
  return {
    output: () => text,
    ended,
    signal: (name) => void child.kill(name),
    nextOutput: () => nextOutput(child),
  }
}

function nextOutput({ stdout, stderr }: ChildProcess): Promise<undefined> {
  return new Promise((resolve) => {
    for (const stream of [stdout, stderr]) stream?.once('data', () => resolve(undefined))
  })
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts')

/** How a command ended, and what it said. */
export interface Ended {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs `halyard` as a person does. Nothing of this process's environment but what is named reaches it. */
export async function running(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [printed, complained]: Buffer[][] = [[], []]
  child.stdout.on('data', (chunk: Buffer) => printed?.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => complained?.push(chunk))
  const [status] = (await once(child, 'close')) as [number]
  const textOf = (chunks: readonly Buffer[] = []): string => Buffer.concat(chunks).toString()
  return { status, stdout: textOf(printed), stderr: textOf(complained) }
}

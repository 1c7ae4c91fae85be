import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { isExecutable, type Requirement } from '../../support/requirements/requirement.ts'
import { installedFile } from './application.ts'

/** A runtime from npm. Its package is optional, because not every platform has one. */
export interface Runtime extends Requirement {
  readonly command: string
}

/** @param path of the executable, below the `node_modules` of the deployment suites. */
export function runtime(name: string, path: string): Runtime {
  const command = installedFile(path)
  return {
    name,
    command,
    remedy: `npm has none for this platform, or its install script did not run: ${path} of test/deployments.`,
    isAvailable: () => isExecutable(command),
  }
}

export interface Ended {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface RunOptions {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
}

/** Runs a program to its end, with `PATH` and the given variables only. Resolves however it ended. */
export async function run(command: string, args: readonly string[], options: RunOptions): Promise<Ended> {
  const { cwd, env = {} } = options
  const all = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env }
  return promisify(execFile)(command, args, { cwd, env: all }).then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout.trim(), err: stderr.trim() }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      out: error.stdout.trim(),
      err: error.stderr.trim(),
    }),
  )
}

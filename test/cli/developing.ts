import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type DevServer, type DevServerOptions, startDevServer } from '../../src/cli/dev.ts'

export interface Developing {
  readonly server: DevServer
  readonly url: string
  /** The lines of standard output. */
  readonly info: readonly string[]
  /** The lines of standard error. */
  readonly errors: readonly string[]
}

/** Starts a dev server in this process on a free port, which checks its file every 100 ms. The test closes it. */
export async function developing(path: string, options: Partial<DevServerOptions> = {}): Promise<Developing> {
  const info: string[] = []
  const errors: string[] = []
  const logger = {
    info: (message: string) => void info.push(message),
    warn: (message: string) => void errors.push(message),
    error: (message: string) => void errors.push(message),
  }
  const server = await startDevServer({ files: [path], logger, port: 0, fileIntervalMs: 100, ...options })
  onTestFinished(() => server.close())
  return { server, url: server.url, info, errors }
}

/** Creates a folder, which the test removes. */
export async function folderForTest(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'halyard-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

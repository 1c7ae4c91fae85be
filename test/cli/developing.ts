import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type DevServer, type DevServerOptions, startDevServer } from '../../src/cli/dev.ts'

export interface Developing {
  readonly server: DevServer
  readonly url: string
  /** What was printed to stdout, line by line. */
  readonly info: readonly string[]
  /** What was printed to stderr, line by line. */
  readonly errors: readonly string[]
}

/** The dev server in this process, on a free port, looking at its file every 20 ms; gone when the test is. */
export async function developing(path: string, options: Partial<DevServerOptions> = {}): Promise<Developing> {
  const info: string[] = []
  const errors: string[] = []
  const logger = {
    info: (message: string) => void info.push(message),
    warn: (message: string) => void errors.push(message),
    error: (message: string) => void errors.push(message),
  }
  const server = await startDevServer({ path, logger, port: 0, pollIntervalMs: 20, ...options })
  onTestFinished(() => server.close())
  return { server, url: server.url, info, errors }
}

/** A new folder, gone when the test is. */
export async function folderForTest(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'halyard-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import { endWithTest } from '../support/child.ts'
import { SDK_KEY } from '../support/engine.ts'
import type { RedisServer } from '../support/redis-server.ts'
import type { KillableService } from './killable-service.ts'

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts')

/** A process `halyard relay`. */
export interface RelayProcess {
  readonly url: string
  /** The lines that it has printed so far. */
  readonly lines: readonly string[]
  /** Sends the signal. Resolves with the exit code or signal of the process. */
  end(
    signal: 'SIGKILL' | 'SIGTERM',
  ): Promise<{ readonly code: number | null; readonly signal: string | null }>
}

/** Writes a configuration file with one environment, which is removed after the test. Returns its path. */
export function configFile(service: KillableService, redis: RedisServer, prefix: string, port = 0): string {
  const directory = mkdtempSync(join(tmpdir(), 'halyard-relay-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const path = join(directory, 'relay.conf')
  const lines = [
    '[Main]',
    `port = ${port}`,
    'host = "127.0.0.1"',
    'initTimeout = 5m',
    `baseUri = "${service.endpoints.polling}"`,
    `streamUri = "${service.endpoints.streaming}"`,
    '[Redis]',
    `url = "${redis.url}"`,
    'localTtl = 0s',
    '[Environment "test"]',
    `sdkKey = "${SDK_KEY}"`,
    `prefix = "${prefix}"`,
  ]
  writeFileSync(path, `${lines.join('\n')}\n`)
  return path
}

/** Resolves when the relay serves. It ends with the test, and inherits no environment variables. */
export async function startProcess(config: string): Promise<RelayProcess> {
  const started = endWithTest(
    spawn(process.execPath, [MAIN, 'relay', '--config', config], {
      env: { PATH: process.env.PATH, NODE_NO_WARNINGS: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  )
  const lines: string[] = []
  const url = await new Promise<string>((resolve, reject) => {
    for (const input of [started.stdout, started.stderr]) {
      createInterface({ input }).on('line', (line) => {
        lines.push(line)
        const [, address] = / on (http\S+)$/.exec(line) ?? []
        if (address) resolve(address)
      })
    }
    started.once('close', () => reject(new Error(`it ended:\n${lines.join('\n')}`)))
  })
  return {
    url,
    lines,
    async end(name) {
      const closed = once(started, 'close')
      started.kill(name)
      const [code, signal] = (await closed) as [number | null, string | null]
      return { code, signal }
    },
  }
}

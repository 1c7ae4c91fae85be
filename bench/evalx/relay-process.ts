import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { residentOf } from '../relay/resident.ts'

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname

export const MOBILE_KEY = 'mob-bench-0b5e'
const SDK_KEY = 'sdk-bench-0b5e'

/** Longest time of a start. */
const START_MS = 300_000

/** A server in a process of its own. */
export interface ServerProcess {
  readonly url: string
  /** Processor time of all threads so far, in milliseconds. */
  readonly cpuMs: () => number
  /** Resident memory, in bytes. */
  readonly resident: () => number
  stop(): Promise<void>
}

/** Starts a service that sends the flags of a file over FDv1 and FDv2. */
export async function startService(file: string): Promise<ServerProcess> {
  const port = await freePort()
  return started([process.execPath, MAIN, 'dev', file, '--port', String(port)], {
    port,
    path: '/sdk/latest-all',
  })
}

/** Starts a relay with one environment. @param command the relay of this repository, or another with the same variables. */
export async function startRelay(command: readonly string[], service: string): Promise<ServerProcess> {
  const port = await freePort()
  const variables = {
    PORT: String(port),
    BASE_URI: service,
    STREAM_URI: service,
    CLIENT_SIDE_BASE_URI: service,
    // The other relay sends diagnostics there even if events are off.
    EVENTS_HOST: service,
    LOG_LEVEL: 'error',
    INIT_TIMEOUT: '5m',
    LD_ENV_bench: SDK_KEY,
    LD_MOBILE_KEY_bench: MOBILE_KEY,
  }
  return started([...command, '--from-env'], { port, path: '/sdk/flags', variables })
}

export const OURS: readonly string[] = [process.execPath, MAIN, 'relay']

interface StartOptions {
  readonly port: number
  /** A path that is answered 200 when the server has data. */
  readonly path: string
  readonly variables?: Readonly<Record<string, string>>
}

async function started(
  [file = '', ...args]: readonly string[],
  { port, path, variables }: StartOptions,
): Promise<ServerProcess> {
  const child = spawn(file, args, {
    env: { ...process.env, ...variables },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const url = `http://127.0.0.1:${port}`
  try {
    await answers(url + path, child)
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
  const pid = child.pid ?? 0
  return {
    url,
    cpuMs: () => cpuMsOf(pid),
    resident: () => residentOf(pid).now,
    async stop() {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}

async function answers(url: string, child: ChildProcess): Promise<void> {
  const end = performance.now() + START_MS
  while (performance.now() < end && child.exitCode === null) {
    const headers = { authorization: SDK_KEY }
    const response = await fetch(url, { headers }).catch(() => undefined)
    await response?.body?.cancel()
    if (response?.status === 200) return
    await sleep(100)
  }
  throw new Error(`${url} does not answer`)
}

/** Returns the processor time of a process by the kernel's count, in milliseconds. Linux only. */
function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  // Times are in hundredths of a second.
  return (Number(fields[11]) + Number(fields[12])) * 10
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

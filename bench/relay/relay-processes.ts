import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Change } from '../../src/model/change-set.ts'
import { FlagService } from './flag-service.ts'

export const SDK_KEY = 'sdk-bench-0b5e'
const MOBILE_KEY = 'mob-bench-0b5e'
/** Longest time of a start. */
const START_MS = 120_000
const MAIN = join(import.meta.dirname, '../../src/cli/main.ts')

/** Returns the keys of an environment of a relay that {@link environmentVariables} configures. The first one has the keys above. */
export function keysOf(index: number): { readonly sdkKey: string; readonly mobileKey: string } {
  const suffix = index === 0 ? '' : `-${index}`
  return { sdkKey: `${SDK_KEY}${suffix}`, mobileKey: `${MOBILE_KEY}${suffix}` }
}

/** Returns the variables of the environments besides the first one. */
export function environmentVariables(count: number): Readonly<Record<string, string>> {
  const variables = Array.from({ length: count - 1 }, (_, index): readonly [string, string][] => {
    const { sdkKey, mobileKey } = keysOf(index + 1)
    return [
      [`LD_ENV_bench${index + 1}`, sdkKey],
      [`LD_MOBILE_KEY_bench${index + 1}`, mobileKey],
    ]
  })
  return Object.fromEntries(variables.flat())
}

/**
 * Returns the commands of the relays by name.
 * @param beside path of another relay, which is configured by the same variables
 * @param main the command of this package
 */
export function relaysOf(beside: string | undefined, main = MAIN): ReadonlyMap<string, readonly string[]> {
  return new Map([
    ['halyard relay', [process.execPath, main, 'relay', '--from-env']],
    ...(beside === undefined ? [] : [['other', [beside, '--from-env']] as const]),
  ])
}

interface RunningService {
  readonly url: string
  readonly change: () => void
  readonly close: () => void
}

/** Starts a service for FDv1 and FDv2, in this process. */
export async function startFlagService(flags: number): Promise<RunningService> {
  const server = new FlagService()
  const http = createServer(server.handler)
  const url = `http://127.0.0.1:${await listening(http)}`
  let version = 1
  const selector = (): { readonly state: string; readonly version: number } => ({
    state: `(p:bench:${version})`,
    version,
  })
  const changes = Array.from({ length: flags }, (_, index) => flag(index, version))
  server.accept({ type: 'full', changes, selector: selector() }, selector())
  return {
    url,
    change() {
      version++
      server.accept({ type: 'partial', changes: [flag(0, version)], selector: selector() }, selector())
    },
    close() {
      http.closeAllConnections()
      http.close()
    },
  }
}

function flag(index: number, version: number): Change {
  const key = `flag-${index}`
  const object = {
    key,
    version,
    on: true,
    variations: [true, false],
    fallthrough: { variation: version % 2 },
    offVariation: 1,
    salt: key,
    clientSideAvailability: { usingEnvironmentId: true, usingMobileKey: true },
  }
  return { op: 'put', kind: 'flag', key, version, object }
}

export interface RelayProcessOptions {
  /** Address to listen on. */
  readonly url: string
  /** Address of the service of flags. */
  readonly service: string
  readonly variables?: Readonly<Record<string, string>>
}

export function startRelay(
  [program = '', ...args]: readonly string[],
  { url, service, variables = {} }: RelayProcessOptions,
): ChildProcess {
  const env = {
    PATH: process.env.PATH,
    PORT: new URL(url).port,
    LOG_LEVEL: 'error',
    BASE_URI: service,
    STREAM_URI: service,
    EVENTS_HOST: service,
    LD_ENV_bench: SDK_KEY,
    LD_MOBILE_KEY_bench: MOBILE_KEY,
    ...variables,
  }
  return spawn(program, args, { env, stdio: 'ignore' })
}

/** Resolves once the relay is healthy; rejects after two minutes. @param everyMs time between requests of its status, in milliseconds */
export async function served(url: string, everyMs = 50): Promise<void> {
  const isConnected = async (): Promise<boolean> => {
    const answer = await fetch(`${url}/status`)
    return (await answer.text()).includes('"healthy"')
  }
  const end = performance.now() + START_MS
  while (!(await isConnected().catch(() => false))) {
    if (performance.now() > end) throw new Error('a relay did not become healthy')
    await sleep(everyMs)
  }
}

export async function freePort(): Promise<number> {
  const http = createServer()
  const port = await listening(http)
  http.close()
  await once(http, 'close')
  return port
}

async function listening(http: ReturnType<typeof createServer>): Promise<number> {
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  return (http.address() as AddressInfo).port
}

/** Returns the processor time of a process, in milliseconds. The kernel counts in steps of 10 ms. */
export function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10
}

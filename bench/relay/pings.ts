import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../src/async/clock.ts'
import { DevFlagServer } from '../../src/cli/dev-flag-server.ts'
import type { Change } from '../../src/model/change-set.ts'
import { silent } from '../clients/silent.ts'
import { median, quantile } from '../median.ts'
import { now } from '../propagation/now.ts'
import { count, decimals, printTable } from '../table.ts'
import type { PingCrowd } from './ping-crowd.ts'
import { residentOf } from './resident.ts'
import { Worker } from './worker.ts'

export interface PingPlan {
  readonly clients: number
  readonly flags: number
  readonly changes: number
  readonly repeats: number
}

/** Times in milliseconds, memory in bytes. */
interface Result {
  readonly lastP50: number
  readonly lastP99: number
  readonly cpuMs: number
  readonly residentPerClient: number
}

const MOBILE_KEY = 'mob-bench-0b5e'
const MAIN = join(import.meta.dirname, '../../src/cli/main.ts')
const CROWD = new URL('ping-crowd.ts', import.meta.url)
const CROWDS = 2
const PAUSE_MS = 500

/** The commands of the relays. `LD_RELAY_BIN` adds LaunchDarkly's Relay Proxy, which is configured by the same variables. */
const RELAYS: ReadonlyMap<string, readonly string[]> = new Map([
  ['halyard relay', [process.execPath, MAIN, 'relay', '--from-env']],
  ...(process.env.LD_RELAY_BIN
    ? ([["LaunchDarkly's", [process.env.LD_RELAY_BIN, '--from-env']]] as const)
    : []),
])

/** Sends one change at a time to many ping streams of mobile SDKs. */
export async function benchPings(plan: PingPlan): Promise<void> {
  const results = new Map<string, Result[]>()
  for (let round = 0; round < plan.repeats; round++) {
    for (const [name, command] of RELAYS) {
      results.set(name, [...(results.get(name) ?? []), await measure(command, plan)])
    }
  }
  const rows = Array.from(results, ([name, all]) => {
    const of = (what: keyof Result): number => median(all.map((result) => result[what]))
    const times = (['lastP50', 'lastP99', 'cpuMs'] as const).map((what) => decimals(of(what)))
    return [name, ...times, decimals(of('residentPerClient') / 1_024)]
  })
  printTable(
    `one change to ${count(plan.clients)} ping streams, ${count(plan.flags)} flags held (ms; KB for each client)`,
    [['', 'last p50', 'last p99', 'cpu', 'resident'], ...rows],
  )
}

async function measure(command: readonly string[], plan: PingPlan): Promise<Result> {
  const service = await startService(plan.flags)
  const url = `http://127.0.0.1:${await freePort()}`
  const relay = startRelay(command, url, service.url)
  const crowds = Array.from({ length: CROWDS }, () => new Worker<PingCrowd>(CROWD))
  try {
    const pid = relay.pid ?? 0
    await served(url)
    await sleep(2_000)
    const alone = residentOf(pid).now
    const share = Math.ceil(plan.clients / CROWDS)
    for (const crowd of crowds) await crowd.call('join', url, MOBILE_KEY, share)
    await sleep(2_000)
    const crowded = residentOf(pid).now
    const last: number[] = []
    let cpuBefore = 0
    // The first changes allocate buffers and compile code.
    for (let change = -3; change < plan.changes; change++) {
      if (change === 0) cpuBefore = cpuMsOf(pid)
      for (const crowd of crowds) await crowd.call('forget')
      const begun = now()
      service.change()
      const ends = await Promise.all(crowds.map((crowd) => crowd.call('lastPing')))
      if (change >= 0) last.push(Math.max(...ends) - begun)
      await sleep(PAUSE_MS)
    }
    return {
      lastP50: quantile(last, 0.5),
      lastP99: quantile(last, 0.99),
      cpuMs: (cpuMsOf(pid) - cpuBefore) / plan.changes,
      residentPerClient: (crowded - alone) / (share * CROWDS),
    }
  } finally {
    const ended = once(relay, 'exit')
    relay.kill('SIGKILL')
    await Promise.all([ended, ...crowds.map((crowd) => crowd.stop())])
    service.close()
  }
}

interface Service {
  readonly url: string
  readonly change: () => void
  readonly close: () => void
}

/** Starts a service for FDv1 and FDv2, in this process. */
async function startService(flags: number): Promise<Service> {
  const server = new DevFlagServer({ logger: silent, clock: systemClock })
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

function startRelay([program = '', ...args]: readonly string[], url: string, service: string): ChildProcess {
  const env = {
    PATH: process.env.PATH,
    PORT: new URL(url).port,
    LOG_LEVEL: 'error',
    BASE_URI: service,
    STREAM_URI: service,
    EVENTS_HOST: service,
    LD_ENV_bench: 'sdk-bench-0b5e',
    LD_MOBILE_KEY_bench: MOBILE_KEY,
  }
  return spawn(program, args, { env, stdio: 'ignore' })
}

async function served(url: string): Promise<void> {
  const isConnected = async (): Promise<boolean> => {
    const answer = await fetch(`${url}/status`)
    return (await answer.text()).includes('"healthy"')
  }
  while (!(await isConnected().catch(() => false))) await sleep(50)
}

async function freePort(): Promise<number> {
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
function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10
}

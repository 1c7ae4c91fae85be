import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { endWithThisProcess } from './child.ts'
import { describeWith, findOnPath, isExecutable, type Requirement } from './requirements/requirement.ts'

/** A real Consul agent on the loopback interface, in a cluster of one. */
export interface ConsulAgent {
  readonly url: string
  /** The https address, if https is enabled. */
  readonly tlsUrl: string
  /** Kills the process. */
  kill(): Promise<void>
  /** Restarts at the same address, with the data on disk. */
  restart(): Promise<void>
  /** Stops the process: connections stay open, but nothing is answered until it continues. */
  pause(): Promise<void>
  resume(): void
  stop(): Promise<void>
}

export interface AgentOptions {
  /** Additional configuration. */
  readonly configuration?: Readonly<Record<string, unknown>>
  /** True if data is kept on disk, which makes the start slower. */
  readonly durable?: 'durable'
  /** Paths of the certificate for https. Default: no https. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca: string }
  /** Token for the check that the agent is ready. */
  readonly token?: string
}

/** Returns the path of the binary: `CONSUL_BIN`, one on `PATH`, or the one `scripts/fetch-consul.sh` has fetched. */
export function findConsul(): string | undefined {
  const { CONSUL_BIN, HALYARD_CACHE, XDG_CACHE_HOME = join(homedir(), '.cache') } = process.env
  if (CONSUL_BIN) return isExecutable(CONSUL_BIN) ? CONSUL_BIN : undefined
  const fetched = join(HALYARD_CACHE ?? join(XDG_CACHE_HOME, 'halyard'), 'consul', 'consul')
  return findOnPath('consul') ?? (isExecutable(fetched) ? fetched : undefined)
}

export const CONSUL: Requirement = {
  name: 'consul',
  remedy: 'Run scripts/fetch-consul.sh once, or set CONSUL_BIN to the path of the binary.',
  isAvailable: () => findConsul() !== undefined,
}

/** Declares a suite that needs a real Consul agent. */
export function describeWithConsul(name: string, suite: () => void): void {
  describeWith(CONSUL, name, suite)
}

/** A limit for a machine that is busy; an idle one needs a second. */
const START_LIMIT_MS = 120_000

export async function startConsulAgent(options: AgentOptions = {}): Promise<ConsulAgent> {
  // Another process may take a port between its choice and the start of the agent, which then ends.
  for (let attempt = 1; attempt < 3; attempt += 1) {
    const agent = await startOnFreePorts(options).catch(() => undefined)
    if (agent !== undefined) return agent
  }
  return startOnFreePorts(options)
}

async function startOnFreePorts(options: AgentOptions): Promise<ConsulAgent> {
  const binary = findConsul()
  if (binary === undefined) throw new Error('no consul binary')
  const folder = mkdtempSync(join(tmpdir(), 'halyard-consul-'))
  const ports = { http: await freePort(), server: await freePort(), serf_lan: await freePort() }
  const https = options.tls ? await freePort() : -1
  writeFileSync(join(folder, 'agent.json'), JSON.stringify(configuration(options, { ...ports, https })))
  const mode = options.durable
    ? ['-server', '-bootstrap-expect=1', `-data-dir=${join(folder, 'data')}`]
    : ['-dev']
  const loopback = ['bind', 'client', 'advertise'].map((name) => `-${name}=127.0.0.1`)
  const start = (): ChildProcess =>
    endWithThisProcess(
      spawn(binary, ['agent', ...mode, ...loopback, `-config-file=${join(folder, 'agent.json')}`], {
        stdio: 'ignore',
      }),
    )
  const url = `http://127.0.0.1:${ports.http}`
  let child = start()
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
  }
  const clean = (): void => rmSync(folder, { recursive: true, force: true })
  const abandoned = (): void => {
    child.kill('SIGKILL')
    clean()
  }
  process.once('exit', abandoned)
  const stop = async (): Promise<void> => {
    await kill()
    process.removeListener('exit', abandoned)
    clean()
  }
  const untilReady = (): Promise<void> => untilAnswered(child, url, options.token)
  try {
    await untilReady()
  } catch (error) {
    await stop()
    throw error
  }
  return {
    url,
    tlsUrl: `https://127.0.0.1:${https}`,
    kill,
    async restart() {
      await kill()
      child = start()
      await untilReady()
    },
    async pause() {
      child.kill('SIGSTOP')
      // The signal is delivered with a delay.
      while (await answers(`${url}/v1/kv/?keys`, options.token, 100));
    },
    resume: () => void child.kill('SIGCONT'),
    stop,
  }
}

function configuration({ configuration: added, tls }: AgentOptions, ports: object): object {
  return {
    ports: { ...ports, serf_wan: -1, dns: -1, grpc: -1 },
    disable_update_check: true,
    log_level: 'err',
    performance: { raft_multiplier: 1 },
    ...(tls && { cert_file: tls.cert, key_file: tls.key, ca_file: tls.ca }),
    ...added,
  }
}

/** Waits until the key/value store works, because a leader alone is not enough. */
async function untilAnswered(agent: ChildProcess, url: string, token?: string): Promise<void> {
  const giveUpAt = Date.now() + START_LIMIT_MS
  while (!(await answers(`${url}/v1/kv/?keys&consistent`, token))) {
    if (agent.exitCode !== null) throw new Error(`the consul agent ended with code ${agent.exitCode}`)
    if (Date.now() > giveUpAt) throw new Error('the consul agent does not start')
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

async function answers(url: string, token = '', patienceMs = 5_000): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(patienceMs)
    const { status } = await fetch(url, { headers: { 'x-consul-token': token }, signal })
    return status === 200 || status === 404
  } catch {
    return false
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
}

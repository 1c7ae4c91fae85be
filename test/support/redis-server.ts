import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Redis } from 'ioredis'
import { certificatePath } from './certificates.ts'
import { endWithThisProcess } from './child.ts'
import { describeWith, findOnPath, type Requirement } from './requirements/requirement.ts'

const HOST = '127.0.0.1'

/** Lines of a Redis configuration file. */
type Settings = Readonly<Record<string, string>>

/** A real `redis-server` with its own port and directory, without persistence. */
export class RedisServer {
  readonly port: number
  readonly #directory: string
  readonly #args: readonly string[]
  #process: ChildProcess | undefined

  constructor(port: number, directory: string, args: readonly string[]) {
    this.port = port
    this.#directory = directory
    this.#args = args
  }

  get url(): string {
    return `redis://${HOST}:${this.port}`
  }

  /** Starts the server without data at the address of the earlier run. Resolves when it answers. */
  async start(): Promise<void> {
    const child = spawn('redis-server', [...this.#args], {
      cwd: this.#directory,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    this.#process = endWithThisProcess(child)
    const lines = createInterface({ input: child.stdout })
    const output: string[] = []
    for await (const line of lines) {
      output.push(line)
      if (/Ready to accept connections|Sentinel ID is/.test(line)) break
    }
    child.stdout.resume()
    if (child.exitCode !== null) throw new Error(`redis-server ended at once:\n${output.join('\n')}`)
  }

  /** Stops the process until {@link resume}; connections stay open. */
  pause(): void {
    this.#process?.kill('SIGSTOP')
  }

  resume(): void {
    this.#process?.kill('SIGCONT')
  }

  /** Kills the process. Resolves when it has ended. */
  async kill(): Promise<void> {
    const child = this.#process
    this.#process = undefined
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
  }

  async stop(): Promise<void> {
    await this.kill()
    rmSync(this.#directory, { recursive: true, force: true })
  }

  /** Sends commands as another client. */
  async as<T>(somebody: (client: Redis) => Promise<T>): Promise<T> {
    const client = new Redis({ host: HOST, port: this.port, retryStrategy: null })
    try {
      return await somebody(client)
    } finally {
      client.disconnect()
    }
  }
}

/** Starts a server. Resolves when it answers. The caller stops it. */
export async function startRedis(settings: Settings = {}): Promise<RedisServer> {
  const [port = 0] = await freePorts(1)
  return started(port, { port: String(port), ...settings })
}

/** Starts a server that accepts only TLS, with the certificate of this name. */
export async function startTlsRedis(certificate = 'leaf'): Promise<RedisServer> {
  const [port = 0] = await freePorts(1)
  return started(port, tlsOnly(port, certificate))
}

function tlsOnly(port: number, certificate: string): Settings {
  return {
    port: '0',
    'tls-port': String(port),
    'tls-auth-clients': 'no',
    'tls-cert-file': certificatePath(`${certificate}.cert.pem`),
    'tls-key-file': certificatePath(`${certificate}.key.pem`),
    'tls-ca-cert-file': certificatePath('ca.cert.pem'),
  }
}

export interface RedisCluster {
  readonly nodes: readonly { readonly host: string; readonly port: number }[]
  readonly servers: readonly RedisServer[]
  stop(): Promise<void>
}

/** Starts a cluster of three masters. Resolves when each knows the others. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const ports = await freePorts(6)
  const [buses, homes] = [ports.slice(3), ports.slice(0, 3)]
  const servers = await Promise.all(
    homes.map((port, index) =>
      started(port, {
        port: String(port),
        'cluster-enabled': 'yes',
        'cluster-port': String(buses[index]),
        'cluster-announce-ip': HOST,
        'cluster-node-timeout': '1000',
      }),
    ),
  )
  const slots = [0, 5461, 10_923, 16_384]
  for (const [index, server] of servers.entries()) {
    await server.as(async (client) => {
      await client.cluster('ADDSLOTSRANGE', slots[index] as number, (slots[index + 1] as number) - 1)
      await client.call('CLUSTER', 'MEET', HOST, String(homes[0]), String(buses[0]))
    })
  }
  const joined = (client: Redis): Promise<boolean> =>
    client.cluster('INFO').then((info) => /state:ok.*known_nodes:3/s.test(String(info)))
  for (const server of servers) await server.as((client) => eventually(() => joined(client)))
  return {
    nodes: homes.map((port) => ({ host: HOST, port })),
    servers,
    stop: async () => {
      await Promise.all(servers.map((server) => server.stop()))
    },
  }
}

export interface RedisSentinels {
  readonly name: string
  readonly sentinels: readonly { readonly host: string; readonly port: number }[]
  readonly master: RedisServer
  readonly replica: RedisServer
  stop(): Promise<void>
}

/** Starts a master, a replica, and three Sentinels that need half a second to detect the failure of the master. */
export async function startRedisSentinels(): Promise<RedisSentinels> {
  const name = 'flags'
  const master = await startRedis()
  const replica = await startRedis({ replicaof: `${HOST} ${master.port}` })
  await replica.as((client) =>
    eventually(() => client.info('replication').then((info) => info.includes('master_link_status:up'))),
  )
  const ports = await freePorts(3)
  const servers = await Promise.all(ports.map((port) => sentinel(port, name, master, { port: String(port) })))
  const knowEverybody = (client: Redis): Promise<boolean> =>
    client.info('sentinel').then((info) => /slaves=1,sentinels=3/.test(info))
  for (const server of servers) await server.as((client) => eventually(() => knowEverybody(client)))
  return {
    name,
    sentinels: ports.map((port) => ({ host: HOST, port })),
    master,
    replica,
    stop: async () => {
      await Promise.all([...servers, master, replica].map((server) => server.stop()))
    },
  }
}

/** Starts a master and a Sentinel that accept only TLS. */
export function startTlsSentinel(name: string, master: RedisServer): Promise<RedisServer> {
  return freePorts(1).then(([port = 0]) =>
    sentinel(port, name, master, { ...tlsOnly(port, 'leaf'), 'tls-replication': 'yes' }),
  )
}

function sentinel(port: number, name: string, master: RedisServer, settings: Settings): Promise<RedisServer> {
  const directory = temporaryDirectory()
  const lines = [
    ...Object.entries(settings).map(([setting, value]) => `${setting} ${value}`),
    `sentinel monitor ${name} ${HOST} ${master.port} 2`,
    `sentinel down-after-milliseconds ${name} 500`,
    `sentinel failover-timeout ${name} 3000`,
  ]
  writeFileSync(join(directory, 'sentinel.conf'), `${lines.join('\n')}\n`)
  return begun(new RedisServer(port, directory, ['sentinel.conf', '--sentinel']))
}

export const REDIS: Requirement = {
  name: 'redis-server',
  remedy: 'Install it, for example with: apt-get install redis-server',
  isAvailable: () => findOnPath('redis-server') !== undefined,
}

/** Declares a suite that needs a real Redis. */
export function describeWithRedis(name: string, suite: () => void): void {
  describeWith(REDIS, name, suite)
}

function started(port: number, settings: Settings): Promise<RedisServer> {
  const all: Settings = { bind: HOST, save: '', 'repl-diskless-sync-delay': '0', ...settings }
  const args = Object.entries(all).flatMap(([name, value]) => [`--${name}`, ...value.split(' ')])
  return begun(new RedisServer(port, temporaryDirectory(), args))
}

async function begun(server: RedisServer): Promise<RedisServer> {
  await server.start()
  return server
}

function temporaryDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'halyard-redis-'))
}

/** Returns free ports. They are held open until all are known, so that they differ. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer()
      await new Promise<void>((resolve) => server.listen(0, HOST, resolve))
      return server
    }),
  )
  const ports = servers.map((server) => (server.address() as { readonly port: number }).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

/** Polls until the condition is met, because Redis does not report the end of background work. */
export async function eventually(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20))
}

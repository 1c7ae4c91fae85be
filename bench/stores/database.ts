import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { startRedis } from '../../test/support/redis-server.ts'

/** Number of Redis commands, by name in lower case. */
export type Commands = Readonly<Record<string, number>>

/** A Redis of its own, and functions of an observer. */
export class Database {
  readonly port: number
  readonly #redis: Redis

  constructor(port: number, redis: Redis) {
    this.port = port
    this.#redis = redis
  }

  async empty(): Promise<void> {
    await this.#redis.flushall()
  }

  /** Resolves once a writer has completed a full write. */
  async filled(): Promise<void> {
    while ((await this.#redis.exists('launchdarkly:$inited')) === 0) await sleep(2)
  }

  /** Resolves once there is a flag with this key. */
  async holds(key: string): Promise<void> {
    while ((await this.#redis.hexists('launchdarkly:features', key)) === 0) await sleep(2)
  }

  /** Number of rows of each kind. */
  async counts(): Promise<readonly [flags: number, segments: number]> {
    return [await this.#redis.hlen('launchdarkly:features'), await this.#redis.hlen('launchdarkly:segments')]
  }

  /** Versions of all flags. */
  async versions(): Promise<ReadonlyMap<string, number>> {
    const rows = Object.entries(await this.#redis.hgetall('launchdarkly:features'))
    return new Map(rows.map(([key, text]) => [key, (JSON.parse(text) as { version: number }).version]))
  }

  /** Writes rows of flags in one pipeline, which no writer can undercut. Resolves with the time in milliseconds. */
  async pipeline(rows: readonly (readonly [key: string, text: string])[]): Promise<number> {
    const begun = performance.now()
    const pipeline = this.#redis.pipeline()
    for (const [key, text] of rows) pipeline.hset('launchdarkly:features', key, text)
    await pipeline.exec()
    return performance.now() - begun
  }

  /** Commands of all other clients during some work; a script counts as one. Slows the server down. */
  async listen(work: () => Promise<unknown>): Promise<Commands> {
    // Lets other clients finish: ioredis fails if a reported command arrives together with the answer to MONITOR.
    await sleep(1_000)
    const monitor = await this.#redis.duplicate().monitor()
    const commands: Record<string, number> = {}
    monitor.on('monitor', (_time: string, [name = '']: string[], source: string) => {
      if (source !== 'lua') commands[name.toLowerCase()] = (commands[name.toLowerCase()] ?? 0) + 1
    })
    await work()
    await sleep(300)
    monitor.disconnect()
    return withoutOnlooker(commands)
  }

  /** Commands of all clients during some work, including those in scripts. */
  async count(work: () => Promise<unknown>): Promise<Commands> {
    await this.#redis.config('RESETSTAT')
    await work()
    const lines = (await this.#redis.info('commandstats')).matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)
    return withoutOnlooker(
      Object.fromEntries([...lines].map(([, name = '', calls]) => [name, Number(calls)])),
    )
  }
}

/** Runs some work with a Redis of its own. */
export async function withDatabase<T>(work: (database: Database) => Promise<T>): Promise<T> {
  const server = await startRedis()
  try {
    return await server.as((redis) => work(new Database(server.port, redis)))
  } finally {
    await server.stop()
  }
}

export function total(commands: Commands): number {
  return Object.values(commands).reduce((sum, calls) => sum + calls, 0)
}

/** Returns text such as `hget 3, exists 1`. */
export function describe(commands: Commands): string {
  const all = Object.entries(commands).map(([name, calls]) => `${name} ${calls.toLocaleString('en')}`)
  return all.length === 0 ? 'none' : all.join(', ')
}

/** Commands of the observer, and commands at the start of connections. */
const NOT_COUNTED = /^(info|config|hexists|hello|select|client|ping|monitor|command)\b/

function withoutOnlooker(commands: Commands): Commands {
  return Object.fromEntries(Object.entries(commands).filter(([name]) => !NOT_COUNTED.test(name)))
}

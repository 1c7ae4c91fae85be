import { setTimeout as sleep } from 'node:timers/promises'
import { ask } from '../ask.ts'
import { now } from '../propagation/now.ts'
import type { ServiceSpec } from '../service/spec.ts'
import { withService } from '../with-service.ts'
import type { Arrivals, Crowd } from './crowd.ts'
import type { ServerName, Serving } from './serve.ts'
import { Worker } from './worker.ts'

const SERVE = new URL('serve.ts', import.meta.url)
const CROWD = new URL('crowd.ts', import.meta.url)

/** Two processes of clients, so that they are not the bottleneck. */
const CROWDS = 2

/** A service, a server of its data, and its clients. */
export interface Arena {
  readonly server: Worker<Serving>
  /** Number of the present state of all clients. */
  readonly state: number
  /** Adds clients at the present state. */
  join(count: number): Promise<void>
  /** Sends single changes at an interval. Resolves with the time of each change to each client, in milliseconds. */
  change(count: number, everyMs: number): Promise<readonly (readonly number[])[]>
  /** Disconnects all clients, which reconnect with this basis. Resolves with the time of each, in milliseconds. */
  storm(basis: string): Promise<Arrivals>
  /** Adds a client that never reads. Resolves when it is served. */
  stall(): Promise<void>
  /** Ends all processes. */
  relieve(): Promise<void>
}

export const nameOf = (state: number): string => `(p:bench:${state})`

/** Runs some work with an arena of its own. */
export function withArena<T>(
  name: ServerName,
  flags: number,
  work: (arena: Arena) => Promise<T>,
): Promise<T> {
  const spec: ServiceSpec = { flags, environment: 'special', changes: 0, framing: 'flushed' }
  return withService(spec, async (service) => {
    const server = new Worker<Serving>(SERVE)
    const crowds = Array.from({ length: CROWDS }, () => new Worker<Crowd>(CROWD))
    try {
      return await work(await open(service, name, server, crowds))
    } finally {
      await Promise.all([server, ...crowds].map((worker) => worker.stop()))
    }
  })
}

async function open(
  service: string,
  name: ServerName,
  server: Worker<Serving>,
  crowds: readonly Worker<Crowd>[],
): Promise<Arena> {
  const url = await server.call('open', { name, service })
  await ask(`${service}/connected`)
  let state = 1
  return {
    server,
    get state() {
      return state
    },
    async join(count) {
      const target = { url, basis: nameOf(state) }
      const share = Math.ceil(count / crowds.length)
      for (const [index, crowd] of crowds.entries()) {
        await crowd.call('join', target, Math.min(share, count - index * share))
      }
    },
    async change(count, everyMs) {
      const from = state + 1
      state += count
      const query = `ticks=${count}&everyMs=${everyMs}&first=${from - 2}`
      const written = JSON.parse(await ask(`${service}/ticks?${query}`)) as readonly number[]
      const arrivals = await Promise.all(crowds.map((crowd) => crowd.call('arrivals', from, state)))
      return written.map((at, index) => arrivals.flatMap((all) => all[index] ?? []).map((then) => then - at))
    },
    async storm(basis) {
      const begun = now()
      const arrivals = await Promise.all(crowds.map((crowd) => crowd.call('storm', { url, basis }, state)))
      return {
        at: arrivals.flatMap(({ at }) => at).map((then) => then - begun),
        bytes: arrivals.flatMap(({ bytes }) => bytes),
      }
    },
    async stall() {
      const before = await streams(url)
      await crowds[0]?.call('stall', { url, basis: '' })
      while ((await streams(url)) <= before) await sleep(10)
    },
    async relieve() {
      const before = await streams(url)
      await crowds[0]?.call('relieve')
      while ((await streams(url)) >= before) await sleep(10)
    },
  }
}

/** Returns the number of clients in the status of a relay. */
async function streams(url: string): Promise<number> {
  const { environments } = JSON.parse(await ask(`${url}/status`)) as {
    readonly environments: { readonly bench: { readonly clients: number } }
  }
  return environments.bench.clients
}

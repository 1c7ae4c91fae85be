import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, type Target } from './client.ts'
import { offer } from './worker.ts'

/** Runs many clients of `/sdk/stream` in this process, each only a socket. */
export type Crowd = typeof crowd

/** When each client had the state, and the bytes it had received by then, in the same order. */
export interface Arrivals {
  readonly at: readonly number[]
  readonly bytes: readonly number[]
}

/** Number of connections that are opened at a time, unless all are opened at once. */
const GENTLY = 250

let clients: readonly Client[] = []
let stalled: Socket | undefined

const crowd = {
  /** Adds clients; resolves when each has received its first event. */
  async join(target: Target, count: number): Promise<void> {
    for (let left = count; left > 0; left -= GENTLY) {
      const batch = Array.from({ length: Math.min(left, GENTLY) }, () => new Client(target))
      clients = [...clients, ...batch]
      await until(() => batch.every(({ greeted }) => greeted))
    }
  },

  /** Resolves with the times at which each state reached each client, after the last one. */
  async arrivals(from: number, to: number): Promise<readonly (readonly number[])[]> {
    await until(() => clients.every(({ state }) => state >= to))
    return Array.from({ length: to - from + 1 }, (_, index) =>
      clients.map((client) => client.arrivedAt(from + index)),
    )
  },

  /** Disconnects every client; all reconnect at once. Resolves when each has the state. */
  async storm(target: Target, state: number): Promise<Arrivals> {
    const { length } = clients
    for (const client of clients) client.leave()
    clients = Array.from({ length }, () => new Client(target))
    await until(() => clients.every((client) => client.state >= state))
    return { at: clients.map((client) => client.arrivedAt(state)), bytes: clients.map(({ bytes }) => bytes) }
  },

  /** Adds a client that requests a full payload and never reads. */
  async stall(target: Target): Promise<void> {
    const { hostname, port } = new URL(target.url)
    stalled = connect(Number(port), hostname)
    stalled.on('error', () => {})
    stalled.pause()
    await new Promise((resolve) => stalled?.write(Client.request(target), resolve))
  },

  relieve(): void {
    stalled?.destroy()
  },
}

offer(crowd)

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) {
    const broken = clients.find(({ problem }) => problem !== undefined)
    if (broken) throw new Error(broken.problem)
    await sleep(2)
  }
}

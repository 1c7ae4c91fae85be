import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, type Target } from './client.ts'
import { offer } from './worker.ts'

/** Many clients of `/sdk/stream`, each no more than a socket, in one process; this module is that process. */
export type Crowd = typeof crowd

/** When each client had what it waited for, and how many bytes it had been sent by then, in the same order. */
export interface Arrivals {
  readonly at: readonly number[]
  readonly bytes: readonly number[]
}

/** So many connections are begun at a time where nobody asks for a rush. */
const GENTLY = 250

let clients: readonly Client[] = []
let stalled: Socket | undefined

const crowd = {
  /** So many more clients; resolves when each was greeted. */
  async join(target: Target, count: number): Promise<void> {
    for (let left = count; left > 0; left -= GENTLY) {
      const batch = Array.from({ length: Math.min(left, GENTLY) }, () => new Client(target))
      clients = [...clients, ...batch]
      await until(() => batch.every(({ greeted }) => greeted))
    }
  },

  /** The moments at which each of these states came to each client; waits for the last. */
  async arrivals(from: number, to: number): Promise<readonly (readonly number[])[]> {
    await until(() => clients.every(({ state }) => state >= to))
    return Array.from({ length: to - from + 1 }, (_, index) =>
      clients.map((client) => client.arrivedAt(from + index)),
    )
  },

  /** Every client loses its connection, and all come back at once. Resolves when each has the state. */
  async storm(target: Target, state: number): Promise<Arrivals> {
    const { length } = clients
    for (const client of clients) client.leave()
    clients = Array.from({ length }, () => new Client(target))
    await until(() => clients.every((client) => client.state >= state))
    return { at: clients.map((client) => client.arrivedAt(state)), bytes: clients.map(({ bytes }) => bytes) }
  },

  /** One more client, which asks for everything and never reads a byte. */
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

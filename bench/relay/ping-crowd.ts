import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { now } from '../propagation/now.ts'
import { offer } from './worker.ts'

/** Runs many clients of `/mping` in this process, each only a socket. */
export type PingCrowd = typeof crowd

/** Number of connections that are opened at a time. */
const GENTLY = 100

const PING = 'event: ping'

/** One buffer for all clients of the process: each chunk is examined before the next is read. */
const BUFFER = Buffer.allocUnsafe(64 * 1_024)

const sockets: Socket[] = []
let pings = 0
let lastAt = 0
let problem: string | undefined

const crowd = {
  /** Adds clients. Resolves when each has received its first ping. */
  async join(url: string, mobileKey: string, count: number): Promise<void> {
    const { hostname, port } = new URL(url)
    const request = `GET /mping HTTP/1.1\r\nhost: relay\r\nauthorization: ${mobileKey}\r\n\r\n`
    for (let left = count; left > 0; left -= GENTLY) {
      const batch = Math.min(left, GENTLY)
      const expected = pings + batch
      for (let index = 0; index < batch; index++) sockets.push(open(Number(port), hostname, request))
      await until(() => pings >= expected)
    }
  },

  /** Forgets the pings so far. */
  forget(): void {
    pings = 0
  },

  /** Resolves with the time of the last ping, once each client has received one. */
  async lastPing(): Promise<number> {
    await until(() => pings >= sockets.length)
    if (pings > sockets.length) throw new Error('a client received several pings')
    return lastAt
  },
}

offer(crowd)

function open(port: number, host: string, request: string): Socket {
  const callback = (length: number): boolean => {
    const text = BUFFER.toString('latin1', 0, length)
    for (let at = text.indexOf(PING); at >= 0; at = text.indexOf(PING, at + 1)) {
      pings++
      lastAt = now()
    }
    return true
  }
  const socket = connect({ host, port, onread: { buffer: BUFFER, callback } })
  socket.on('error', ({ message }) => {
    problem ??= message
  })
  socket.on('close', () => {
    problem ??= 'a connection was closed'
  })
  socket.write(request)
  return socket
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) {
    if (problem !== undefined) throw new Error(problem)
    await sleep(2)
  }
}

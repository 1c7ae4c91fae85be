import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { now } from '../propagation/now.ts'
import { offer } from './worker.ts'

/** Runs many clients of streams such as `/mping` and `/all` in this process, each only a socket. */
export type StreamCrowd = typeof crowd

export interface Joining {
  /** Address of the relay. */
  readonly url: string
  readonly path: string
  readonly key: string
  readonly count: number
}

/** Number of connections that are opened at a time. */
const GENTLY = 100

/** The begin of the events `ping`, `put` and `patch`. */
const EVENT = 'event: p'

/** One buffer for all clients of the process: each chunk is examined before the next is read. */
const BUFFER = Buffer.allocUnsafe(64 * 1_024)

const sockets: Socket[] = []
let events = 0
let lastAt = 0
let problem: string | undefined

const crowd = {
  /** Adds clients. Resolves when each has received its first event. */
  async join({ url, path, key, count }: Joining): Promise<void> {
    const { hostname, port } = new URL(url)
    const request = `GET ${path} HTTP/1.1\r\nhost: relay\r\nauthorization: ${key}\r\n\r\n`
    for (let left = count; left > 0; left -= GENTLY) {
      const batch = Math.min(left, GENTLY)
      const expected = events + batch
      for (let index = 0; index < batch; index++) sockets.push(open(Number(port), hostname, request))
      await until(() => events >= expected)
    }
  },

  /** Forgets the events so far. */
  forget(): void {
    events = 0
  },

  /** Resolves with the time of the last event, once each client has received one. */
  async lastEvent(): Promise<number> {
    await until(() => events >= sockets.length)
    if (events > sockets.length) throw new Error('a client received several events')
    return lastAt
  },
}

offer(crowd)

function open(port: number, host: string, request: string): Socket {
  const callback = (length: number): boolean => {
    const text = BUFFER.toString('latin1', 0, length)
    for (let at = text.indexOf(EVENT); at >= 0; at = text.indexOf(EVENT, at + 1)) {
      events++
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

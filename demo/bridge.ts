import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A TCP proxy between the application and its server, which counts bytes and can fail. */
export interface Bridge {
  readonly url: string
  /** Number of bytes sent to the application, including headers. */
  readonly bytes: number
  /** Number of requests of the application. */
  readonly requests: number
  /** Cuts every connection and refuses new ones. */
  raise(): void
  /** Accepts connections again. */
  lower(): void
  /** Cuts every connection and accepts new ones. */
  cut(): void
  close(): void
}

export async function buildBridge(target: string): Promise<Bridge> {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  let bytes = 0
  let requests = 0
  let raised = false

  const server = createServer((near) => {
    if (raised) return near.resetAndDestroy()
    const far = connect(Number(port), hostname)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.on('data', (chunk) => to.write(chunk))
      from.on('error', () => to.destroy())
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
    }
    near.on('data', (chunk) => {
      if (chunk.toString('latin1').startsWith('GET ')) requests++
    })
    far.on('data', (chunk) => {
      bytes += chunk.length
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get bytes() {
      return bytes
    },
    get requests() {
      return requests
    },
    cut,
    raise() {
      raised = true
      cut()
    },
    lower() {
      raised = false
    },
    close() {
      server.close()
      cut()
    },
  }
}

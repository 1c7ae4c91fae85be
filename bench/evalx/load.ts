import { connect, type Socket } from 'node:net'

/** The requests of one measurement. */
export interface LoadPlan {
  readonly url: string
  /** Returns the request with this number, as it is sent. */
  readonly request: (index: number) => string
  readonly connections: number
  readonly requests: number
}

export interface Load {
  readonly wallMs: number
  readonly bytes: number
  /** Time of each request, in milliseconds. */
  readonly took: readonly number[]
}

/** Sends requests on several connections, each after the answer to the one before. */
export async function load({ url, request, connections, requests }: LoadPlan): Promise<Load> {
  const took: number[] = []
  const clients = Array.from({ length: connections }, () => new KeptAlive(url))
  let next = 0
  const begun = performance.now()
  await Promise.all(
    clients.map(async (client) => {
      while (next < requests) {
        const sent = performance.now()
        await client.ask(request(next++))
        took.push(performance.now() - sent)
      }
    }),
  )
  const wallMs = performance.now() - begun
  for (const client of clients) client.close()
  return { wallMs, took, bytes: clients.reduce((sum, { bytes }) => sum + bytes, 0) }
}

const END_OF_HEAD = '\r\n\r\n'
const LAST_CHUNK = '\r\n0\r\n\r\n'

/** A connection that reads answers and discards their bodies. */
class KeptAlive {
  bytes = 0
  readonly #socket: Socket
  /** Bytes of the answer that are still to come; `undefined` before its head has been read. `Infinity` if it has chunks. */
  #missing: number | undefined
  #head = ''
  #answered: () => void = () => {}
  #failed: (error: Error) => void = () => {}

  constructor(url: string) {
    const { hostname, port } = new URL(url)
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true })
    this.#socket.on('data', (chunk: Buffer) => this.#read(chunk))
    this.#socket.on('error', (error) => this.#failed(error))
    this.#socket.on('close', () => this.#failed(new Error('the connection was closed')))
  }

  ask(request: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#answered = resolve
      this.#failed = reject
      this.#socket.write(request)
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #read(chunk: Buffer): void {
    this.bytes += chunk.length
    if (this.#missing === undefined) {
      this.#head += chunk.toString('latin1')
      const end = this.#head.indexOf(END_OF_HEAD)
      if (end < 0) return
      if (/^HTTP\/1.1 (200|304) /.test(this.#head)) this.#missing = missingAfter(this.#head, end)
      else this.#failed(new Error(this.#head.slice(0, 200)))
      this.#head = ''
    } else this.#missing -= chunk.length
    const isLast =
      this.#missing === Infinity && chunk.subarray(-LAST_CHUNK.length).equals(Buffer.from(LAST_CHUNK))
    if (!isLast && (this.#missing ?? 1) > 0) return
    this.#missing = undefined
    this.#answered()
  }
}

/** Returns the number of bytes of the body that do not follow the head in this text. */
function missingAfter(text: string, end: number): number {
  if (/^transfer-encoding: chunked/im.test(text)) return Infinity
  const length = /^content-length: (\d+)/im.exec(text)?.[1] ?? 0
  return Number(length) + end + END_OF_HEAD.length - text.length
}

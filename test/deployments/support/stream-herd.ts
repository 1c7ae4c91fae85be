import { Agent, type ClientRequest, get, type IncomingMessage } from 'node:http'
import { onTestFinished } from 'vitest'

/** Clients reconnect at a random time within this limit after a goodbye, and after half of it to all of it otherwise. */
const RECONNECT_MS = 1_000

/** The events of one stream: a name and data in each block. */
const EVENT = /^event: (.*)\ndata: (.*)$/m

/** A client that keeps an FDv2 stream open and holds the version of each flag, as an SDK does. */
class StreamClient {
  readonly #herd: StreamHerd
  readonly #versions = new Map<string, number>()
  #basis = ''
  #text = ''
  #request: ClientRequest | undefined
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(herd: StreamHerd) {
    this.#herd = herd
  }

  version(key: string): number {
    return this.#versions.get(key) ?? 0
  }

  connect(): void {
    const { url, sdkKey, agent } = this.#herd
    let isLost = false
    const lost = (isGoodbye: boolean): void => {
      if (isLost || this.#isClosed) return
      isLost = true
      request.destroy()
      this.#text = ''
      this.#timer = setTimeout(
        () => this.connect(),
        RECONNECT_MS * (isGoodbye ? Math.random() : 1 - Math.random() / 2),
      )
    }
    const basis = this.#basis === '' ? '' : `?basis=${encodeURIComponent(this.#basis)}`
    const request = get(`${url}/sdk/stream${basis}`, { agent, headers: { authorization: sdkKey } })
    this.#request = request
    const failed = (reason: string): void => {
      if (!this.#isClosed) this.#herd.fail(reason)
      lost(false)
    }
    const onError = (error: Error): void => failed(error.message)
    request.on('error', onError)
    request.on('response', (response: IncomingMessage) => {
      if (response.statusCode !== 200) return failed(`status ${response.statusCode}`)
      this.#herd.open += 1
      // From here on, an error is the end of a stream and not a failed attempt.
      request.off('error', onError).on('error', () => lost(false))
      response.on('error', () => lost(false))
      response.on('close', () => {
        this.#herd.open -= 1
        lost(false)
      })
      response.on('data', (bytes: Buffer) => {
        this.#herd.bytes += bytes.length
        if (this.#read(bytes.toString())) lost(true)
      })
    })
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#request?.destroy()
  }

  /** Applies the events of a chunk. Returns true if one of them is a goodbye. */
  #read(chunk: string): boolean {
    const blocks = (this.#text + chunk).split('\n\n')
    this.#text = blocks.pop() ?? ''
    for (const block of blocks) {
      const [, name, json = '{}'] = EVENT.exec(block) ?? []
      if (name === 'goodbye') return true
      const data = JSON.parse(json) as {
        readonly key: string
        readonly version: number
        readonly state: string
      }
      if (name === 'payload-transferred') this.#basis = data.state
      if (name !== 'put-object') continue
      if (data.version < this.version(data.key)) this.#herd.older += 1
      this.#versions.set(data.key, data.version)
    }
    return false
  }
}

/** Many clients of one address. */
export class StreamHerd {
  readonly url: string
  readonly sdkKey: string
  readonly agent = new Agent({ keepAlive: false, maxSockets: Infinity })
  readonly #clients: readonly StreamClient[]
  /** Open streams. */
  open = 0
  /** Bytes of all events. */
  bytes = 0
  /** The number of failed attempts to connect, by reason. */
  readonly failures: Record<string, number> = {}
  /** Flags that a client received in an earlier version than it had. */
  older = 0

  /** The clients connect at once, and are closed after the test. */
  constructor(url: string, sdkKey: string, count: number) {
    this.url = url
    this.sdkKey = sdkKey
    this.#clients = Array.from({ length: count }, () => new StreamClient(this))
    for (const client of this.#clients) client.connect()
    onTestFinished(() => this.close())
  }

  fail(reason: string): void {
    this.failures[reason] = (this.failures[reason] ?? 0) + 1
  }

  /** Returns the number of clients that have this version of a flag. */
  holding(key: string, version: number): number {
    return this.#clients.filter((client) => client.version(key) === version).length
  }

  close(): void {
    for (const client of this.#clients) client.close()
  }
}

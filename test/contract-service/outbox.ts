import type { Logger } from '../../src/index.ts'

/** Longest time a callback may take, milliseconds: the suite never gives up waiting for our answers. */
const PATIENCE_MS = 5_000

/** Callbacks of one client, posted one after the other. A hook cannot wait for its callback, so a command does. */
export class Outbox {
  readonly #logger: Logger
  readonly #closing = new AbortController()
  #last: Promise<void> = Promise.resolve()

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** Serialized at once, so that later changes of the content do not show. */
  post(uri: string, content: object): void {
    const body = JSON.stringify(content)
    this.#last = this.#last.then(() => this.#send(uri, body))
  }

  /** Resolves when everything posted so far has been answered or given up. */
  emptied(): Promise<void> {
    return this.#last
  }

  /** Nothing leaves afterwards. */
  close(): void {
    this.#closing.abort()
  }

  async #send(uri: string, body: string): Promise<void> {
    const closing = this.#closing.signal
    if (closing.aborted) return
    const signal = AbortSignal.any([closing, AbortSignal.timeout(PATIENCE_MS)])
    const headers = { 'content-type': 'application/json' }
    try {
      const response = await fetch(uri, { method: 'POST', headers, body, signal })
      await response.arrayBuffer()
      if (!response.ok) this.#logger.error(`callback ${uri} was answered ${response.status}`)
    } catch (error) {
      if (!closing.aborted) this.#logger.error(`callback ${uri} failed: ${String(error)}`)
    }
  }
}

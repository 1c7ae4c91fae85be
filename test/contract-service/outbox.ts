import type { Logger } from '../../src/index.ts'

/** Longest time of a callback, in milliseconds, because the suite waits for answers without limit. */
const PATIENCE_MS = 5_000

/** Posts the callbacks of one client one after the other. A hook cannot wait for its callback, so the answer to the command waits. */
export class Outbox {
  readonly #logger: Logger
  readonly #closing = new AbortController()
  #last: Promise<void> = Promise.resolve()

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** Serializes the content at once, so that later changes have no effect. */
  post(uri: string, content: object): void {
    const body = JSON.stringify(content)
    this.#last = this.#last.then(() => this.#send(uri, body))
  }

  /** Resolves when all callbacks so far were answered or have timed out. */
  emptied(): Promise<void> {
    return this.#last
  }

  /** Stops posting. */
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

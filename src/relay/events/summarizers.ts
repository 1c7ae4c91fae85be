import type { HttpHeaders } from '../../transport/transport.ts'
import { Summarizer, type SummarizerOptions } from './summarizer.ts'

/** The headers that distinguish SDKs. Events of different SDKs are summarized separately. */
const IDENTITY = ['user-agent', 'x-launchdarkly-user-agent', 'x-launchdarkly-wrapper', 'x-launchdarkly-tags']

/** The most summarizers at a time. Each remembers contexts. */
const MAX_SUMMARIZERS = 20

/** Time after which a summarizer is replaced, in milliseconds, so that contexts are reported again. */
const LIFETIME_MS = 300_000

/** The summarizers of one kind of credential, one for each identity of SDKs. */
export class Summarizers {
  readonly #options: SummarizerOptions
  readonly #open = new Map<string, Summarizer>()

  constructor(options: SummarizerOptions) {
    this.#options = options
  }

  /** Returns the summarizer for the headers of a request. */
  of(received: HttpHeaders): Summarizer {
    const identity = IDENTITY.flatMap((name) => {
      const value = received[name]
      return value === undefined ? [] : [[name, value] as const]
    })
    const key = JSON.stringify(identity)
    const known = this.#open.get(key)
    if (known) return known
    const [oldest] = this.#open.keys()
    if (oldest !== undefined && this.#open.size >= MAX_SUMMARIZERS) this.#close(oldest)
    const added = new Summarizer(this.#options, Object.fromEntries(identity))
    this.#open.set(key, added)
    this.#options.clock.after(LIFETIME_MS, () => {
      if (this.#open.get(key) === added) this.#close(key)
    })
    return added
  }

  /** Publishes the events of all. */
  close(): void {
    for (const key of this.#open.keys()) this.#close(key)
  }

  #close(key: string): void {
    const summarizer = this.#open.get(key)
    this.#open.delete(key)
    if (summarizer) this.#options.run(() => summarizer.flush())
  }
}

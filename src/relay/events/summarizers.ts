import type { Undo } from '../../async/clock.ts'
import type { HttpHeaders } from '../../transport/transport.ts'
import { Summarizer, type SummarizerOptions } from './summarizer.ts'

/** The headers that distinguish SDKs. Events of different SDKs are summarized separately. */
const IDENTITY = ['user-agent', 'x-launchdarkly-user-agent', 'x-launchdarkly-wrapper', 'x-launchdarkly-tags']

/** The most summarizers at a time. Each remembers contexts. */
const MAX_SUMMARIZERS = 20

/** Time after which a summarizer is replaced, in milliseconds, so that contexts are reported again. */
const LIFETIME_MS = 300_000

interface Open {
  readonly summarizer: Summarizer
  /** Removes the timer, which would keep the summarizer and its headers in memory. */
  readonly disarm: Undo
}

/** The summarizers of one kind of credential, one for each identity of SDKs. */
export class Summarizers {
  readonly #options: SummarizerOptions
  readonly #open = new Map<string, Open>()

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
    if (known) return known.summarizer
    const [oldest] = this.#open.keys()
    if (oldest !== undefined && this.#open.size >= MAX_SUMMARIZERS) this.#close(oldest)
    const summarizer = new Summarizer(this.#options, Object.fromEntries(identity))
    const disarm = this.#options.clock.after(LIFETIME_MS, () => this.#close(key))
    this.#open.set(key, { summarizer, disarm })
    return summarizer
  }

  /** Publishes the events of all. */
  close(): void {
    for (const key of this.#open.keys()) this.#close(key)
  }

  #close(key: string): void {
    const open = this.#open.get(key)
    if (!open) return
    this.#open.delete(key)
    open.disarm()
    this.#options.run(() => open.summarizer.flush())
  }
}

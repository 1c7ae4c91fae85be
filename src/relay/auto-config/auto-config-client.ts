import { Backoff } from '../../async/backoff.ts'
import { sleep } from '../../async/sleep.ts'
import type { Logger } from '../../model/logger.ts'
import type { SourceError } from '../../model/source-result.ts'
import { counted, printable } from '../../model/text.ts'
import { WarnOnce } from '../../model/warn-once.ts'
import { isRefusal } from '../../transport/classify.ts'
import type { SseEvent } from '../../transport/sse.ts'
import type { EnvironmentMetadata } from '../archive/archive.ts'
import { AutoConfigStatus, type AutoConfigView } from './auto-config-status.ts'
import type { ConfigCache } from './config-cache.ts'
import { type ConnectionOptions, openStream } from './connection.ts'
import { EnvironmentList, type Outcome } from './environment-list.ts'
import { type Message, readMessage } from './messages.ts'

export interface AutoConfigClientOptions extends ConnectionOptions {
  readonly random: () => number
  readonly logger: Logger
  readonly cache: ConfigCache
  /** Time after which the copy in the cache is used, in milliseconds. */
  readonly initTimeoutMs: number
  /** Called after a change of the environments or of the status. */
  readonly onChange: () => void
}

/** Delays of reconnects, in milliseconds. A refused key may become valid again, but is not tried often. */
const RETRY = { baseMs: 1_000, maxMs: 30_000 }
const RETRY_REFUSED = { baseMs: 600_000, maxMs: 3_600_000 }

/** Relays reconnect at a random time within this limit after the service asked for it, in milliseconds. */
const RECONNECT_SPREAD_MS = 1_000

/** The reason why a stream is opened again. */
type Ending =
  | { readonly type: 'failed'; readonly error: SourceError }
  | { readonly type: 'reconnect' }
  | { readonly type: 'aborted' }

/** Keeps the list of environments current: from the stream of the service, or from the cache until the stream has brought it. */
export class AutoConfigClient {
  readonly #options: AutoConfigClientOptions
  readonly #list = new EnvironmentList()
  readonly #status: AutoConfigStatus
  readonly #backoff: Backoff
  readonly #refusals: Backoff
  readonly #warned = new WarnOnce()
  readonly #configured = Promise.withResolvers<void>()
  #dataSinceReconnect = true

  constructor(options: AutoConfigClientOptions) {
    const { clock, random } = options
    this.#options = options
    this.#status = new AutoConfigStatus(options)
    this.#backoff = new Backoff({ clock, random, ...RETRY })
    this.#refusals = new Backoff({ clock, random, ...RETRY_REFUSED })
  }

  get environments(): readonly EnvironmentMetadata[] {
    return this.#list.environments
  }

  get view(): AutoConfigView {
    return this.#status.view
  }

  /** Resolves when there is a list, or when the start must go on without one: at the time-out, or if the key was refused. */
  get configured(): Promise<void> {
    return this.#configured.promise
  }

  /** Reads the stream until the signal aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, cache, initTimeoutMs } = this.#options
    const cached = cache.read(signal)
    const useCache = (): void => {
      cached.then((reps) => this.#useCached(reps), this.#configured.reject)
    }
    const disarm = clock.after(initTimeoutMs, useCache)
    while (!signal.aborted) {
      const ending = await this.#readStream(signal)
      if (ending.type === 'failed' && isRefusal(ending.error.status)) useCache()
      await sleep(clock, this.#delayAfter(ending), signal)
    }
    disarm()
    this.#configured.resolve()
  }

  async #readStream(signal: AbortSignal): Promise<Ending> {
    const events = openStream(this.#options, signal)
    try {
      for (;;) {
        const { done, value } = await events.next()
        if (done) return value ? { type: 'failed', error: value } : { type: 'aborted' }
        const ending = this.#accept(value)
        if (ending) return ending
      }
    } finally {
      await events.return(undefined)
    }
  }

  /** Applies an event. Returns a reason if the stream must be opened again. */
  #accept(event: SseEvent): Ending | undefined {
    const message = readMessage(event)
    switch (message.type) {
      case 'reconnect':
        return { type: 'reconnect' }
      case 'malformed':
        return { type: 'failed', error: { kind: 'invalid_data', message: message.reason } }
      case 'ignored':
        this.#warnOnce(`ignored ${message.reason}`)
        return undefined
      case 'filter':
        this.#warnOfFilters()
        return undefined
      case 'put':
      case 'patch':
      case 'delete':
        return this.#apply(message)
      default:
        return message satisfies never
    }
  }

  #apply(message: Extract<Message, { type: 'put' | 'patch' | 'delete' }>): Ending | undefined {
    const isFirst = this.#status.view.configuration !== 'live'
    const outcome = this.#outcomeOf(message)
    this.#dataSinceReconnect = true
    for (const { id, reason } of outcome.refused) {
      const place = `${message.type} of environment ${printable(id.slice(0, 100))}`
      this.#warnOnce(`ignored the ${place}: ${reason}; its former state stays in effect`)
    }
    if (message.type === 'put') {
      this.#backoff.succeeded()
      this.#status.live()
      this.#configured.resolve()
    }
    if (outcome.isChanged) this.#options.cache.write(this.#list.reps)
    if (outcome.isChanged || isFirst) this.#options.onChange()
    return outcome.isIncomplete
      ? { type: 'failed', error: { kind: 'invalid_data', message: `${message.type}: incomplete keys` } }
      : undefined
  }

  #outcomeOf(message: Extract<Message, { type: 'put' | 'patch' | 'delete' }>): Outcome {
    switch (message.type) {
      case 'put':
        if (message.hasFilters) this.#warnOfFilters()
        return this.#list.put(message.environments)
      case 'patch':
        return this.#list.patch(message.id, message.rep)
      case 'delete':
        return this.#list.delete(message.id, message.version)
      default:
        return message satisfies never
    }
  }

  #useCached(reps: Awaited<ReturnType<ConfigCache['read']>>): void {
    const isUseful = reps && Object.keys(reps.environments).length > 0
    if (isUseful && this.#status.view.configuration === 'none') {
      this.#list.put(reps.environments)
      this.#status.cached()
      const count = counted(this.#list.environments.length, 'environment')
      const savedAt = new Date(reps.savedAt).toISOString()
      this.#options.logger.warn(
        `auto-config: no answer of the service; using the copy of ${savedAt} with ${count} until it answers`,
      )
      this.#options.onChange()
    }
    this.#configured.resolve()
  }

  /** Reports the end of a stream. Returns the delay before the next attempt, in milliseconds. */
  #delayAfter(ending: Ending): number {
    const { random } = this.#options
    switch (ending.type) {
      case 'aborted':
        return 0
      case 'reconnect': {
        const delayMs = this.#dataSinceReconnect ? random() * RECONNECT_SPREAD_MS : this.#backoff.failed()
        this.#dataSinceReconnect = false
        return delayMs
      }
      case 'failed': {
        const { status, retryAfterMs } = ending.error
        const delayMs = isRefusal(status) ? this.#refusals.failed() : this.#backoff.failed(retryAfterMs)
        this.#status.failed(ending.error, delayMs)
        return delayMs
      }
      default:
        return ending satisfies never
    }
  }

  #warnOfFilters(): void {
    this.#warnOnce(
      'ignored filters of payloads, which this relay does not have; environments are served whole',
    )
  }

  #warnOnce(text: string): void {
    if (this.#warned.isFirst(text)) this.#options.logger.warn(`auto-config: ${text}`)
  }
}

import type { Clock } from '../../async/clock.ts'
import type { Logger } from '../../model/logger.ts'
import type { SourceError } from '../../model/source-result.ts'
import { isRefusal } from '../../transport/classify.ts'

/** The state of automatic configuration. */
export interface AutoConfigView {
  /** `initializing`: the stream has not brought a list yet. `interrupted`: it did before, has failed since, and is retried. */
  readonly state: 'initializing' | 'valid' | 'interrupted'
  /** Start of this state, in milliseconds since the Unix epoch. */
  readonly since: number
  /** The list in effect: none, a copy of an earlier run, or that of the service since the start. */
  readonly configuration: 'none' | 'cached' | 'live'
  /** The most recent failure. It stays after a recovery. */
  readonly lastError?: SourceError & { readonly at: number }
  /** Time of the next attempt, in milliseconds since the Unix epoch. */
  readonly nextAttempt?: number
}

interface StatusOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly onChange: () => void
}

/** Keeps the state of the stream, and logs outages once. */
export class AutoConfigStatus {
  readonly #options: StatusOptions
  #view: AutoConfigView
  #loggedError: string | undefined

  constructor(options: StatusOptions) {
    this.#options = options
    this.#view = { state: 'initializing', since: options.clock.now(), configuration: 'none' }
  }

  get view(): AutoConfigView {
    return this.#view
  }

  cached(): void {
    this.#view = { ...this.#view, configuration: 'cached' }
  }

  live(): void {
    const { clock, logger, onChange } = this.#options
    const { nextAttempt: _, ...view } = this.#view
    const isSame = view.state === 'valid'
    if (this.#loggedError !== undefined) logger.info('auto-config: recovered')
    this.#loggedError = undefined
    this.#view = { ...view, state: 'valid', since: isSame ? view.since : clock.now(), configuration: 'live' }
    if (!isSame) onChange()
  }

  /** @param delayMs - the time until the next attempt. */
  failed(error: SourceError, delayMs: number): void {
    const { clock, onChange } = this.#options
    const now = clock.now()
    const { state, since } = this.#view
    this.#view = {
      ...this.#view,
      ...(state === 'valid' ? { state: 'interrupted', since: now } : { state, since }),
      lastError: { ...error, at: now },
      nextAttempt: Math.round(now + delayMs),
    }
    this.#log(error, delayMs)
    onChange()
  }

  /** Logs each message once per outage. */
  #log({ message, status }: SourceError, delayMs: number): void {
    if (message === this.#loggedError) return
    this.#loggedError = message
    const { logger } = this.#options
    const next = `next attempt in ${Math.max(1, Math.round(delayMs / 1_000))} s`
    const effect =
      this.#view.configuration === 'none' ? 'there are no environments yet' : 'environments stay as they are'
    const text = `auto-config: the stream failed: ${message}; ${effect}; ${next} (further attempts are not logged)`
    if (isRefusal(status)) logger.error(text)
    else logger.warn(text)
  }
}

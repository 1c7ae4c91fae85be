import type { Clock } from '../../async/clock.ts'
import { errorText } from '../../model/error-text.ts'
import type { Logger } from '../../model/logger.ts'
import { counted } from '../../model/text.ts'
import type { Audience } from '../addresses.ts'

/** The last failure of the forwarding. */
export interface EventsError {
  /** Milliseconds since the Unix epoch. */
  readonly at: number
  /** The failure as a sentence. */
  readonly message: string
  /** The status of the answer. Absent if there was none. */
  readonly status?: number
}

/** Time for which a problem of the same kind is not logged again, in milliseconds. */
const QUIET_MS = 600_000

/** Logs problems of the forwarding, each kind at most once in ten minutes, because thousands of payloads can share a fault. */
export class EventLog {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #loggedAt = new Map<string, number>()
  #lastError: EventsError | undefined

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock
    this.#logger = logger
  }

  get lastError(): EventsError | undefined {
    return this.#lastError
  }

  overflowed(events: number, option: 'capacity' | 'maxQueuedBytes'): void {
    this.#warn(
      option,
      `the limit ${option} is reached; ${areLost(events)}. Check the connection to the events service, or raise the limit`,
    )
  }

  /** Logs events that are not counted because a limit is reached. */
  uncounted(events: number, limit: string): void {
    this.#warn('uncounted', `${limit}; ${areLost(events)}`)
  }

  invalid(): void {
    this.#warn('invalid', 'a payload of an SDK is not a gzipped or plain JSON array; it is ignored')
  }

  failed(events: number, { message, status }: Pick<EventsError, 'message' | 'status'>): void {
    this.#note({ message, ...(status !== undefined && { status }) })
    this.#warn('failed', `${areLost(events)}: ${message}; later events are sent`)
  }

  /** Logs the events that are lost because the forwarding ends. Their payloads fail at once, which is not logged. */
  undelivered(events: number, reason: string): void {
    this.#loggedAt.set('failed', this.#clock.monotonic())
    if (events > 0) this.#logger.warn(`events: ${areLost(events)}: ${reason}`)
  }

  /** Logs that a credential was refused; `pauseMs` is the time for which nothing is sent. */
  refused(
    audience: Audience,
    { message, status }: Pick<EventsError, 'message' | 'status'>,
    pauseMs: number,
  ): void {
    this.#note({ message, ...(status !== undefined && { status }) })
    this.#logger.error(
      `events: the service refuses the events of ${audience} SDKs: ${message}; they are dropped for ${pauseMs / 60_000} min, or until the key changes`,
    )
  }

  defect(error: unknown): void {
    this.#logger.error(`events: a payload could not be processed: ${errorText(error)}`)
  }

  #note(error: Omit<EventsError, 'at'>): void {
    this.#lastError = { at: this.#clock.now(), ...error }
  }

  #warn(kind: string, text: string): void {
    const now = this.#clock.monotonic()
    if (now < (this.#loggedAt.get(kind) ?? -Infinity) + QUIET_MS) return
    this.#loggedAt.set(kind, now)
    this.#logger.warn(`events: ${text} (not logged again for 10 min)`)
  }
}

function areLost(events: number): string {
  return `${counted(events, 'event')} ${events === 1 ? 'is' : 'are'} lost`
}

import { errorText } from '../model/error-text.ts'
import type { Logger } from '../model/logger.ts'
import { WarnOnce } from '../model/warn-once.ts'
import type { Outbox } from './outbox.ts'

/** The longest event, in characters of JSON. Longer ones are dropped, because the service would refuse their whole payload. */
const MAX_EVENT_LENGTH: number = 1024 * 1024

/** The call of the application that an event is made from, for warnings. */
export type EventCause = 'an evaluation' | 'identify' | 'track' | 'a migration'

/** Receives the events that a writer makes. */
export type EventOutput = Pick<Outbox, 'isOpen' | 'schedule' | 'hasRoom' | 'add' | 'drop'>

/** Writes values of the application as JSON. One that cannot be written is dropped with a warning, once for each cause. */
export class EventWriter {
  readonly #outbox: EventOutput
  readonly #logger: Logger
  readonly #warned = new WarnOnce()

  constructor(outbox: EventOutput, logger: Logger) {
    this.#outbox = outbox
    this.#logger = logger
  }

  /** False if events are not accepted any more. */
  get isOpen(): boolean {
    return this.#outbox.isOpen
  }

  /** Schedules a delivery for a summary, which is written at the delivery. */
  summaryBegins(): void {
    this.#outbox.schedule()
  }

  /** Adds the event that `toText` returns to the outbox. `dropped`: the queue is full. `unusable`: it throws, or the event is too long. */
  write(cause: EventCause, toText: () => string): 'written' | 'dropped' | 'unusable' {
    // Checked first, because making an event only to drop it would cost most while the service is down.
    if (!this.#outbox.hasRoom()) return 'dropped'
    try {
      const text = toText()
      if (text.length <= MAX_EVENT_LENGTH) {
        this.#outbox.add(text)
        return 'written'
      }
      this.lost(cause, `it has ${text.length} characters and the maximum is ${MAX_EVENT_LENGTH}`)
    } catch (error) {
      this.failed(cause, error)
    }
    return 'unusable'
  }

  /** Counts an event as dropped because of an error. */
  failed(cause: EventCause, error: unknown): void {
    this.lost(cause, `it cannot be written as JSON: ${firstLine(errorText(error))}`)
  }

  /** Counts an event as dropped, and warns for the first of each cause. */
  lost(cause: EventCause, reason: string): void {
    this.#outbox.drop()
    if (this.#warned.isFirst(cause))
      this.#logger.warn(
        `events: dropped an event of ${cause}, because ${reason}; further ones are not logged. Check its context and data`,
      )
  }

  /** Returns a value as JSON; `null` with a warning if that is not possible or if it is too long. */
  value(value: unknown): string {
    try {
      const text = JSON.stringify(value) as string | undefined
      if (text === undefined) return 'null'
      if (text.length <= MAX_EVENT_LENGTH) return text
      this.#replaced(`it has ${text.length} characters and the maximum is ${MAX_EVENT_LENGTH}`)
    } catch (error) {
      this.#replaced(`it cannot be written as JSON: ${firstLine(errorText(error))}`)
    }
    return 'null'
  }

  #replaced(reason: string): void {
    if (this.#warned.isFirst('value'))
      this.#logger.warn(
        `events: a value is null in the summary of evaluations, because ${reason}; further ones are not logged`,
      )
  }
}

/** Errors of `JSON.stringify` have several lines, of which the others describe the cycle. */
function firstLine(text: string): string {
  return text.split('\n', 1)[0] as string
}

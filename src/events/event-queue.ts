import type { Logger } from '../model/logger.ts'
import { WarnOnce } from '../model/warn-once.ts'

export interface QueueLimits {
  /** The most events that wait for a delivery. */
  readonly capacity: number
  /** The most bytes of JSON that wait or are being sent. */
  readonly capacityBytes: number
}

/** The events that wait for a delivery, as JSON. New events are dropped while it is full. */
export class EventQueue {
  readonly #limits: QueueLimits
  readonly #logger: Logger
  readonly #overflow = new WarnOnce()
  #events: string[] = []
  #bytes = 0

  constructor(limits: QueueLimits, logger: Logger) {
    this.#limits = limits
    this.#logger = logger
  }

  get length(): number {
    return this.#events.length
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Returns whether the number of events is below the capacity. If not, warns once until an event fits again. */
  hasRoom(): boolean {
    if (this.#events.length < this.#limits.capacity) return true
    this.#warn(`${this.#limits.capacity} events`)
    return false
  }

  /**
   * Adds an event and returns true, or returns false if it does not fit. Warns once until an event fits again.
   *
   * @param bytesElsewhere - bytes of payloads that are being sent, which count against the limit too.
   */
  add(event: string, bytesElsewhere: number): boolean {
    const { capacityBytes } = this.#limits
    const bytes = Buffer.byteLength(event)
    if (!this.hasRoom()) return false
    if (this.#bytes + bytesElsewhere + bytes > capacityBytes) {
      this.#warn(`${capacityBytes} bytes`)
      return false
    }
    this.#overflow.reset()
    this.#events.push(event)
    this.#bytes += bytes
    return true
  }

  #warn(limit: string): void {
    if (this.#overflow.isFirst())
      this.#logger.warn(
        `events: the queue is full (${limit}); new events are dropped until the next delivery. ` +
          'Raise the capacity or shorten the flush interval',
      )
  }

  /** Removes and returns all events. */
  take(): readonly string[] {
    const events = this.#events
    this.#events = []
    this.#bytes = 0
    return events
  }
}

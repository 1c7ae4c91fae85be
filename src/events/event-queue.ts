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

  /**
   * Adds an event and returns true, or returns false if it does not fit. Warns once until an event fits again.
   *
   * @param bytesElsewhere bytes of payloads that are being sent, which count against the limit too.
   */
  add(event: string, bytesElsewhere: number): boolean {
    const { capacity, capacityBytes } = this.#limits
    const bytes = Buffer.byteLength(event)
    const isFull = this.#events.length >= capacity
    if (isFull || this.#bytes + bytesElsewhere + bytes > capacityBytes) {
      const what = isFull ? `${capacity} events` : `${capacityBytes} bytes`
      if (this.#overflow.isFirst())
        this.#logger.warn(
          `events: the queue is full (${what}); new events are dropped until the next delivery. ` +
            'Raise the capacity or shorten the flush interval',
        )
      return false
    }
    this.#overflow.reset()
    this.#events.push(event)
    this.#bytes += bytes
    return true
  }

  /** Removes and returns all events. */
  take(): readonly string[] {
    const events = this.#events
    this.#events = []
    this.#bytes = 0
    return events
  }
}

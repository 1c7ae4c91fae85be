/** The state of the delivery of analytics events. */
export interface EventsStatus {
  /**
   * `off`: this client makes no events. `sending`: events are delivered. `stopped`: the service refused the events of this
   * client, for example because of its SDK key, and no more are sent. `closed`: the client is closed.
   */
  readonly state: 'off' | 'sending' | 'stopped' | 'closed'
  /** The number of events that wait or are being sent, without the summary of evaluations. */
  readonly queued: number
  /** The size of these events as JSON, in bytes. */
  readonly queuedBytes: number
  /**
   * The number of events that were lost since the start: the queue was full, or they could not be written or delivered. Calls in
   * the states `stopped` and `closed` make no events and are not counted.
   */
  readonly dropped: number
  /** The last payload that the service accepted. Absent before the first one. */
  readonly lastDelivery?: {
    /** Milliseconds since the Unix epoch. */
    readonly at: number
    /** The number of events in the payload, with the summary. */
    readonly events: number
  }
  /** The last payload that was lost. Absent if there was none. */
  readonly lastError?: {
    /** Milliseconds since the Unix epoch. */
    readonly at: number
    readonly message: string
    /** The status of the answer. Absent if there was none. */
    readonly status?: number
  }
}

export const EVENTS_OFF: EventsStatus = Object.freeze({
  state: 'off',
  queued: 0,
  queuedBytes: 0,
  dropped: 0,
})

/**
 * Counters of events since the start of an environment. Every event of a current schema is received, and then forwarded, counted,
 * dropped, failed or invalid, or it waits.
 */
export interface EventCounts {
  /** Number of payloads that SDKs have sent. */
  readonly received: number
  /** Accepted by the service. */
  readonly forwarded: number
  /** Examined by the relay, which counts the evaluations in them and sends nothing. */
  readonly counted: number
  /** Lost before they were sent: no room, or the service refuses the credential. */
  readonly dropped: number
  /** Lost because the service did not accept them. */
  readonly failed: number
  /** Bodies that are not an array of events, each of which counts as one event, and events that cannot be counted. */
  readonly invalid: number
  /** Events of former schemas, in place of which others are sent, for example a summary. */
  readonly summarized: number
  /** Diagnostics that the service accepted, or that were received where events are counted. */
  readonly diagnostics: number
}

export const NO_EVENTS: EventCounts = {
  received: 0,
  forwarded: 0,
  counted: 0,
  dropped: 0,
  failed: 0,
  invalid: 0,
  summarized: 0,
  diagnostics: 0,
}

export class EventCounter {
  readonly #counts: { -readonly [N in keyof EventCounts]: number } = { ...NO_EVENTS }

  get current(): EventCounts {
    return { ...this.#counts }
  }

  add(name: keyof EventCounts, events: number): void {
    this.#counts[name] += events
  }
}

import type { ChangeSet } from '../model/change-set.ts'

/** Counters of the answers of a server since its start. */
export interface Traffic {
  /** Answers without data, because the client was up to date: an intent `none`, or a 304. */
  readonly upToDate: number
  /** Deltas, counted once for each client that received one. */
  readonly deltas: number
  /** Full payloads, including those over FDv1. */
  readonly full: number
  /** Answers with the evaluated flags of a context, for clients that do not evaluate flags themselves. */
  readonly evaluations: number
  /** Bytes of bodies and events, after compression, without headers and heartbeats. */
  readonly bytesSent: number
  /** Bytes that uncompressed full payloads would have needed in addition, in place of deltas and of answers without data. */
  readonly bytesSaved: number
  /** Streams that were closed because their client did not read. */
  readonly stalledStreams: number
  /** Requests for a full payload that received a 503 with Retry-After, because too many were waiting. */
  readonly refusedRequests: number
}

export const NO_TRAFFIC: Traffic = {
  upToDate: 0,
  deltas: 0,
  full: 0,
  evaluations: 0,
  bytesSent: 0,
  bytesSaved: 0,
  stalledStreams: 0,
  refusedRequests: 0,
}

/** Counts in place, because each event of each stream is counted. */
export class TrafficCounter {
  readonly #traffic: { -readonly [N in keyof Traffic]: number } = { ...NO_TRAFFIC }

  /** A copy of the counters. */
  get current(): Traffic {
    return { ...this.#traffic }
  }

  /** Counts an answer with this many bytes. `size` is the size of a full payload. */
  recordAnswer(answer: ChangeSet['type'], bytesSent: number, size: number): void {
    const traffic = this.#traffic
    traffic.bytesSent += bytesSent
    if (answer !== 'full') traffic.bytesSaved += Math.max(0, size - bytesSent)
    traffic[COUNTER_OF[answer]]++
  }

  add(more: Partial<Traffic>): void {
    for (const name of Object.keys(more) as (keyof Traffic)[]) this.#traffic[name] += more[name] ?? 0
  }
}

const COUNTER_OF = { none: 'upToDate', partial: 'deltas', full: 'full' } as const satisfies Record<
  ChangeSet['type'],
  keyof Traffic
>

import type { ChangeSet } from '../model/change-set.ts'

/** What was served since the start. Every number only grows. */
export interface Traffic {
  /** "Nothing new", by an intent or by a 304. */
  readonly upToDate: number
  /** Deltas, from a basis or as the next change on a stream; once for each client that got one. */
  readonly deltas: number
  /** Whole payloads, FDv1's included. */
  readonly full: number
  /** Bytes of answers and events, compressed where they were; headers and heartbeats are not counted. */
  readonly bytesSent: number
  /** By how much whole payloads, not compressed, in the place of deltas and of "nothing new" would have been longer, bytes. */
  readonly bytesSaved: number
  /** Streams that were cut because their client did not read. */
  readonly cut: number
  /** Requests that were told to come again later, because too many wanted a whole payload at once. */
  readonly turnedAway: number
}

export const NO_TRAFFIC: Traffic = {
  upToDate: 0,
  deltas: 0,
  full: 0,
  bytesSent: 0,
  bytesSaved: 0,
  cut: 0,
  turnedAway: 0,
}

/** Counts what one environment serves. */
export class TrafficCounter {
  #traffic: Traffic = NO_TRAFFIC

  get current(): Traffic {
    return this.#traffic
  }

  /** Counts an answer of so many bytes where a whole payload would have had `size`. */
  answered(said: ChangeSet['type'], bytesSent: number, size: number): void {
    const bytesSaved = Math.max(0, size - bytesSent)
    switch (said) {
      case 'none':
        this.add({ upToDate: 1, bytesSent, bytesSaved })
        return
      case 'partial':
        this.add({ deltas: 1, bytesSent, bytesSaved })
        return
      case 'full':
        this.add({ full: 1, bytesSent })
        return
      default:
        said satisfies never
    }
  }

  add(more: Partial<Traffic>): void {
    const sum: { -readonly [N in keyof Traffic]: number } = { ...this.#traffic }
    for (const name of Object.keys(more) as (keyof Traffic)[]) sum[name] += more[name] ?? 0
    this.#traffic = sum
  }
}

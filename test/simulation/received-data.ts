import type { Effect } from './fault-injector.ts'

/** The last effect of a source and the time of its last byte. */
interface SourceRecord {
  effect?: Effect
  byteAt: number
}

/** The data that reached the client, by source. The status of the data system is compared with it. */
export class ReceivedData {
  readonly #records = new Map<string, SourceRecord>()
  #aliveAt: number | undefined
  #dataCount = 0

  /** Time of the last data of any source, or of the last byte of a stream whose last effect was data. */
  get aliveAt(): number | undefined {
    return this.#aliveAt
  }

  /** Number of times that data arrived, from any source. */
  get dataCount(): number {
    return this.#dataCount
  }

  byte(source: string, at: number, on: 'live' | 'other'): void {
    this.#of(source).byteAt = at
    if (on === 'live') this.#aliveAt = at
  }

  record(source: string, effect: Effect, at: number): void {
    this.#of(source).effect = effect
    if (effect !== 'data') return
    this.#aliveAt = at
    this.#dataCount++
  }

  lastEffect(source: string): Effect | undefined {
    return this.#records.get(source)?.effect
  }

  lastByteAt(source: string): number {
    return this.#records.get(source)?.byteAt ?? Number.NEGATIVE_INFINITY
  }

  #of(source: string): SourceRecord {
    let entry = this.#records.get(source)
    if (!entry) {
      entry = { byteAt: Number.NEGATIVE_INFINITY }
      this.#records.set(source, entry)
    }
    return entry
  }
}

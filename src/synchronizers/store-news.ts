import type { Clock } from '../async/clock.ts'
import { Doorbell } from '../async/doorbell.ts'
import type { ChangeFeed, RowName, StoreChange } from '../model/persistent-store.ts'

/** Beyond this many keys it costs less to read everything. */
const MOST_KEYS = 50

/** What a database told since it was read last. */
export class StoreNews {
  readonly #clock: Clock
  readonly #heard = new Doorbell()
  #keys = new Map<string, RowName>()
  #everything = true

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Ends when the signal aborts. */
  async listen(feed: ChangeFeed, signal: AbortSignal): Promise<void> {
    for await (const change of feed.changes(signal)) this.#hear(change)
  }

  /** Whether anything may differ, and not just some rows. */
  get everything(): boolean {
    return this.#everything || this.#keys.size > MOST_KEYS
  }

  /** Anything may differ. */
  doubt(): void {
    this.#everything = true
  }

  /** Anything may differ; a wait ends. */
  doubtNow(): void {
    this.doubt()
    this.#heard.ring()
  }

  /** The rows to read, which then count as read. */
  take(): readonly RowName[] {
    const keys = [...this.#keys.values()]
    this.#keys = new Map()
    this.#everything = false
    return keys
  }

  /** Resolves when something is told, and after `ms` at the latest. */
  wait(ms: number, signal: AbortSignal): Promise<void> {
    return this.#heard.wait(this.#clock, ms, signal)
  }

  #hear(change: StoreChange): void {
    switch (change.type) {
      case 'interrupted':
        break
      case 'replaced':
        this.#everything = true
        break
      case 'changed':
        for (const key of change.flags) this.#keys.set(`flag ${key}`, { kind: 'flag', key })
        for (const key of change.segments) this.#keys.set(`segment ${key}`, { kind: 'segment', key })
        break
      default:
        change satisfies never
    }
    this.#heard.ring()
  }
}

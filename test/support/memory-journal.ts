import { type Clock, systemClock } from '../../src/async/clock.ts'
import { untilAborted } from '../../src/async/signals.ts'
import { StoreError } from '../../src/model/errors.ts'
import { DEFAULT_JOURNAL_LIMITS, type Journal, type JournalLimits } from '../../src/model/persistent-store.ts'

/** A journal in memory, which all openers share, and which fails on demand. */
export class MemoryJournal {
  /** The entries, which tests may read and change. */
  entries: string[] = []
  /** The failure of each call. `undefined`: calls succeed. */
  failure: 'error' | 'hang' | undefined
  readonly #clock: Clock
  readonly #limits: Required<JournalLimits>
  #expiresAt = Infinity

  constructor(limits: JournalLimits = {}, clock: Clock = systemClock) {
    this.#limits = { ...DEFAULT_JOURNAL_LIMITS, ...limits }
    this.#clock = clock
  }

  open(): Journal {
    let closed = false
    const ask = async <T>(tried: string, signal: AbortSignal, answer: () => T): Promise<T> => {
      const fail = (reason: string): never => {
        throw new StoreError('unavailable', `journal in memory: cannot ${tried}: ${reason}`)
      }
      if (signal.aborted) fail('given up')
      if (closed) fail('it is closed')
      if (this.failure === 'error') fail('it is down')
      if (this.failure === 'hang') {
        await untilAborted(new Promise(() => undefined), signal).catch(() => fail('given up'))
      }
      return answer()
    }
    return {
      append: (entries, signal) => ask('append to the history', signal, () => this.#append(entries)),
      read: (signal) => ask('read the history', signal, () => [...this.#current()]),
      close: () => {
        closed = true
        return Promise.resolve()
      },
    }
  }

  #append(entries: readonly string[]): void {
    const { maxEntries, maxBytes, expireAfterMs } = this.#limits
    this.entries = [...this.#current(), ...entries]
    let bytes = this.entries.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
    while (this.entries.length > maxEntries || bytes > maxBytes) {
      bytes -= Buffer.byteLength(this.entries.shift() ?? '')
    }
    this.#expiresAt = this.#clock.monotonic() + expireAfterMs
  }

  #current(): readonly string[] {
    if (this.#clock.monotonic() >= this.#expiresAt) this.entries = []
    return this.entries
  }
}

import type { Word } from './conversation.ts'

/** What a source of the data system was really told, and when. */
interface Hearing {
  word?: Word
  byteAt: number
}

/** What really reached the machine, by source: the truth its status is held to. */
export class Ledger {
  readonly #hearings = new Map<string, Hearing>()
  #aliveAt: number | undefined
  #dataWords = 0

  /** When data last arrived, or a byte on a stream whose last word was data; from whatever source. */
  get aliveAt(): number | undefined {
    return this.#aliveAt
  }

  /** How many data words arrived so far, from whatever source. */
  get dataWords(): number {
    return this.#dataWords
  }

  byte(source: string, at: number, on: 'live' | 'other'): void {
    this.#of(source).byteAt = at
    if (on === 'live') this.#aliveAt = at
  }

  heard(source: string, word: Word, at: number): void {
    this.#of(source).word = word
    if (word !== 'data') return
    this.#aliveAt = at
    this.#dataWords++
  }

  lastWord(source: string): Word | undefined {
    return this.#hearings.get(source)?.word
  }

  lastByteAt(source: string): number {
    return this.#hearings.get(source)?.byteAt ?? Number.NEGATIVE_INFINITY
  }

  #of(source: string): Hearing {
    let hearing = this.#hearings.get(source)
    if (!hearing) {
      hearing = { byteAt: Number.NEGATIVE_INFINITY }
      this.#hearings.set(source, hearing)
    }
    return hearing
  }
}

import type { ChangeFrame } from './frame.ts'

export interface HistoryLimits {
  /** How many change sets are kept. Default 1,000. */
  readonly maxEntries?: number
  /** How much encoded JSON is kept, in bytes. Default 8 MiB. */
  readonly maxBytes?: number
}

interface Entry {
  /** The state it was applied upon. */
  readonly from: string
  readonly frames: readonly ChangeFrame[]
  readonly bytes: number
}

/** The latest change sets, each beginning where the one before ended. The oldest go when it gets too much. */
export class History {
  readonly #maxEntries: number
  readonly #maxBytes: number
  #entries: Entry[] = []
  #bytes = 0

  constructor({ maxEntries = 1_000, maxBytes = 8 * 1024 * 1024 }: HistoryLimits = {}) {
    this.#maxEntries = maxEntries
    this.#maxBytes = maxBytes
  }

  push(from: string, frames: readonly ChangeFrame[]): void {
    const bytes = frames.reduce((sum, { json }) => sum + Buffer.byteLength(json), 0)
    this.#entries.push({ from, frames, bytes })
    this.#bytes += bytes
    while (this.#entries.length > this.#maxEntries || this.#bytes > this.#maxBytes) {
      this.#bytes -= this.#entries.shift()?.bytes ?? 0
    }
  }

  clear(): void {
    this.#entries = []
    this.#bytes = 0
  }

  /** What changed since the state, each item once; `undefined` when that state is not known (any more). */
  since(state: string): ChangeFrame[] | undefined {
    const start = this.#entries.findLastIndex(({ from }) => from === state)
    if (start < 0) return undefined
    const latest = new Map<string, ChangeFrame>()
    for (const { frames } of this.#entries.slice(start)) {
      for (const frame of frames) latest.set(frame.id, frame)
    }
    return [...latest.values()]
  }
}

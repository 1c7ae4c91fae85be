import type { Clock } from '../async/clock.ts'
import { withDeadline } from '../async/signals.ts'
import { sleep } from '../async/sleep.ts'
import { isKind } from '../model/change-set.ts'
import { reasonOf } from '../model/error-text.ts'
import { isJsonObject, tryParse } from '../model/json.ts'
import type { Logger } from '../model/logger.ts'
import type { Journal } from '../model/persistent-store.ts'
import type { Step, TouchedItem } from './history.ts'

/** The history of other servers of the same data, with which a client can move between servers and still receive deltas. */
export interface PeerHistory {
  /** Publishes a step in the background. Never throws. */
  append(step: Step): void
  /** Resolves with the steps of all servers, oldest first. Never rejects: the list is empty if the journal cannot be read. */
  steps(): Promise<readonly Step[]>
}

export interface SharedHistoryOptions {
  readonly journal: Journal
  readonly clock: Clock
  readonly logger: Logger
}

/** Steps with more items are not shared, because a full payload would not be larger. */
const MAX_TOUCHED = 2_000

const READ_MS = 1_000

const APPEND_MS = 10_000

const CLOSE_MS = 1_000

/** Time for which a read is reused, in milliseconds, so that many clients that reconnect share one read. */
const CACHE_MS = 1_000

/** Steps in a journal that several servers share. A lost step only costs a full payload. */
export class SharedHistory implements PeerHistory {
  readonly #options: SharedHistoryOptions
  readonly #life = new AbortController()
  #pending: string[] = []
  #appending: Promise<void> | undefined
  #read: Promise<readonly Step[]> | undefined
  #lastError = ''

  constructor(options: SharedHistoryOptions) {
    this.#options = options
  }

  append(step: Step): void {
    if (step.touches && step.touches.length > MAX_TOUCHED) return
    this.#pending.push(encode(step))
    this.#appending ??= this.#appendAll()
  }

  steps(): Promise<readonly Step[]> {
    if (!this.#read) {
      this.#read = this.#load()
      // Not kept longer, because it may be large and is rarely needed.
      const clear = (): void => {
        this.#read = undefined
      }
      sleep(this.#options.clock, CACHE_MS, this.#life.signal).then(clear, clear)
    }
    return this.#read
  }

  /** Waits up to 1 s for pending steps to be written; drops the rest. */
  async close(): Promise<void> {
    const cancelTimer = this.#options.clock.after(CLOSE_MS, () => this.#life.abort())
    await this.#appending
    cancelTimer()
    this.#life.abort()
    await this.#options.journal.close()
  }

  async #appendAll(): Promise<void> {
    const { journal } = this.#options
    try {
      while (this.#pending.length > 0) {
        const entries = this.#pending
        this.#pending = []
        await this.#attempt(APPEND_MS, (signal) => journal.append(entries, signal))
      }
    } finally {
      this.#appending = undefined
    }
  }

  async #load(): Promise<readonly Step[]> {
    const texts = await this.#attempt(READ_MS, (signal) => this.#options.journal.read(signal))
    return (texts ?? []).flatMap((text) => decode(text) ?? [])
  }

  async #attempt<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    const { clock, logger } = this.#options
    try {
      const result = await withDeadline(clock, ms, this.#life.signal, work)
      this.#lastError = ''
      return result
    } catch (error) {
      const message = reasonOf(error)
      if (message !== this.#lastError && !this.#life.signal.aborted) {
        logger.warn(
          `shared history: ${message}; until this works, clients that change between relays receive full payloads instead of deltas`,
        )
      }
      this.#lastError = message
      return undefined
    }
  }
}

const FORMAT = 1
/** The format of a step in which an item went back to an earlier version. Readers that know only format 1 ignore it. */
const BACK_FORMAT = 2

function encode({ from, to, at, touches }: Step): string {
  if (!touches) return JSON.stringify({ format: BACK_FORMAT, from, to, at })
  const rows = touches.map(({ kind, key, version }) => [kind, key, version])
  return JSON.stringify({ format: FORMAT, from, to, at, touches: rows })
}

/** Returns undefined for entries in other formats, which newer versions may have written. */
function decode(text: string): Step | undefined {
  const value = tryParse(text)
  if (!isJsonObject(value)) return undefined
  const { format, from, to, at } = value
  if (typeof from !== 'string' || typeof to !== 'string' || typeof at !== 'number') return undefined
  if (format === BACK_FORMAT) return { from, to, at, touches: undefined }
  if (format !== FORMAT || !Array.isArray(value.touches)) return undefined
  const touches = value.touches.map(decodeTouch)
  return touches.includes(undefined) ? undefined : { from, to, at, touches: touches as TouchedItem[] }
}

function decodeTouch(row: unknown): TouchedItem | undefined {
  if (!Array.isArray(row)) return undefined
  const [kind, key, version] = row as readonly unknown[]
  return isKind(kind) && typeof key === 'string' && typeof version === 'number'
    ? { kind, key, version }
    : undefined
}

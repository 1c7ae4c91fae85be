import type { Clock } from '../async/clock.ts'
import { withDeadline } from '../async/signals.ts'
import { sleep } from '../async/sleep.ts'
import { isKind } from '../model/change-set.ts'
import { reasonOf } from '../model/error-text.ts'
import { isJsonObject, tryParse } from '../model/json.ts'
import type { Logger } from '../model/logger.ts'
import type { Journal } from '../model/persistent-store.ts'
import type { Step, TouchedItem } from './history.ts'

/** What other servers of the same data remember, so that a client may come from any of them. */
export interface PeerHistory {
  /** Tells them of a step. Never throws, and nobody waits for it. */
  append(step: Step): void
  /** The steps they told of, the oldest first. Never rejects: what cannot be asked remembers nothing. */
  steps(): Promise<readonly Step[]>
}

export interface SharedHistoryOptions {
  readonly journal: Journal
  readonly clock: Clock
  readonly logger: Logger
}

/** A step beyond this would not save its readers anything. */
const MAX_TOUCHED = 2_000

/** A client waits for this. */
const READ_MS = 1_000

/** Nobody waits for this. */
const APPEND_MS = 10_000

const CLOSE_MS = 1_000

/** How long what was read is believed: a crowd of clients asks once. */
const CACHE_MS = 1_000

/** Steps in a journal that servers of the same data share. A step that is lost costs a whole payload, nothing else. */
export class SharedHistory implements PeerHistory {
  readonly #options: SharedHistoryOptions
  readonly #life = new AbortController()
  #pending: string[] = []
  #appending: Promise<void> | undefined
  #read: Promise<readonly Step[]> | undefined
  #complaint = ''

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
      this.#read = this.#ask()
      // What was read may be large, and is seldom asked for.
      const forget = (): void => {
        this.#read = undefined
      }
      sleep(this.#options.clock, CACHE_MS, this.#life.signal).then(forget, forget)
    }
    return this.#read
  }

  /** What is not told of within a second is not told of. */
  async close(): Promise<void> {
    const giveUp = this.#options.clock.after(CLOSE_MS, () => this.#life.abort())
    await this.#appending
    giveUp()
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

  async #ask(): Promise<readonly Step[]> {
    const texts = await this.#attempt(READ_MS, (signal) => this.#options.journal.read(signal))
    return (texts ?? []).flatMap((text) => decode(text) ?? [])
  }

  async #attempt<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    const { clock, logger } = this.#options
    try {
      const result = await withDeadline(clock, ms, this.#life.signal, work)
      this.#complaint = ''
      return result
    } catch (error) {
      const message = reasonOf(error)
      if (message !== this.#complaint && !this.#life.signal.aborted) {
        logger.warn(`${message}; clients of other relays get everything where a delta would do`)
      }
      this.#complaint = message
      return undefined
    }
  }
}

const FORMAT = 1
/** A step that went back: a format of its own, because readers of the first would take it for one that touched nothing. */
const BACK_FORMAT = 2

function encode({ from, to, at, touches }: Step): string {
  if (!touches) return JSON.stringify({ format: BACK_FORMAT, from, to, at })
  const rows = touches.map(({ kind, key, version }) => [kind, key, version])
  return JSON.stringify({ format: FORMAT, from, to, at, touches: rows })
}

/** What is not a step of this format is somebody else's. */
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

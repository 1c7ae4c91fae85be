import { randomUUID } from 'node:crypto'
import type { Clock, Undo } from '../async/clock.ts'
import type { JsonObject } from '../model/json.ts'
import type { EventSender } from './event-sender.ts'

/** Counts since the previous diagnostic. */
interface DiagnosticCounts {
  readonly droppedEvents: number
  readonly deduplicatedUsers: number
  readonly eventsInLastBatch: number
}

/** One attempt to open a stream. */
export interface StreamInit {
  /** Milliseconds since the Unix epoch. */
  readonly startedAt: number
  readonly durationMs: number
  readonly failed: boolean
}

export interface DiagnosticsOptions {
  readonly sender: EventSender
  readonly clock: Clock
  readonly intervalMs: number
  readonly sdkKey: string
  /** The members `sdk`, `configuration` and `platform` of the first diagnostic. */
  readonly description: JsonObject
  /** Returns the counts and resets them. */
  readonly takeCounts: () => DiagnosticCounts
}

/** The most attempts to open a stream in one diagnostic. Later ones are left out. */
const MAX_STREAM_INITS = 1_000

/** Diagnostics of a client: one at the start that describes it, and one after each interval with counts. */
export class Diagnostics {
  readonly #options: DiagnosticsOptions
  readonly #id: JsonObject
  readonly #closing = new AbortController()
  #since = 0
  #streamInits: JsonObject[] = []
  #disarm: Undo | undefined

  constructor(options: DiagnosticsOptions) {
    this.#options = options
    this.#id = { diagnosticId: randomUUID(), sdkKeySuffix: options.sdkKey.slice(-6) }
  }

  /** Sends the first diagnostic and schedules the others. */
  start(): void {
    this.#since = this.#options.clock.now()
    this.#send({
      kind: 'diagnostic-init',
      id: this.#id,
      creationDate: this.#since,
      ...this.#options.description,
    })
    this.#schedule()
  }

  noteStreamInit({ startedAt: timestamp, durationMs: durationMillis, failed }: StreamInit): void {
    if (this.#streamInits.length < MAX_STREAM_INITS)
      this.#streamInits.push({ timestamp, failed, durationMillis })
  }

  /** Stops without a last diagnostic. */
  close(): void {
    this.#closing.abort()
    this.#disarm?.()
  }

  #schedule(): void {
    const { clock, intervalMs, takeCounts } = this.#options
    this.#disarm = clock.after(intervalMs, () => {
      const creationDate = clock.now()
      const streamInits = this.#streamInits
      const dates = { creationDate, dataSinceDate: this.#since }
      this.#since = creationDate
      this.#streamInits = []
      this.#send({ kind: 'diagnostic', id: this.#id, ...dates, ...takeCounts(), streamInits })
      this.#schedule()
    })
  }

  /** Failures are not reported, because no user misses a diagnostic. */
  #send(diagnostic: JsonObject): void {
    const post = { path: '/diagnostic', body: JSON.stringify(diagnostic), headers: {} } as const
    this.#options.sender.send(post, this.#closing.signal).then(
      ({ type }) => {
        if (type === 'refused') this.close()
      },
      () => undefined,
    )
  }
}

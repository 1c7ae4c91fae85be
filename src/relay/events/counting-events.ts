import type { Clock } from '../../async/clock.ts'
import { timeSlices } from '../../async/slices.ts'
import type { ReceivedEvent } from '../../events/receive-payload.ts'
import { RecentKeys } from '../../events/recent-keys.ts'
import type { Snapshot } from '../../model/change-set.ts'
import type { Flag } from '../../model/flag.ts'
import { isJsonObject, tryParse } from '../../model/json.ts'
import type { Logger } from '../../model/logger.ts'
import type { EventForwardingConfig } from '../config/option-groups.ts'
import type { SdkRequest } from '../sdk-request.ts'
import { countEvent } from './count-events.ts'
import { countEvents, inflatePayload } from './encode-payload.ts'
import { elementsOf } from './event-array.ts'
import { EventCounter } from './event-counts.ts'
import { EventLog } from './event-log.ts'
import { SharedMemory } from './event-memory.ts'
import { EventReceiver, type ReceivedPost } from './event-receiver.ts'
import type { EventService, EventsView } from './event-service.ts'
import { type EvaluationCount, FlagUsage } from './flag-usage.ts'
import { ProcessingSlots } from './processing-slots.ts'
import type { CompleteBody, ReceivedBody } from './read-body.ts'
import type { SeriesBudget } from './series-budget.ts'

export interface CountingEventsOptions {
  readonly settings: EventForwardingConfig
  /** Returns the data of the environment. */
  readonly snapshot: () => Snapshot | undefined
  /** The series that the metric of evaluations may have in all environments. */
  readonly usageBudget: SeriesBudget
  readonly clock: Clock
  readonly logger: Logger
  /** Called for each event and each diagnostic. Absent if nothing listens. */
  readonly onEvent?: ((event: ReceivedEvent) => void) | undefined
}

/** Payload ids that are remembered. An SDK repeats a payload if it missed the answer. */
const MAX_PAYLOAD_IDS = 10_000

/** The most events of a payload. SDKs send at most 10,000, unless their capacity was raised. */
const MAX_EVENTS = 100_000

/** Receives the events of the SDKs of one environment and counts the evaluations that they report. Nothing is sent anywhere. */
export class CountingEvents implements EventService {
  readonly #options: CountingEventsOptions
  readonly #memory: SharedMemory
  readonly #counter = new EventCounter()
  readonly #log: EventLog
  readonly #receiver: EventReceiver
  readonly #usage: FlagUsage
  readonly #slots = new ProcessingSlots()
  readonly #payloadIds = new RecentKeys(MAX_PAYLOAD_IDS)

  constructor(options: CountingEventsOptions) {
    const { settings, usageBudget: budget, clock, logger } = options
    this.#options = options
    this.#memory = new SharedMemory(settings.maxQueuedBytes)
    this.#log = new EventLog(clock, logger)
    this.#usage = new FlagUsage({
      flagOf: (key) => this.#flagOf(key),
      hasData: () => this.#options.snapshot() !== undefined,
      clock,
      budget,
    })
    this.#receiver = new EventReceiver({
      ...settings,
      memory: this.#memory,
      log: this.#log,
      receive: (body, post) => this.#receive(body, post),
    })
  }

  get view(): EventsView {
    return {
      state: 'counting',
      ...this.#counter.current,
      queued: 0,
      queuedBytes: this.#memory.bytes,
      usage: this.#usage,
    }
  }

  answer(request: SdkRequest): Promise<void> {
    return this.#receiver.answer(request)
  }

  evaluated(evaluation: EvaluationCount): void {
    this.#usage.record(evaluation)
  }

  /** Resolves when all received payloads are counted. */
  async close(): Promise<void> {
    this.#receiver.close()
    await this.#receiver.idle()
    this.#usage.close()
  }

  #receive(body: ReceivedBody, post: ReceivedPost): void {
    switch (body.type) {
      case 'complete':
        this.#receiver.run(() => this.#process(body, post))
        break
      case 'noRoom':
        if (post.type === 'diagnostic') break
        this.#counter.add('received', 1)
        this.#drop(1, 'the payloads that are being counted take maxQueuedBytes')
        break
      case 'empty':
      case 'tooLong':
      case 'broken':
        break
      default:
        body satisfies never
    }
  }

  async #process({ bytes, reserved }: CompleteBody, post: ReceivedPost): Promise<void> {
    const { maxPayloadBytes } = this.#options.settings
    const work = async (): Promise<void> => {
      const plain = await inflatePayload({ bytes, encoding: post.encoding }, maxPayloadBytes)
      if (post.type === 'diagnostic') this.#diagnostic(plain)
      else await this.#payload(plain, post)
    }
    await this.#slots.run(post.audience, () => work().finally(() => post.memory.give(reserved)))
  }

  async #payload(plain: Buffer | undefined, { audience, headers, type }: ReceivedPost): Promise<void> {
    const { clock } = this.#options
    const count = plain && (await countEvents(plain, clock))
    if (plain === undefined || count === undefined) return this.#invalid()
    const { 'x-launchdarkly-payload-id': id } = headers
    if (id !== undefined && this.#payloadIds.touch(id)) return
    this.#counter.add('received', count)
    if (count > MAX_EVENTS) this.#drop(count - MAX_EVENTS, `a payload has more than ${MAX_EVENTS} events`)
    const target = {
      usage: this.#usage,
      audience,
      schema: type === 'former' ? 'former' : 'current',
      flagOf: (key: string) => this.#flagOf(key),
    } as const
    const pause = timeSlices(clock)
    let left = Math.min(count, MAX_EVENTS)
    for (const text of count === 0 ? [] : elementsOf(plain)) {
      if (left-- <= 0) break
      const event = eventOf(text)
      const isCounted = event !== undefined && countEvent(event, target)
      this.#counter.add(isCounted ? 'counted' : 'invalid', 1)
      if (event) this.#notify(event)
      const paused = pause()
      if (paused) await paused
    }
  }

  #diagnostic(plain: Buffer | undefined): void {
    const event = plain && eventOf(plain.toString())
    if (event === undefined) return
    this.#counter.add('diagnostics', 1)
    this.#notify(event)
  }

  #notify(event: ReceivedEvent): void {
    try {
      this.#options.onEvent?.(event)
    } catch (error) {
      this.#log.defect(error)
    }
  }

  #flagOf(key: string): Flag | undefined {
    return this.#options.snapshot()?.flags.get(key)?.object
  }

  #drop(events: number, limit: string): void {
    this.#counter.add('dropped', events)
    this.#log.uncounted(events, limit)
  }

  #invalid(): void {
    this.#counter.add('received', 1)
    this.#counter.add('invalid', 1)
    this.#log.invalid()
  }
}

function eventOf(text: string): ReceivedEvent | undefined {
  // Not every element is an object, and a failed parse takes long.
  const value = text.trimStart().startsWith('{') ? tryParse(text) : undefined
  return isJsonObject(value) && typeof value.kind === 'string' ? (value as ReceivedEvent) : undefined
}

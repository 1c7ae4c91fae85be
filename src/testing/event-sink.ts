import {
  type EventsRequest,
  type ReceivedEvent,
  type ReceivedPayload,
  receivePayload,
} from '../events/receive-payload.ts'
import { isJsonObject } from '../model/json.ts'

/** The analytics events that a service has received. */
export interface EventSink {
  /** All events in the order of their arrival, without diagnostics. */
  readonly events: readonly ReceivedEvent[]
  /** All diagnostics in the order of their arrival. */
  readonly diagnostics: readonly ReceivedEvent[]
  /** Returns the events of one kind, for example `custom`. */
  ofKind(kind: string): readonly ReceivedEvent[]
  /** Returns the number of evaluations of a flag: the sum of its counts in all summaries. */
  evaluations(flagKey: string): number
  /** Forgets all events and diagnostics. */
  clear(): void
}

/** Receives events without a socket. */
export class MemoryEventSink implements EventSink {
  #events: ReceivedEvent[] = []
  #diagnostics: ReceivedEvent[] = []

  get events(): readonly ReceivedEvent[] {
    return this.#events
  }

  get diagnostics(): readonly ReceivedEvent[] {
    return this.#diagnostics
  }

  ofKind(kind: string): readonly ReceivedEvent[] {
    return this.#events.filter((event) => event.kind === kind)
  }

  evaluations(flagKey: string): number {
    return this.ofKind('summary').reduce((sum, summary) => sum + countOf(summary, flagKey), 0)
  }

  clear(): void {
    this.#events = []
    this.#diagnostics = []
  }

  /** Keeps the events of a request. Returns the status and the text of the answer. */
  async receive(request: EventsRequest): Promise<{ readonly status: number; readonly text: string }> {
    const payload = await receivePayload(request)
    if (payload.type === 'refused') return { status: payload.status, text: payload.message }
    this.#keep(payload)
    return { status: 202, text: '' }
  }

  #keep({ type, events }: Exclude<ReceivedPayload, { readonly type: 'refused' }>): void {
    if (type === 'diagnostic') this.#diagnostics.push(...events)
    else for (const event of events) this.#events.push(event)
  }
}

function countOf({ features }: ReceivedEvent, flagKey: string): number {
  const feature = isJsonObject(features) && Object.hasOwn(features, flagKey) ? features[flagKey] : undefined
  const counters = isJsonObject(feature) ? feature.counters : undefined
  if (!Array.isArray(counters)) return 0
  return counters.reduce<number>((sum, counter) => sum + numberOf(counter), 0)
}

function numberOf(counter: unknown): number {
  const count = isJsonObject(counter) ? counter.count : undefined
  return typeof count === 'number' ? count : 0
}

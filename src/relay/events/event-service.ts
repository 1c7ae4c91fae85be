import { isFromFiles, type RelayConfig } from '../config/relay-config.ts'
import type { SdkRequest } from '../sdk-request.ts'
import { answerEvents } from './answers.ts'
import { CountingEvents, type CountingEventsOptions } from './counting-events.ts'
import type { EventCounts } from './event-counts.ts'
import { NO_EVENTS } from './event-counts.ts'
import type { EventsError } from './event-log.ts'
import { EventRelay, type EventRelayOptions } from './event-relay.ts'
import type { EvaluationCount } from './flag-usage.ts'
import type { UsageReader } from './usage-view.ts'

/** The state of the events of one environment. */
export interface EventsView extends EventCounts {
  /**
   * `off`: the relay answers events with 503. `counting`: it counts evaluations and sends nothing, because the flags do not come from
   * the service. `refused`: the service refuses a credential of the environment, whose events are dropped for some time.
   */
  readonly state: 'off' | 'counting' | 'forwarding' | 'refused'
  /** Events that wait or are being sent. */
  readonly queued: number
  /** Memory of the payloads that are received, wait or are being sent. */
  readonly queuedBytes: number
  /** The most recent failure of a delivery. Absent if there was none. */
  readonly lastError?: EventsError
  /**
   * The numbers of evaluations. Only if they are counted. In JSON it has its sums only.
   *
   * @internal
   */
  readonly usage?: UsageReader
}

/** The answers of one environment to events, diagnostics and event images. */
export interface EventService {
  readonly view: EventsView
  answer(request: SdkRequest): Promise<void>
  /** Counts evaluations by the relay itself, which no SDK reports, if evaluations are counted. */
  evaluated(evaluation: EvaluationCount): void
  close(): Promise<void>
}

export interface OpenEventsOptions
  extends Omit<EventRelayOptions, 'settings'>,
    Omit<CountingEventsOptions, 'settings'> {}

/** Returns the service that forwards or counts events, or one that refuses them. */
export function openEvents(
  { offline, events: settings }: RelayConfig,
  options: OpenEventsOptions,
): EventService {
  if (offline || isFromFiles(options.environment())) return new CountingEvents({ ...options, settings })
  return settings.send ? new EventRelay({ ...options, settings }) : new EventsOff()
}

class EventsOff implements EventService {
  readonly view: EventsView = { state: 'off', ...NO_EVENTS, queued: 0, queuedBytes: 0 }

  async answer({ response }: SdkRequest): Promise<void> {
    answerEvents(response, 'off')
  }

  evaluated(): void {}

  async close(): Promise<void> {}
}

import type { ReceivedEvent } from '../../events/receive-payload.ts'
import type { RelayConfig } from '../config/relay-config.ts'
import type { SdkRequest } from '../sdk-request.ts'
import { answerEvents, answerImage } from './answers.ts'
import type { EventCounts } from './event-counts.ts'
import { NO_EVENTS } from './event-counts.ts'
import type { EventsError } from './event-log.ts'
import { EventRelay, type EventRelayOptions } from './event-relay.ts'

/** The state of the events of one environment. */
export interface EventsView extends EventCounts {
  /**
   * `off`: the relay answers events with 503. `discarding`: it accepts them and throws them away, because it is offline. `refused`:
   * the service refuses a credential of the environment, whose events are dropped for some time.
   */
  readonly state: 'off' | 'discarding' | 'forwarding' | 'refused'
  /** Events that wait or are being sent. */
  readonly queued: number
  /** Memory of the payloads that are received, wait or are being sent. */
  readonly queuedBytes: number
  readonly lastError?: EventsError
}

/** The answers of one environment to events, diagnostics and event images. */
export interface EventService {
  readonly view: EventsView
  answer(request: SdkRequest): Promise<void>
  close(): Promise<void>
}

export interface OpenEventsOptions extends Omit<EventRelayOptions, 'settings'> {
  /** Called for each event of an environment whose flags come from files. */
  readonly onEvent?: ((event: ReceivedEvent) => void) | undefined
}

/** Returns the service that forwards events, or one that refuses or discards them. */
export function openEvents(
  { offline, events: settings }: RelayConfig,
  options: OpenEventsOptions,
): EventService {
  if (offline || options.environment().files) return new UnforwardedEvents('discarding')
  return settings.send ? new EventRelay({ ...options, settings }) : new UnforwardedEvents('off')
}

class UnforwardedEvents implements EventService {
  readonly view: EventsView

  constructor(state: 'off' | 'discarding') {
    this.view = { state, ...NO_EVENTS, queued: 0, queuedBytes: 0 }
  }

  async answer({ response, address }: SdkRequest): Promise<void> {
    if (this.view.state === 'off') answerEvents(response, 'off')
    else if (address.service === 'event image') answerImage(response)
    else answerEvents(response, 'accepted')
  }

  async close(): Promise<void> {}
}

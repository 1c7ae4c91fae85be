import type { Clock } from '../async/clock.ts'
import type { JsonObject } from '../model/json.ts'
import type { Logger } from '../model/logger.ts'
import type { HttpHeaders, Transport } from '../transport/transport.ts'
import { Diagnostics, type StreamInit } from './diagnostics.ts'
import { type EventContentOptions, EventProcessor } from './event-processor.ts'
import type { EventRecorder } from './event-recorder.ts'
import { EventSender } from './event-sender.ts'
import { EventWriter } from './event-writer.ts'
import type { EventsStatus } from './events-status.ts'
import { type DeliveryOptions, Outbox } from './outbox.ts'

/** The options about events, checked and with all defaults filled in. */
export interface EventSettings extends EventContentOptions, DeliveryOptions {
  /** Base URL of the service that receives events. */
  readonly url: string
  readonly compression: 'gzip' | 'none'
  /** Longest duration of a request with its answer, in milliseconds. */
  readonly requestTimeoutMs: number
  readonly diagnosticOptOut: boolean
  /** Time between two diagnostics, in milliseconds. */
  readonly diagnosticIntervalMs: number
}

export interface AnalyticsOptions {
  readonly settings: EventSettings
  readonly sdkKey: string
  /** The members `sdk`, `configuration` and `platform` of the first diagnostic. */
  readonly description: JsonObject
  readonly transport: Transport
  /** Headers of every request: the credential and the identity of the client. */
  readonly headers: HttpHeaders
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
  /** Called after the last request, for example to close the transport. */
  readonly dispose: () => Promise<void>
}

/** The analytics events of one client: the recorder of its calls, and the delivery. */
export interface Analytics {
  readonly recorder: EventRecorder
  readonly status: EventsStatus
  /** Sends the first diagnostic and schedules further ones, unless they are off. */
  startDiagnostics(): void
  /** Adds an attempt to open a stream to the next diagnostic. */
  readonly noteStreamInit: (attempt: StreamInit) => void
  /**
   * Delivers all events. Resolves with `undefined` when they are delivered, or with the reason for which some were lost. Never
   * rejects.
   */
  flush(): Promise<Error | undefined>
  /** Delivers all events within the time limit, then stops. */
  close(): Promise<void>
}

/** Returns the analytics events of a client. Nothing is sent before the first event, or before diagnostics are started. */
export function startEvents(options: AnalyticsOptions): Analytics {
  const { settings, sdkKey, description, transport, headers, clock, random, logger, dispose } = options
  const sender = new EventSender({ ...settings, transport, headers, clock })
  const outbox = new Outbox({ delivery: settings, sender, clock, logger })
  const recorder = new EventProcessor({
    content: settings,
    writer: new EventWriter(outbox, logger),
    clock,
    random,
    serverTime: () => sender.serverTime,
  })
  outbox.setSummary(recorder)
  const diagnostics = new Diagnostics({
    sender,
    clock,
    intervalMs: settings.diagnosticIntervalMs,
    sdkKey,
    description,
    takeCounts: () => ({ ...outbox.takeCounts(), deduplicatedUsers: recorder.takeDuplicates() }),
  })
  return {
    recorder,
    get status() {
      return outbox.status
    },
    startDiagnostics() {
      if (!settings.diagnosticOptOut) diagnostics.start()
    },
    noteStreamInit: (attempt) => {
      if (!settings.diagnosticOptOut) diagnostics.noteStreamInit(attempt)
    },
    flush: () => outbox.flush(),
    async close() {
      diagnostics.close()
      await outbox.close()
      await dispose()
    },
  }
}

import type { Clock } from '../../async/clock.ts'
import { timeSlices } from '../../async/slices.ts'
import { RecentKeys } from '../../events/recent-keys.ts'
import { encodePayload, gzipped, parsePayload } from './encode-payload.ts'
import type { EventCounter } from './event-counts.ts'
import type { EventLog } from './event-log.ts'
import type { ReceivedPost } from './event-receiver.ts'
import { payloadOf } from './payload.ts'
import { ProcessingSlots } from './processing-slots.ts'
import type { Publisher } from './publisher.ts'
import type { CompleteBody } from './read-body.ts'
import type { Summarizers } from './summarizers.ts'

export interface IntakeOptions {
  /** Size of the largest payload after decompression, in bytes. */
  readonly maxPayloadBytes: number
  readonly counter: EventCounter
  readonly log: EventLog
  readonly clock: Clock
}

/** A request with events or a diagnostic, and the parts for its kind of credential. */
export interface Received extends ReceivedPost {
  readonly publisher: Publisher
  readonly summarizers: Summarizers
}

/** Longest payload of a former schema, in bytes. Parsing it blocks the event loop. */
const MAX_FORMER_BYTES = 4 * 2 ** 20

/** Payload ids of former schemas that are remembered. */
const MAX_PAYLOAD_IDS = 10_000

/** Checks, counts and encodes received bodies, and gives them to their publisher or summarizer. */
export class Intake {
  readonly #options: IntakeOptions
  readonly #slots = new ProcessingSlots()
  readonly #payloadIds = new RecentKeys(MAX_PAYLOAD_IDS)

  constructor(options: IntakeOptions) {
    this.#options = options
  }

  /** Processes a body and releases its memory. */
  process({ bytes, reserved }: CompleteBody, received: Received): Promise<void> {
    return this.#slots.run(received.audience, async () => {
      const publish = await this.#prepare(bytes, received).finally(() => received.memory.give(reserved))
      // Afterwards, because the publisher reserves the memory of the payload.
      publish()
    })
  }

  #prepare(bytes: Uint8Array, received: Received): Promise<() => void> {
    switch (received.type) {
      case 'current':
        return this.#current(bytes, received)
      case 'former':
        return this.#former(bytes, received)
      case 'diagnostic':
        return this.#diagnostic(bytes, received)
      default:
        return received.type satisfies never
    }
  }

  async #current(bytes: Uint8Array, { headers, encoding, publisher, span }: Received): Promise<() => void> {
    const { maxPayloadBytes, counter, clock } = this.#options
    const encoded = await encodePayload({ bytes, encoding }, maxPayloadBytes, clock)
    if (encoded === undefined) return () => this.#invalid()
    counter.add('received', encoded.events)
    return () => {
      if (encoded.events > 0) publisher.add({ ...payloadOf(encoded, headers), span })
    }
  }

  async #former(bytes: Uint8Array, received: Received): Promise<() => void> {
    const { headers, encoding, memory, summarizers, publisher } = received
    const { maxPayloadBytes, counter, clock } = this.#options
    const parsed = await parsePayload({ bytes, encoding }, Math.min(maxPayloadBytes, MAX_FORMER_BYTES))
    if (parsed === undefined) return () => this.#invalid()
    const { 'x-launchdarkly-payload-id': id } = headers
    // An SDK repeats a payload if it missed the answer.
    if (id !== undefined && this.#payloadIds.touch(id)) return () => {}
    const { events, length } = parsed
    counter.add('received', events.length)
    const size = Math.ceil(length / events.length)
    const pause = timeSlices(clock)
    for (const event of events) {
      if (!memory.take(size)) publisher.overflowed(1, 'maxQueuedBytes')
      else counter.add(summarizers.of(headers).record(event, size) ? 'summarized' : 'invalid', 1)
      const paused = pause()
      if (paused) await paused
    }
    return () => {}
  }

  async #diagnostic(bytes: Uint8Array, { headers, encoding, publisher }: Received): Promise<() => void> {
    const body = encoding === undefined ? await gzipped(bytes) : bytes
    const sent = { events: 0, body, headers: { ...headers, 'content-encoding': encoding ?? 'gzip' } }
    return () => publisher.sendDiagnostic(sent)
  }

  #invalid(): void {
    const { counter, log } = this.#options
    counter.add('received', 1)
    counter.add('invalid', 1)
    log.invalid()
  }
}

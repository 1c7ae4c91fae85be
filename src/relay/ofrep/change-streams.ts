import { type StreamSettings, serveEvents } from '../../server/event-stream.ts'
import type { Audience } from '../addresses.ts'
import { type ChangeEvent, PingChannel, type PingChannelOptions } from '../client-side/ping-channel.ts'
import { refused } from '../client-side/request-context.ts'
import { AUDIENCES } from '../client-side/visible-changes.ts'
import type { SdkRequest } from '../sdk-request.ts'
import { refuseOfrep } from './refusal.ts'

export interface ChangeStreamsOptions extends PingChannelOptions {
  readonly settings: StreamSettings
}

/** A change, and the kinds of client that it concerns. */
export interface AnnouncedChange {
  readonly audiences: ReadonlySet<Audience>
  /** A name of the state of the data that other relays with the same data have, too. */
  readonly id: string
}

/**
 * Serves the streams of OFREP, which report that flags may have changed. A client that has not received the last report, for example
 * because it connects for the first time, receives it at once, because a change between its request for flags and its stream would be
 * lost otherwise.
 */
export class ChangeStreams {
  readonly #options: ChangeStreamsOptions
  readonly #channels: Readonly<Record<Audience, PingChannel>>
  #clients = 0

  constructor(options: ChangeStreamsOptions) {
    this.#options = options
    this.#channels = {
      server: new PingChannel(options),
      mobile: new PingChannel(options),
      browser: new PingChannel(options),
    }
  }

  /** The number of open streams. */
  get clients(): number {
    return this.#clients
  }

  announce({ audiences, id }: AnnouncedChange): void {
    const event = refetchEvent(id)
    for (const audience of audiences) this.#channels[audience].announce(event)
  }

  /** Resolves when the stream has begun. */
  async answer({ request, response, audience, expired }: SdkRequest): Promise<void> {
    const { settings, onError } = this.#options
    if (settings.closing.aborted) return refuseOfrep(response, CLOSING)
    response.removeHeader('transfer-encoding')
    const details = { headers: { connection: 'close' }, expired }
    const lastEventId = request.headers['last-event-id']?.toString()
    this.#clients++
    serveEvents(response, this.#channels[audience].feed(lastEventId), settings, details).then(() => {
      this.#clients--
    }, onError)
  }

  close(): void {
    for (const audience of AUDIENCES) this.#channels[audience].close()
  }
}

const CLOSING = refused('not ready', 'the environment is being closed')

function refetchEvent(id: string): ChangeEvent {
  return { id, bytes: Buffer.from(`id: ${id}\nevent: message\ndata: {"type":"refetchEvaluation"}\n\n`) }
}

import type { AppliedChangeSet } from '../../model/change-set.ts'
import { type StreamSettings, serveEvents } from '../../server/event-stream.ts'
import { refuse } from '../../server/respond.ts'
import type { SdkRequest } from '../sdk-request.ts'
import { PingChannel, type PingChannelOptions } from './ping-channel.ts'
import { CLIENT_AUDIENCES, type ClientAudience, VisibleChanges } from './visible-changes.ts'

export interface PingServerOptions extends PingChannelOptions {
  readonly settings: StreamSettings
}

/**
 * Serves the streams of browsers and mobile SDKs, which report changes without data. A client receives a ping as soon as there is
 * data, and whenever a flag that its kind of client can see has changed.
 */
export class PingServer {
  readonly #options: PingServerOptions
  readonly #changes = new VisibleChanges()
  readonly #channels: Readonly<Record<ClientAudience, PingChannel>>
  #clients = 0

  constructor(options: PingServerOptions) {
    this.#options = options
    this.#channels = { mobile: new PingChannel(options), browser: new PingChannel(options) }
  }

  /** The number of open streams. */
  get clients(): number {
    return this.#clients
  }

  /** Receives the difference to the previous data. */
  publish(changeSet: AppliedChangeSet): void {
    this.#announce(this.#changes.apply(changeSet))
  }

  /** Notifies clients that the members of big segments, given by their keys, have changed. */
  bigSegmentsChanged(segments: ReadonlySet<string>): void {
    this.#announce(this.#changes.dependingOn({ flags: new Set(), segments }))
  }

  /** Resolves when the answer is sent or its stream has begun. */
  async answer({ response, audience, expired }: SdkRequest): Promise<void> {
    const { settings, onError } = this.#options
    if (audience === 'server') return refuse(response, 404)
    if (settings.closing.aborted) return refuse(response, 503, { 'retry-after': '1' })
    this.#clients++
    serveEvents(response, this.#channels[audience].feed(), settings, { expired }).then(() => {
      this.#clients--
    }, onError)
  }

  close(): void {
    for (const audience of CLIENT_AUDIENCES) this.#channels[audience].close()
  }

  #announce(audiences: ReadonlySet<ClientAudience>): void {
    for (const audience of audiences) this.#channels[audience].announce()
  }
}

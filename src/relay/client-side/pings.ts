import type { AppliedChangeSet } from '../../model/change-set.ts'
import { type StreamSettings, serveEvents } from '../../server/event-stream.ts'
import { refuse, refuseWithMessage } from '../../server/respond.ts'
import type { SdkRequest } from '../sdk-request.ts'
import { PingChannel, type PingChannelOptions } from './ping-channel.ts'
import type { BodyLimit } from './request-body.ts'
import { parseContext, type Refused, readContextText } from './request-context.ts'
import { CLIENT_AUDIENCES, type ClientAudience, VisibleChanges } from './visible-changes.ts'

export interface PingServerOptions extends PingChannelOptions {
  readonly settings: StreamSettings
  readonly bodyLimit: BodyLimit
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
  async answer(sdkRequest: SdkRequest): Promise<void> {
    const { response, audience, expired } = sdkRequest
    const { settings, bodyLimit, onError } = this.#options
    if (audience === 'server') return refuse(response, 404)
    const refused = await refusalOf(sdkRequest, bodyLimit)
    if (refused) return refuseWithMessage(response, refused.status, refused.message)
    if (settings.closing.aborted) return refuse(response, 503, { 'retry-after': '1' })
    // The connection ends with the stream, so that a ping needs no chunk of its own, which would cost a sixth more.
    response.removeHeader('transfer-encoding')
    const details = { headers: { connection: 'close' }, expired }
    this.#clients++
    serveEvents(response, this.#channels[audience].feed(), settings, details).then(() => {
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

/** Checks the context of a request, if it has one, so that a client learns of a mistake. The stream does not depend on it. */
async function refusalOf(sdkRequest: SdkRequest, limit: BodyLimit): Promise<Refused | undefined> {
  const { context, methods } = sdkRequest.address
  if (context === undefined && methods.includes('GET')) return undefined
  const text = await readContextText(sdkRequest, limit)
  const read = text?.type === 'text' ? parseContext(text) : text
  return read?.type === 'refused' ? read : undefined
}

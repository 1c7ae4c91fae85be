import { type StreamSettings, serveEvents } from '../../server/event-stream.ts'
import { refuse, refuseWithMessage } from '../../server/respond.ts'
import type { Audience } from '../addresses.ts'
import type { SdkRequest } from '../sdk-request.ts'
import { PingChannel, type PingChannelOptions } from './ping-channel.ts'
import type { BodyLimit } from './request-body.ts'
import { parseContext, type Refused, readContextText, statusOf } from './request-context.ts'

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
  readonly #channels: Readonly<Record<Exclude<Audience, 'server'>, PingChannel>>
  #clients = 0

  constructor(options: PingServerOptions) {
    this.#options = options
    this.#channels = { mobile: new PingChannel(options), browser: new PingChannel(options) }
  }

  /** The number of open streams. */
  get clients(): number {
    return this.#clients
  }

  /** Notifies the kinds of client that a change concerns. */
  announce(audiences: ReadonlySet<Audience>): void {
    if (audiences.has('mobile')) this.#channels.mobile.announce()
    if (audiences.has('browser')) this.#channels.browser.announce()
  }

  /** Resolves when the answer is sent or its stream has begun. */
  async answer(sdkRequest: SdkRequest): Promise<void> {
    const { response, audience, expired } = sdkRequest
    const { settings, bodyLimit, onError } = this.#options
    if (audience === 'server') return refuse(response, 404)
    const refused = await refusalOf(sdkRequest, bodyLimit)
    if (refused) return refuseWithMessage(response, statusOf(refused), refused.message)
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
    this.#channels.mobile.close()
    this.#channels.browser.close()
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

import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Clock } from '../async/clock.ts'
import { withDeadline } from '../async/signals.ts'
import { sleep } from '../async/sleep.ts'
import { drain } from '../transport/body.ts'
import { classifyFailure, classifyResponse } from '../transport/classify.ts'
import type { HttpHeaders, HttpRequest, HttpResponse, Transport } from '../transport/transport.ts'

export interface EventSenderOptions {
  readonly transport: Transport
  readonly clock: Clock
  /** Base URL of the service that receives events. */
  readonly url: string
  /** Headers of every request: the credential and the identity of the client. */
  readonly headers: HttpHeaders
  readonly compression: 'gzip' | 'none'
  /** Longest duration of a request with its answer, in milliseconds. */
  readonly requestTimeoutMs: number
}

/** A request to the service that receives events. */
export interface Post {
  /** Path below the base URL. */
  readonly path: '/bulk' | '/diagnostic'
  readonly body: string
  /** Headers beside those of every request. */
  readonly headers: HttpHeaders
}

/**
 * The result of a post. `failed`: it was sent twice, or the signal aborted. `tooLarge`: the service refuses this payload.
 * `refused`: the service refuses all events of this client.
 */
export type SendResult =
  | { readonly type: 'delivered' }
  | {
      readonly type: 'failed' | 'tooLarge' | 'refused'
      readonly message: string
      /** Absent if there was no answer. */
      readonly status?: number
    }

type EncodedPost = Omit<HttpRequest, 'signal'>

/** Time between the two attempts of a post, in milliseconds. */
const RETRY_MS = 1_000

const compress = promisify(gzip)

/** Sends posts to the service that receives events, each at most twice. Follows no redirect. */
export class EventSender {
  readonly #options: EventSenderOptions
  readonly #url: string
  #serverTime = 0

  constructor(options: EventSenderOptions) {
    this.#options = options
    this.#url = options.url.replace(/\/+$/, '')
  }

  /** The greatest time in a `date` header so far, in milliseconds since the Unix epoch; 0 before the first answer. */
  get serverTime(): number {
    return this.#serverTime
  }

  /** Sends a post, and again after a second if it failed and a retry can help. Never rejects. */
  async send(post: Post, signal: AbortSignal): Promise<SendResult> {
    const encoded = await this.#encode(post)
    const first = await this.#attempt(encoded, signal)
    if (first.type !== 'failed') return first
    await sleep(this.#options.clock, RETRY_MS, signal)
    return signal.aborted ? first : this.#attempt(encoded, signal)
  }

  async #encode({ path, body, headers }: Post): Promise<EncodedPost> {
    const isCompressed = this.#options.compression === 'gzip'
    return {
      method: 'POST',
      url: this.#url + path,
      headers: {
        ...this.#options.headers,
        'content-type': 'application/json',
        ...(isCompressed && { 'content-encoding': 'gzip' }),
        ...headers,
      },
      body: isCompressed ? await compress(body) : body,
    }
  }

  async #attempt(request: EncodedPost, parent: AbortSignal): Promise<SendResult> {
    const { transport, clock, requestTimeoutMs } = this.#options
    try {
      return await withDeadline(clock, requestTimeoutMs, parent, async (signal) => {
        signal.throwIfAborted()
        const response = await transport.request({ ...request, signal })
        this.#noteTime(response)
        // The status decides, even if the body is endless or breaks off.
        await drain(response).catch(() => undefined)
        return this.#resultOf(response, request.url)
      })
    } catch (error) {
      return { type: 'failed', message: classifyFailure(error).error.message }
    }
  }

  #noteTime({ headers }: HttpResponse): void {
    const time = Date.parse(headers.date ?? '')
    if (time > this.#serverTime) this.#serverTime = time
  }

  #resultOf(response: HttpResponse, url: string): SendResult {
    const { status } = response
    if (status >= 200 && status < 300) return { type: 'delivered' }
    const { type, error } = classifyResponse(response, this.#options.clock.now(), { url })
    const { message } = error
    if (status === 413) return { type: 'tooLarge', message, status }
    return { type: type === 'terminalError' ? 'refused' : 'failed', message, status }
  }
}

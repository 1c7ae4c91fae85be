import type { Clock } from '../async/clock.ts'
import { withDeadline } from '../async/signals.ts'
import { sleep } from '../async/sleep.ts'
import { drain } from '../transport/body.ts'
import { classifyFailure, classifyResponse, type RequestInfo } from '../transport/classify.ts'
import type { HttpRequest, HttpResponse, Transport } from '../transport/transport.ts'

export interface PostSenderOptions {
  readonly transport: Transport
  readonly clock: Clock
  /** Longest duration of a request with its answer, in milliseconds. */
  readonly requestTimeoutMs: number
}

/**
 * The result of a post. `failed`: all attempts failed, or the signal aborted. `tooLarge`: the service refuses this payload.
 * `refused`: the service refuses all events with this credential.
 */
export type SendResult =
  | { readonly type: 'delivered' }
  | {
      readonly type: 'failed' | 'tooLarge' | 'refused'
      readonly message: string
      /** Absent if there was no answer. */
      readonly status?: number
    }

export interface EncodedPost extends Omit<HttpRequest, 'signal'> {
  /** The name of the credential, for messages. Default `SDK key`. */
  readonly credential?: string
}

/** Time between the two attempts of a post, in milliseconds. */
const RETRY_MS = 1_000

/** Sends encoded posts to the service that receives events. Follows no redirect. */
export class PostSender {
  readonly #options: PostSenderOptions
  #serverTime = 0

  constructor(options: PostSenderOptions) {
    this.#options = options
  }

  /** The greatest time in a `date` header so far, in milliseconds since the Unix epoch; 0 before the first answer. */
  get serverTime(): number {
    return this.#serverTime
  }

  /**
   * Sends a post, and again after a second if it failed and a retry can help. Never rejects.
   *
   * @param encode - is called before each attempt, so that the second one has the current credential.
   */
  async send(encode: () => EncodedPost, signal: AbortSignal): Promise<SendResult> {
    const first = await this.sendOnce(encode(), signal)
    if (first.type !== 'failed') return first
    await sleep(this.#options.clock, RETRY_MS, signal)
    return signal.aborted ? first : this.sendOnce(encode(), signal)
  }

  /** Sends a post. Never rejects. */
  async sendOnce({ credential, ...request }: EncodedPost, parent: AbortSignal): Promise<SendResult> {
    const { transport, clock, requestTimeoutMs } = this.#options
    try {
      return await withDeadline(clock, requestTimeoutMs, parent, async (signal) => {
        signal.throwIfAborted()
        const response = await transport.request({ ...request, signal })
        this.#noteTime(response)
        // The status decides, even if the body is endless or breaks off.
        await drain(response).catch(() => undefined)
        return this.#resultOf(response, { url: request.url, ...(credential !== undefined && { credential }) })
      })
    } catch (error) {
      return { type: 'failed', message: classifyFailure(error).error.message }
    }
  }

  #noteTime({ headers }: HttpResponse): void {
    const time = Date.parse(headers.date ?? '')
    if (time > this.#serverTime) this.#serverTime = time
  }

  #resultOf(response: HttpResponse, request: RequestInfo): SendResult {
    const { status } = response
    if (status >= 200 && status < 300) return { type: 'delivered' }
    const { type, error } = classifyResponse(response, this.#options.clock.now(), request)
    const { message } = error
    if (status === 413) return { type: 'tooLarge', message, status }
    return { type: type === 'terminalError' ? 'refused' : 'failed', message, status }
  }
}

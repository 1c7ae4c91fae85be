import type { HttpHeaders } from '../../transport/transport.ts'
import type { Audience } from '../addresses.ts'
import type { SdkRequest } from '../sdk-request.ts'
import type { RequestSpan } from '../telemetry/tracing.ts'
import { answerEvents, answerImage } from './answers.ts'
import { imageBody, imageHeaders } from './event-image.ts'
import type { EventLog } from './event-log.ts'
import type { EventMemory, SharedMemory } from './event-memory.ts'
import { forwardedHeaders, isCurrent } from './payload.ts'
import { type ReceivedBody, readBody } from './read-body.ts'

/** A request with events or a diagnostic, without its body. */
export interface ReceivedPost {
  readonly audience: Audience
  /** The memory that its body takes. */
  readonly memory: EventMemory
  /** The headers that identify the SDK and the payload. */
  readonly headers: HttpHeaders
  readonly encoding: string | undefined
  readonly type: 'current' | 'former' | 'diagnostic'
  readonly span: RequestSpan
}

export interface EventReceiverOptions {
  /** Size of the largest body, in bytes. */
  readonly maxPayloadBytes: number
  readonly memory: SharedMemory
  readonly log: EventLog
  /** Takes over a body whose request is answered, and releases its memory. */
  readonly receive: (body: ReceivedBody, post: ReceivedPost) => void
}

/** Reads and answers the requests of SDKs with events, and keeps track of the work on them. */
export class EventReceiver {
  readonly #options: EventReceiverOptions
  readonly #running = new Set<Promise<void>>()
  #isClosing = false

  constructor(options: EventReceiverOptions) {
    this.#options = options
  }

  async answer({ request, response, address, audience, target, span }: SdkRequest): Promise<void> {
    const { maxPayloadBytes: maxBytes, receive } = this.#options
    const memory = this.#options.memory.of(audience)
    if (this.#isClosing) return answerEvents(response, 'stopping')
    const { 'content-encoding': encoding } = request.headers
    const headers = forwardedHeaders(request.headers)
    if (address.service === 'event image') {
      answerImage(response)
      const image = { headers: imageHeaders(headers), encoding: undefined, type: 'current' } as const
      return receive(imageBody(target.query, memory), { audience, memory, span, ...image })
    }
    const body = await readBody(request, { maxBytes, memory })
    if (this.#isClosing) {
      if (body.type === 'complete') memory.give(body.reserved)
      return answerEvents(response, 'stopping')
    }
    answerEvents(response, body.type)
    const schema = isCurrent(request.headers) ? 'current' : 'former'
    const type = address.service === 'diagnostic' ? 'diagnostic' : schema
    receive(body, { audience, memory, span, headers, encoding, type })
  }

  /** Starts work that {@link idle} waits for. */
  run(work: () => Promise<void>): void {
    const running = work()
      .catch((error: unknown) => this.#options.log.defect(error))
      .finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  /** Answers further requests with 503. */
  close(): void {
    this.#isClosing = true
  }

  /** Resolves when the work that was started has ended. */
  async idle(): Promise<void> {
    await Promise.all(this.#running)
  }
}

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Clock } from '../async/clock.ts'
import {
  eventsRequestOf,
  isEventPath,
  type ReceivedEvent,
  receivePayload,
} from '../events/receive-payload.ts'
import type { AppliedChangeSet } from '../model/change-set.ts'
import type { Logger } from '../model/logger.ts'
import type { Selector } from '../selector/selector.ts'
import { Admission } from '../server/admission.ts'
import { Fdv1Server } from '../server/fdv1-server.ts'
import { createFlagServer, type FlagServer } from '../server/flag-server.ts'
import { parseRequestTarget, type RequestTarget } from '../server/request-target.ts'
import { authorized, refuse } from '../server/respond.ts'
import { TrafficCounter } from '../server/traffic.ts'
import { MemoryStore } from '../store/memory-store.ts'

export interface DevFlagServerOptions {
  readonly logger: Pick<Logger, 'error'>
  readonly clock: Clock
  readonly sdkKey?: string
  readonly heartbeatMs?: number
  readonly onEvent?: (event: ReceivedEvent) => void
}

/** A server of one environment for SDKs with FDv2 and FDv1, which accepts their analytics events. */
export class DevFlagServer {
  readonly #fdv2: FlagServer
  readonly #fdv1: Fdv1Server
  readonly #data = new MemoryStore()
  readonly #closing = new AbortController()
  readonly #options: DevFlagServerOptions

  constructor(options: DevFlagServerOptions) {
    const { clock, heartbeatMs = 30_000 } = options
    this.#options = options
    const admission = new Admission()
    const traffic = new TrafficCounter()
    this.#fdv2 = createFlagServer({ ...options, admission, traffic, onError: this.#failed })
    this.#fdv1 = new Fdv1Server({
      snapshot: () => this.#data.snapshot(),
      traffic,
      onError: this.#failed,
      admission,
      settings: {
        clock,
        heartbeatMs,
        stallMs: 30_000,
        lifetimeMs: () => Infinity,
        closing: this.#closing.signal,
        onStall: () => {},
      },
    })
  }

  readonly handler: RequestListener = (request, response) => {
    const target = parseRequestTarget(request.url ?? '')
    if (!target) return refuse(response, 400)
    this.#answer(target, request, response).catch((error: unknown) => {
      this.#failed(error)
      response.destroy()
    })
  }

  get clients(): number {
    return this.#fdv2.clients + this.#fdv1.clients
  }

  accept(changeSet: AppliedChangeSet, selector: Selector): void {
    this.#fdv2.accept(this.#data.apply({ ...changeSet, selector }))
    this.#fdv1.publish(changeSet)
  }

  /** Sends a goodbye event on every FDv2 stream, ends the FDv1 streams, and resolves when all have ended. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#fdv2.close()
  }

  readonly #failed = (error: unknown): void =>
    this.#options.logger.error(`dev server: a request failed: ${String(error)}`)

  async #answer(target: RequestTarget, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (isEventPath(target.path)) return this.#receive(target.path, request, response)
    if (!this.#fdv1.handles(target.path)) return this.#fdv2.answer({ target, request, response })
    if (request.method !== 'GET') return refuse(response, 405, { allow: 'GET' })
    if (!authorized(this.#options.sdkKey, request.headers.authorization)) return refuse(response, 401)
    await this.#fdv1.answer({ target, request, response })
  }

  async #receive(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { sdkKey, logger, onEvent } = this.#options
    if (request.method !== 'POST') return refuse(response, 405, { allow: 'POST' })
    if (!authorized(sdkKey, request.headers.authorization)) return refuse(response, 401)
    const payload = await receivePayload(eventsRequestOf(request, path))
    if (payload.type === 'refused') {
      logger.error(`dev server: refused analytics events: ${payload.message}`)
      return refuse(response, payload.status)
    }
    response.writeHead(202, { 'content-length': 0 }).end()
    if (onEvent) for (const event of payload.events) onEvent(event)
  }
}

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { systemClock } from '../../src/async/clock.ts'
import { isEventPath } from '../../src/events/receive-payload.ts'
import type { AppliedChangeSet } from '../../src/model/change-set.ts'
import type { Selector } from '../../src/selector/selector.ts'
import { Admission } from '../../src/server/admission.ts'
import { Fdv1Server } from '../../src/server/fdv1-server.ts'
import { createFlagServer, type FlagServer } from '../../src/server/flag-server.ts'
import { parseRequestTarget, type RequestTarget } from '../../src/server/request-target.ts'
import { refuse } from '../../src/server/respond.ts'
import { TrafficCounter } from '../../src/server/traffic.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'

/** A service of one environment over FDv1 and FDv2, without keys, which accepts events and discards them. */
export class FlagService {
  readonly #fdv2: FlagServer
  readonly #fdv1: Fdv1Server
  readonly #data = new MemoryStore()

  constructor() {
    const shared = { admission: new Admission(), traffic: new TrafficCounter(), onError: console.error }
    this.#fdv2 = createFlagServer({ ...shared, clock: systemClock })
    this.#fdv1 = new Fdv1Server({
      ...shared,
      snapshot: () => this.#data.snapshot(),
      settings: {
        clock: systemClock,
        heartbeatMs: 30_000,
        stallMs: 30_000,
        lifetimeMs: () => Infinity,
        closing: new AbortController().signal,
        onStall: () => {},
      },
    })
  }

  readonly handler: RequestListener = (request, response) => {
    const target = parseRequestTarget(request.url ?? '')
    if (!target) return refuse(response, 400)
    this.#answer(target, request, response).catch((error: unknown) => {
      console.error(error)
      response.destroy()
    })
  }

  accept(changeSet: AppliedChangeSet, selector: Selector): void {
    this.#fdv2.accept(this.#data.apply({ ...changeSet, selector }))
    this.#fdv1.publish(changeSet)
  }

  async #answer(target: RequestTarget, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (isEventPath(target.path)) {
      request.resume()
      return void response.writeHead(202, { 'content-length': 0 }).end()
    }
    if (this.#fdv1.handles(target.path)) return this.#fdv1.answer({ target, request, response })
    return this.#fdv2.answer({ target, request, response })
  }
}

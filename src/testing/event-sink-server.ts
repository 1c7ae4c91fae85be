import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { eventsRequestOf } from '../events/receive-payload.ts'
import { type EventSink, MemoryEventSink } from './event-sink.ts'

/** A service for analytics events on a port of this machine. */
export interface EventSinkServer extends EventSink, AsyncDisposable {
  /** The base URL, for `endpoints.events` of Halyard and `eventsUri` of LaunchDarkly's SDKs. */
  readonly url: string
  /** Stops the service. The received events stay available. May be called several times. */
  close(): Promise<void>
}

/**
 * Starts a service that receives analytics events on a free port of 127.0.0.1 and keeps them for assertions. It answers with 202;
 * with 400 if a body is malformed, and with 413 if it is longer than 16 MiB.
 *
 * @example
 * ```ts
 * await using sink = await startEventSink()
 * const dataSystem = presets.custom({ initializers: [new TestData().initializer()], synchronizers: [] })
 * const client = createClient('sdk-key', { dataSystem, endpoints: { events: sink.url } })
 * client.track('order-paid', context)
 * await client.flush()
 * console.log(sink.ofKind('custom'))
 * ```
 */
export async function startEventSink(): Promise<EventSinkServer> {
  const sink = new ListeningEventSink()
  await sink.listen()
  return sink
}

class ListeningEventSink extends MemoryEventSink implements EventSinkServer {
  url = ''
  readonly #server = createServer((request, response) => {
    const path = (request.url ?? '').replace(/\?.*/s, '')
    this.receive(eventsRequestOf(request, path)).then(
      ({ status, text }) => response.writeHead(status).end(text),
      () => response.destroy(),
    )
  })

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    // A test must not hang because it forgot to close the sink.
    this.#server.unref()
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

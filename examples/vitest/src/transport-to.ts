import type { Transport } from 'halyard'
import type { ScriptedOrigin } from 'halyard/testing'

/** Returns a transport that passes requests to a scripted service, without a socket. */
export function transportTo(service: ScriptedOrigin): Transport {
  return {
    async request({ url, method, headers, body, signal }) {
      const init: RequestInit = { method, headers, signal, ...(body && { body: Buffer.from(body) }) }
      const response = await service.respond(new Request(url, init))
      return {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        body: response.body ?? new ReadableStream({ start: (controller) => controller.close() }),
      }
    },
    close: async () => {},
  }
}

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface SentEvent {
  readonly kind: string
  readonly [member: string]: unknown
}

/** An events service that keeps the events of each SDK key. */
export interface Sink {
  readonly url: string
  /** Returns the events that were received with an SDK key since the last call. */
  readonly take: (sdkKey: string) => readonly SentEvent[]
  close(): Promise<void>
}

export async function startSink(): Promise<Sink> {
  const received = new Map<string, SentEvent[]>()
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => {
      body += chunk
    })
    request.once('end', () => {
      const sdkKey = request.headers.authorization ?? ''
      received.set(sdkKey, [...(received.get(sdkKey) ?? []), ...(JSON.parse(body) as SentEvent[])])
      response.writeHead(202).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    take(sdkKey) {
      const events = received.get(sdkKey) ?? []
      received.delete(sdkKey)
      return events
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

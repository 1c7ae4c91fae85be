import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'

/** The flag `direct`, which is "on" for {@link USER}, by a pattern. */
export const FLAG = {
  version: 1,
  on: true,
  variations: ['off', 'on'],
  fallthrough: { variation: 0 },
  rules: [
    {
      id: 'r',
      variation: 1,
      clauses: [{ attribute: 'email', op: 'matches', values: ['@example\\.(com|org)$'] }],
    },
  ],
}

export const USER = { kind: 'user', key: 'bob', email: 'bob@example.com' }

export const EVENTS = [
  {
    event: 'server-intent',
    data: { payloads: [{ id: 'p', target: 1, intentCode: 'xfer-full', reason: 'payload-missing' }] },
  },
  {
    event: 'put-object',
    data: { kind: 'flag', key: 'direct', version: 1, object: { key: 'direct', ...FLAG } },
  },
  { event: 'payload-transferred', data: { state: 's', version: 1 } },
]

export interface Service {
  readonly url: string
  close(): void
}

/**
 * Starts a service with one flag: polls are answered with gzip, streams stay open. Any other request, also one through
 * `CONNECT` or for another host as a proxy gets it, is answered with the text "answer of the test".
 */
export async function startService(): Promise<Service> {
  const server = createServer(({ url = '' }, response) => {
    if (url.startsWith('/sdk/poll')) {
      response.writeHead(200, { 'content-encoding': 'gzip' })
      response.end(gzipSync(JSON.stringify({ events: EVENTS })))
    } else if (url.startsWith('/sdk/stream')) {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      for (const { event, data } of EVENTS)
        response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    } else response.end('answer of the test')
  })
  server.on('connect', (_, socket) => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n')
    server.emit('connection', socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

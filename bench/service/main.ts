import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { PATHS } from '../../src/protocol/events.ts'
import { given, tell } from '../child.ts'
import { now } from '../propagation/now.ts'
import { blocks } from './frames.ts'
import { buildPayloads } from './payloads.ts'
import type { ServiceSpec, TicksRequest } from './spec.ts'

/** A mock service that only writes prepared bytes. */
const payloads = buildPayloads(given<ServiceSpec>())
const streams = new Set<ServerResponse>()
const FDV1_STREAM = '/all'
let awaited: ServerResponse | undefined

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://service')
  switch (pathname) {
    case PATHS.poll:
      response.setHeader('content-type', 'application/json')
      response.setHeader('content-length', payloads.poll.length)
      return response.end(payloads.poll)
    case PATHS.stream:
      return openStream(response)
    case FDV1_STREAM:
      response.setHeader('content-type', 'text/event-stream')
      return void response.write(payloads.fdv1())
    case '/connected':
      awaited = response
      return settle()
    case '/burst':
      send(Number(searchParams.get('changes')))
      return response.end()
    case '/ticks':
      return sendTicks(response, {
        ticks: Number(searchParams.get('ticks')),
        everyMs: Number(searchParams.get('everyMs')),
        first: Number(searchParams.get('first') ?? 0),
      })
    default:
      return response.writeHead(404).end()
  }
})
server.listen(0, '127.0.0.1', () => {
  tell({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
})

function openStream(response: ServerResponse): void {
  response.setHeader('content-type', 'text/event-stream')
  response.write(payloads.greeting)
  streams.add(response)
  response.once('close', () => streams.delete(response))
  settle()
}

/** Answers requests that wait for an open stream. */
function settle(): void {
  if (streams.size === 0) return
  awaited?.end()
  awaited = undefined
}

function send(count: number): void {
  const { changes, last } = payloads
  for (const stream of streams) {
    // The bytes are already framed, so they bypass the response, which would frame them again.
    const target = changes.framing === 'flushed' ? stream.socket : stream
    if (!target) continue
    const burst = [...blocks(changes, count), ...blocks(last)]
    Readable.from(burst, { objectMode: true }).pipe(target, { end: false })
  }
}

/** Sends one change at a time, and answers with the times of the writes. */
function sendTicks(response: ServerResponse, { ticks, everyMs, first = 0 }: TicksRequest): void {
  const frames = Array.from({ length: ticks }, (_, index) => payloads.tick(first + index))
  const written: number[] = []
  const timer = setInterval(() => {
    const frame = frames[written.length]
    if (frame === undefined) {
      clearInterval(timer)
      response.end(JSON.stringify(written))
      return
    }
    written.push(now())
    for (const stream of streams) stream.write(frame)
  }, everyMs)
}

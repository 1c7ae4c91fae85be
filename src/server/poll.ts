import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Answer } from './answer.ts'

/** Below this many bytes compression costs more than it saves. */
const WORTH_COMPRESSING = 1_024

/** Answers a poll: 304 when the client's tag is current, otherwise the answer as JSON, gzipped if accepted. */
export async function respondToPoll(
  answer: Answer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { etag } = answer
  response.setHeader('cache-control', 'no-cache')
  response.setHeader('vary', 'accept-encoding')
  if (etag) response.setHeader('etag', etag)
  if (etag && names(request.headers['if-none-match'], etag)) {
    response.writeHead(304).end()
    return
  }
  let body = answer.poll()
  if (body.length >= WORTH_COMPRESSING && acceptsGzip(request.headers['accept-encoding'])) {
    body = await answer.gzippedPoll()
    response.setHeader('content-encoding', 'gzip')
  }
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body)
}

function names(ifNoneMatch: string | undefined, etag: string): boolean {
  return list(ifNoneMatch).some((tag) => tag.replace(/^W\//, '') === etag)
}

function acceptsGzip(header: string | string[] | undefined): boolean {
  return list(String(header ?? '')).some((coding) => /^gzip\s*(;\s*q=(1|0\.\d*[1-9]).*)?$/i.test(coding))
}

function list(header: string | undefined): string[] {
  return (header ?? '').split(',').map((part) => part.trim())
}

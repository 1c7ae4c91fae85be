import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type ResponseWriterOptions, sendAnswer } from './event-stream.ts'

/** A body that can be sent as it is or compressed, and named so that nobody is sent it twice. */
export interface SharedBody {
  readonly bytes: Buffer
  readonly etag: string
  /** Another header of the request that it depends on. */
  readonly vary?: string
  gzipped(): Promise<Buffer>
}

export interface JsonOptions extends ResponseWriterOptions {
  /** How long caches of HTTP may keep the answer, milliseconds. Default 0: they ask each time. */
  readonly maxAgeMs?: number
}

/** Below this many bytes compression costs more than it saves. */
const MIN_COMPRESSED_BYTES = 1_024

/**
 * Answers a poll: 304 when the client's tag is current, otherwise the body, gzipped if accepted. Resolves with how many
 * bytes of body there were to send; they are under way then.
 */
export async function respondWithJson(
  body: SharedBody,
  request: IncomingMessage,
  response: ServerResponse,
  options: JsonOptions,
): Promise<number> {
  const { etag } = body
  const maxAge = Math.floor((options.maxAgeMs ?? 0) / 1_000)
  response.setHeader('cache-control', maxAge > 0 ? `max-age=${maxAge}` : 'no-cache')
  // A shared cache that left out the key would give one environment the flags of another.
  response.setHeader('vary', ['accept-encoding', 'authorization', body.vary ?? []].flat().join(', '))
  // A weak tag, because gzipped bodies and bodies with patches have the same one.
  response.setHeader('etag', `W/${etag}`)
  if (isCurrent(body, request)) {
    response.writeHead(304).end()
    return 0
  }
  let { bytes } = body
  if (bytes.length >= MIN_COMPRESSED_BYTES && acceptsGzip(request.headers['accept-encoding'])) {
    bytes = await body.gzipped()
    response.setHeader('content-encoding', 'gzip')
  }
  if (response.destroyed) return 0
  const headers = { 'content-type': 'application/json', 'content-length': bytes.length }
  sendAnswer(response, { status: 200, headers, bytes }, options)
  return bytes.length
}

/** Whether the client has the body already, by its tag. */
export function isCurrent({ etag }: Pick<SharedBody, 'etag'>, { headers }: IncomingMessage): boolean {
  return hasTag(headers['if-none-match'], etag)
}

function hasTag(ifNoneMatch: string | undefined, etag: string): boolean {
  return list(ifNoneMatch).some((tag) => tag.replace(/^W\//, '') === etag)
}

function acceptsGzip(header: string | string[] | undefined): boolean {
  return list(String(header ?? '')).some((coding) => /^gzip\s*(;\s*q=(1|0\.\d*[1-9]).*)?$/i.test(coding))
}

function list(header: string | undefined): string[] {
  return (header ?? '').split(',').map((part) => part.trim())
}

/** Whether a request may pass. Takes equally long whatever the difference, so a key cannot be guessed by time. */
export function authorized(sdkKey: string | undefined, authorization: string | undefined): boolean {
  return sdkKey === undefined || timingSafeEqual(digest(sdkKey), digest(authorization ?? ''))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

const HEADERS = { 'content-length': 0, 'cache-control': 'no-store', vary: 'authorization' } as const

/**
 * Answers with a status and without a body. Most refusals depend on the SDK key, and caches keep a 404 or a 503 by default
 * or by configuration, so no cache may store one.
 */
export function refuse(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { ...HEADERS, ...headers }).end()
}

import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type ResponseWriterOptions, sendAnswer } from './event-stream.ts'
import { varyOn } from './vary.ts'

/** A body that many clients share, plain or gzipped. Its entity tag lets a client that has it receive a 304. */
export interface SharedBody {
  readonly bytes: Buffer
  readonly etag: string
  readonly vary?: string
  gzipped(): Promise<Buffer>
}

export interface JsonOptions extends ResponseWriterOptions {
  /** Time for which HTTP caches may keep the answer, in milliseconds. Default 0: they revalidate each time. */
  readonly maxAgeMs?: number
  /** `private`: shared caches must not keep the answer. Default: they may, but revalidate it. */
  readonly scope?: 'private'
}

/** Compressing fewer bytes costs more than it saves. */
const MIN_COMPRESSED_BYTES = 1_024

/**
 * Answers a poll: 304 if the client's entity tag is current, otherwise the body, gzipped if the client accepts that. Resolves
 * with the number of bytes of the body when they have been handed to the socket.
 */
export async function respondWithJson(
  body: SharedBody,
  request: IncomingMessage,
  response: ServerResponse,
  options: JsonOptions,
): Promise<number> {
  const { etag } = body
  const maxAge = Math.floor((options.maxAgeMs ?? 0) / 1_000)
  const age = maxAge > 0 ? `max-age=${maxAge}` : 'no-cache'
  response.setHeader('cache-control', options.scope ? `${options.scope}, ${age}` : age)
  // Without 'authorization', a shared cache could serve the flags of one environment to another.
  const bodyHeaders = body.vary === undefined ? [] : [body.vary]
  response.setHeader('vary', varyOn(response, 'accept-encoding', 'authorization', ...bodyHeaders))
  // The tag is weak because gzipped bodies and bodies with patches share it.
  response.setHeader('etag', `W/${etag}`)
  if (isCurrent(body, request)) {
    response.writeHead(304).end()
    return 0
  }
  let { bytes } = body
  if (isGzippedFor(body, request)) {
    bytes = await body.gzipped()
    response.setHeader('content-encoding', 'gzip')
  }
  if (response.destroyed) return 0
  const headers = { 'content-type': 'application/json', 'content-length': bytes.length }
  sendAnswer(response, { status: 200, headers, bytes }, options)
  return bytes.length
}

/** Returns whether a client that does not have the body receives it gzipped. */
export function isGzippedFor({ bytes }: Pick<SharedBody, 'bytes'>, { headers }: IncomingMessage): boolean {
  return bytes.length >= MIN_COMPRESSED_BYTES && acceptsGzip(headers['accept-encoding'])
}

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

/** Returns true if the key is correct. Compares in constant time, so that timing does not reveal the key. */
export function authorized(sdkKey: string | undefined, authorization: string | undefined): boolean {
  return sdkKey === undefined || timingSafeEqual(digest(sdkKey), digest(authorization ?? ''))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

const HEADERS = { 'content-length': 0, 'cache-control': 'no-store' } as const

/**
 * Answers with a status and no body. Caches must not store the answer, because most refusals depend on the SDK key, and caches
 * may keep a 404 or a 503.
 */
export function refuse(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { ...HEADERS, vary: varyOn(response, 'authorization'), ...headers }).end()
}

/** Answers with a status and a JSON object that states the reason. With 503, clients are told to retry soon. */
export function refuseWithMessage(response: ServerResponse, status: number, message: string): void {
  refuseWithJson(response, status, { message })
}

/** Answers with a status and a JSON object. With 429 and 503 the answer has `Retry-After`. */
export function refuseWithJson(response: ServerResponse, status: number, body: object): void {
  const bytes = Buffer.from(JSON.stringify(body))
  const headers = {
    ...HEADERS,
    vary: varyOn(response, 'authorization'),
    'content-type': 'application/json',
    'content-length': bytes.length,
    ...((status === 429 || status === 503) && { 'retry-after': '1' }),
  }
  response.writeHead(status, headers).end(bytes)
}

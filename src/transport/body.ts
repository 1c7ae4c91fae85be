import { isUtf8 } from 'node:buffer'
import { pipeline, type Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip } from 'node:zlib'
import { HalyardError } from '../model/errors.ts'
import type { SourceResult } from '../model/source-result.ts'
import { ByteCollector } from './byte-collector.ts'
import type { HttpResponse } from './transport.ts'

export const ACCEPTED_ENCODINGS = 'gzip, br'

/** Output size of the inflater per call. The default of 16 KiB makes large bodies slow. */
const INFLATED_CHUNK = 256 * 1024

/** Maximum size of a body that is read only to reuse its connection, in bytes. */
const MAX_IDLE_BODY = 64 * 1024

/** Prefix of the error codes of zlib, as opposed to those of the connection. */
const INFLATE_ERROR = /^(Z_|ERR__ERROR_|ERR_BROTLI)/

/**
 * Reads and inflates a body. Yields an `activity` result for each chunk and returns the text.
 *
 * @throws {@link BodyTooLongError} if the inflated body is longer than `maxBytes`.
 * @throws {@link InvalidDataError} if it cannot be inflated, or is not UTF-8.
 */
export async function* readText(
  response: HttpResponse,
  maxBytes: number,
): AsyncGenerator<SourceResult, string, undefined> {
  const tooLong = (): BodyTooLongError => new BodyTooLongError(`the body is longer than ${maxBytes} bytes`)
  if (Number(response.headers['content-length']) > maxBytes) throw tooLong()
  const collected = new ByteCollector()
  for await (const chunk of inflated(response)) {
    if (collected.length + chunk.length > maxBytes) throw tooLong()
    collected.add(chunk)
    yield { type: 'activity', of: 'payload' }
  }
  const bytes = collected.take()
  if (!isUtf8(bytes)) throw new InvalidDataError('the body is not UTF-8')
  return bytes.toString()
}

/** Reads the rest of a body that is not needed, so that its connection can be reused. */
export async function drain({ headers, body }: HttpResponse): Promise<void> {
  // Such an answer is complete with its headers.
  if (headers['content-length'] === '0') return
  let length = 0
  for await (const chunk of body) {
    length += chunk.length
    if (length > MAX_IDLE_BODY)
      throw new InvalidDataError(`a body that is not needed is longer than ${MAX_IDLE_BODY} bytes`)
  }
}

/**
 * Returns the body of a response that must not be encoded.
 *
 * @throws {@link InvalidDataError} if it has a content encoding.
 */
export function plainBody(response: HttpResponse): AsyncIterable<Uint8Array> {
  const encoding = encodingOf(response)
  if (encoding === 'identity' || encoding === '') return response.body
  throw unasked(encoding)
}

function encodingOf({ headers }: HttpResponse): string {
  return headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
}

function unasked(encoding: string): InvalidDataError {
  return new InvalidDataError(`the body has the content encoding ${encoding}, which was not requested`)
}

function inflated(response: HttpResponse): AsyncIterable<Uint8Array> {
  const { body } = response
  const encoding = encodingOf(response)
  switch (encoding) {
    case 'identity':
    case '':
      return body
    case 'gzip':
    case 'x-gzip':
      return through(body, createGunzip({ chunkSize: INFLATED_CHUNK }))
    case 'br':
      return through(body, createBrotliDecompress({ chunkSize: INFLATED_CHUNK }))
    default:
      throw unasked(encoding)
  }
}

async function* through(body: AsyncIterable<Uint8Array>, inflater: Transform): AsyncGenerator<Uint8Array> {
  // The callback prevents an unhandled error. The failure is reported when the inflater is read.
  pipeline(body, inflater, () => {})
  try {
    yield* inflater
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    if (!INFLATE_ERROR.test(code)) throw error
    throw new InvalidDataError(`the body cannot be inflated: ${message}`, { cause: error })
  }
}

/** A server answered with malformed bytes. Sources turn it into a result. */
export class InvalidDataError extends HalyardError {
  constructor(message: string, options?: ErrorOptions) {
    super('INVALID_DATA', message, options)
  }
}

/** A body is longer than the receiver reads. */
export class BodyTooLongError extends InvalidDataError {}

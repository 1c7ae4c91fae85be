import { isUtf8 } from 'node:buffer'
import { pipeline, type Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip } from 'node:zlib'
import { HalyardError } from '../model/errors.ts'
import type { SourceResult } from '../model/source-result.ts'
import type { HttpResponse } from './transport.ts'

/** What {@link readText} can undo. */
export const ACCEPTED_ENCODINGS = 'gzip, br'

/** Output of the inflater per turn: its default of 16 KiB makes large bodies slow. */
const INFLATED_CHUNK = 256 * 1024

/** Longest body that is read only to be done with it. */
const MAX_IDLE_BODY = 64 * 1024

/** How zlib's own failures are coded, as opposed to those of the connection below it. */
const INFLATE_ERROR = /^(Z_|ERR__ERROR_|ERR_BROTLI)/

/**
 * Reads a body whole, inflating it. Yields a sign of progress for every chunk and returns the text. Throws
 * {@link InvalidDataError} when it is longer than `maxBytes` (inflated), wrongly encoded, or not UTF-8.
 */
export async function* readText(
  response: HttpResponse,
  maxBytes: number,
): AsyncGenerator<SourceResult, string, undefined> {
  const tooLong = (): InvalidDataError => new InvalidDataError(`the body is longer than ${maxBytes} bytes`)
  if (Number(response.headers['content-length']) > maxBytes) throw tooLong()
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of inflated(response)) {
    length += chunk.length
    if (length > maxBytes) throw tooLong()
    chunks.push(chunk)
    yield { type: 'activity', of: 'payload' }
  }
  const bytes = Buffer.concat(chunks, length)
  if (!isUtf8(bytes)) throw new InvalidDataError('the body is not UTF-8')
  return bytes.toString()
}

/** Reads what a body that says nothing still holds, so that its connection can be used again. */
export async function drain({ body }: HttpResponse): Promise<void> {
  let length = 0
  for await (const chunk of body) {
    length += chunk.length
    if (length > MAX_IDLE_BODY)
      throw new InvalidDataError(`a body nobody needs is longer than ${MAX_IDLE_BODY} bytes`)
  }
}

/** A body as it travelled. Throws {@link InvalidDataError} when it is said to be encoded. */
export function plainBody(response: HttpResponse): AsyncIterable<Uint8Array> {
  const encoding = encodingOf(response)
  if (encoding === 'identity' || encoding === '') return response.body
  throw unasked(encoding)
}

function encodingOf({ headers }: HttpResponse): string {
  return headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
}

function unasked(encoding: string): InvalidDataError {
  return new InvalidDataError(`the body has an encoding nobody asked for, ${encoding}`)
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
  // The callback only keeps a failure from being unhandled: reading the inflater reports it.
  pipeline(body, inflater, () => {})
  try {
    yield* inflater
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    if (!INFLATE_ERROR.test(code)) throw error
    throw new InvalidDataError(`the body does not inflate: ${message}`, { cause: error })
  }
}

/** A server answered with bytes that cannot be trusted. Never leaves the source that met it. */
export class InvalidDataError extends HalyardError {
  constructor(message: string, options?: ErrorOptions) {
    super('INVALID_DATA', message, options)
  }
}

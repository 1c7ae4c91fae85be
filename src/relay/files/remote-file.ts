import type { Clock } from '../../async/clock.ts'
import { startAttempt } from '../../exchange/endpoint.ts'
import { asSourceError } from '../../flag-file/flag-file-error.ts'
import { type FileFormat, type FlagFile, formatOf } from '../../flag-file/parse.ts'
import { parseFlagText } from '../../flag-file/read.ts'
import type { SourceError } from '../../model/source-result.ts'
import { ACCEPTED_ENCODINGS, drain, InvalidDataError, readText } from '../../transport/body.ts'
import { classifyFailure, classifyResponse } from '../../transport/classify.ts'
import { getFollowing } from '../../transport/redirects.ts'
import type { HttpHeaders, HttpResponse, Transport } from '../../transport/transport.ts'

export interface RemoteFileOptions {
  readonly url: string
  /** The value of the header `Authorization`. */
  readonly authorization: string | undefined
  readonly headers: HttpHeaders
  readonly transport: Transport
  readonly clock: Clock
}

/** The result of a request for a flag file. */
export type RemoteReading =
  | { readonly type: 'same' }
  | { readonly type: 'content'; readonly file: FlagFile }
  | { readonly type: 'failed'; readonly error: SourceError }

/** Maximum size of a file without compression, in bytes. */
const MAX_BYTES = 128 * 2 ** 20

/** Longest wait for a byte, in milliseconds. */
const SILENCE_MS = 10_000

/** Longest duration of a request with its answer, in milliseconds. */
const ANSWER_MS = 60_000

/** A flag file behind a URL. It is read again unless the answer is 304. */
export class RemoteFile {
  readonly #options: RemoteFileOptions
  /** The URL without its query, which may contain a secret. */
  readonly #name: string
  #etag: string | undefined
  #text: string | undefined
  /** Why the last text could not be used. */
  #fault: SourceError | undefined

  constructor(options: RemoteFileOptions) {
    const { origin, pathname } = new URL(options.url)
    this.#options = options
    this.#name = origin + pathname
  }

  /** Requests the file once. Never rejects. */
  async read(parent: AbortSignal): Promise<RemoteReading> {
    const { clock } = this.#options
    const attempt = startAttempt(clock, SILENCE_MS, parent)
    const disarm = clock.after(ANSWER_MS, () =>
      attempt.abandon(`no complete answer within ${ANSWER_MS / 1_000} s`),
    )
    try {
      return await this.#request(attempt)
    } catch (error) {
      return this.#failed(classifyFailure(attempt.signal.aborted ? attempt.signal.reason : error).error)
    } finally {
      disarm()
      attempt.end()
    }
  }

  async #request(attempt: ReturnType<typeof startAttempt>): Promise<RemoteReading> {
    const { url, authorization, headers: common, transport, clock } = this.#options
    const { signal } = attempt
    const headers = {
      ...common,
      accept: 'application/json, application/yaml, text/yaml, */*;q=0.5',
      'accept-encoding': ACCEPTED_ENCODINGS,
      ...(authorization !== undefined && { authorization }),
      ...(this.#etag !== undefined && { 'if-none-match': this.#etag }),
    }
    const response = await getFollowing(transport, { url, headers, signal })
    const { status } = response
    if (status === 304 && this.#etag !== undefined) {
      await drain(response)
      signal.throwIfAborted()
      return this.#fault ? { type: 'failed', error: this.#fault } : { type: 'same' }
    }
    if (status !== 200) {
      const about = { url, credential: 'urlAuthorization' }
      return this.#failed(classifyResponse(response, clock.now(), about).error)
    }
    refuseHtml(response.headers['content-type'] ?? '')
    const text = await textOf({ ...response, body: attempt.watch(response.body) })
    signal.throwIfAborted()
    if (/^\s*<(?:!doctype|html)/i.test(text)) refuseHtml('text/html')
    return this.#take(text, response.headers)
  }

  async #take(text: string, headers: HttpHeaders): Promise<RemoteReading> {
    this.#etag = headers.etag
    // A server without entity tags sends everything each time.
    if (text === this.#text) return this.#fault ? { type: 'failed', error: this.#fault } : { type: 'same' }
    this.#text = text
    const format = formatIn(headers['content-type']) ?? formatOf(this.#name)
    const reading = await parseFlagText(text, { path: this.#name, format }).catch(asSourceError)
    this.#fault = 'kind' in reading ? reading : undefined
    return 'kind' in reading ? { type: 'failed', error: reading } : { type: 'content', file: reading }
  }

  #failed(error: SourceError): RemoteReading {
    return { type: 'failed', error: { ...error, message: `${this.#name}: ${error.message}` } }
  }
}

function refuseHtml(contentType: string): void {
  if (!/html/i.test(contentType)) return
  throw new InvalidDataError(
    'the answer is an HTML page, not a flag file; give the address of the file itself, and urlAuthorization if the server requires a login',
  )
}

/** Returns the format that a content type names; `undefined` for types that any text has. */
function formatIn(contentType = ''): FileFormat | undefined {
  if (/yaml/i.test(contentType)) return 'yaml'
  return /json/i.test(contentType) ? 'json' : undefined
}

async function textOf(response: HttpResponse): Promise<string> {
  const reading = readText(response, MAX_BYTES)
  for (;;) {
    const { done, value } = await reading.next()
    if (done) return value.replace(/^\uFEFF/, '')
  }
}

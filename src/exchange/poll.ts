import type { ItemLookup } from '../model/change-set.ts'
import type { Directive, SourceResult } from '../model/source-result.ts'
import type { Decoded } from '../protocol/decoder.ts'
import { decodeFdv1Body } from '../protocol/fdv1.ts'
import { decodePollBody } from '../protocol/poll-body.ts'
import { advance } from '../selector/advance.ts'
import { type Selector, sameSelector } from '../selector/selector.ts'
import { ACCEPTED_ENCODINGS, drain, readText } from '../transport/body.ts'
import { classifyResponse } from '../transport/classify.ts'
import { getFollowing, RedirectRefusedError } from '../transport/redirects.ts'
import type { HttpHeaders, HttpResponse } from '../transport/transport.ts'
import { type PollEndpoint, startAttempt } from './endpoint.ts'
import {
  directed,
  FDV1_REQUEST,
  FDV2_REQUEST,
  HEARTBEAT,
  ofEnvironment,
  type RequestDialect,
  toResult,
} from './results.ts'

/**
 * Performs one poll and yields the results of its answer, in order. A failure is a result, not an exception. With
 * `held`, the request accepts patches to the objects that it returns.
 */
export type Poll = (
  basis: Selector | undefined,
  signal: AbortSignal,
  held?: ItemLookup,
) => AsyncIterable<SourceResult>

interface Dialect extends RequestDialect {
  decode(text: string, held: ItemLookup | undefined): Iterable<Decoded>
  /** Returns whether a 304 to the same request would mean that nothing is new. */
  mayReuseEtag(basis: Selector | undefined, reached: Selector | undefined): boolean
}

const FDV2: Dialect = {
  ...FDV2_REQUEST,
  decode: decodePollBody,
  // Only if the answer left the basis unchanged: otherwise a 304 would mean the change again, which must not be skipped.
  mayReuseEtag: (basis, reached) => basis !== undefined && sameSelector(basis, reached),
}

const FDV1: Dialect = {
  ...FDV1_REQUEST,
  decode: decodeFdv1Body,
  mayReuseEtag: () => true,
}

const NOTHING_NEW: SourceResult = { type: 'changeSet', changeSet: { type: 'none' } }

/** Polls `/sdk/poll`. Keeps the last ETag, so each turn needs a new poll. */
export function fdv2Poll(endpoint: PollEndpoint): Poll {
  return pollIn(FDV2, endpoint)
}

/** Polls `/sdk/latest-all`, which answers with all data. Keeps the last ETag, so each turn needs a new poll. */
export function fdv1Poll(endpoint: PollEndpoint): Poll {
  return pollIn(FDV1, endpoint)
}

function pollIn(dialect: Dialect, endpoint: PollEndpoint): Poll {
  const { transport, clock, silenceMs, maxBytes, answerMs } = endpoint
  let seen: { readonly url: string; readonly etag: string } | undefined

  return async function* poll(basis, signal, held) {
    const url = dialect.urlAt(endpoint.url, basis)
    const attempt = startAttempt(clock, silenceMs, signal)
    const giveUp = (): void => attempt.abandon(`no complete answer within ${answerMs / 1_000} s`)
    const disarm = clock.after(answerMs, giveUp)
    let directive: Directive | undefined
    try {
      const common = { ...endpoint.headers, ...dialect.requestHeaders(held) }
      const headers = pollHeaders(common, seen?.url === url ? seen.etag : undefined)
      const response = await getFollowing(transport, { url, headers, signal: attempt.signal })
      directive = dialect.directive(response.headers)
      // A transport can end a body without an error when its signal aborts.
      if (response.status === 304 && headers['if-none-match']) {
        await drain(response)
        attempt.signal.throwIfAborted()
        return yield directed(ofEnvironment(NOTHING_NEW, response.headers), directive)
      }
      if (response.status !== 200) {
        const { notFoundHint } = dialect
        const failure = classifyResponse(response, clock.now(), { url, notFoundHint })
        return yield directed(failure, directive)
      }

      // Yielded at once, because no further result may follow.
      if (directive) yield directed(HEARTBEAT, directive)
      const text = yield* readText({ ...response, body: attempt.watch(response.body) }, maxBytes)
      attempt.signal.throwIfAborted()
      const events = [...dialect.decode(text, held)]
      if (directive) directive = events.find((event) => event.type === 'goodbye')?.directive ?? directive
      let reached = basis
      let isComplete = true
      for (const decoded of events) {
        const result = toResult(decoded)
        if (!result) continue
        if (result.type === 'changeSet') reached = advance(reached, result.changeSet)
        else isComplete = false
        yield directed(ofEnvironment(withContentType(result, response), response.headers), directive)
      }
      const { etag } = response.headers
      seen = etag && isComplete && dialect.mayReuseEtag(basis, reached) ? { url, etag } : undefined
    } catch (error) {
      if (error instanceof RedirectRefusedError) directive = dialect.directive(error.headers)
      if (!signal.aborted) yield directed(attempt.explain(error), directive)
    } finally {
      disarm()
      attempt.end()
    }
  }
}

function pollHeaders(headers: HttpHeaders, etag: string | undefined): HttpHeaders {
  const common = { ...headers, accept: 'application/json', 'accept-encoding': ACCEPTED_ENCODINGS }
  return etag ? { ...common, 'if-none-match': etag } : common
}

/** Adds the content type of the answer to an error, which explains an HTML page in place of data. */
function withContentType(result: SourceResult, { headers }: HttpResponse): SourceResult {
  const type = headers['content-type']
  if (result.type !== 'interrupted' || !type || type.toLowerCase().includes('json')) return result
  return { ...result, error: { ...result.error, message: `${result.error.message} (content type ${type})` } }
}

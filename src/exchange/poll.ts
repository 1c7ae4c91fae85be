import type { SourceResult } from '../model/source-result.ts'
import { decodePollBody } from '../protocol/poll-body.ts'
import { advance } from '../selector/advance.ts'
import { withBasis } from '../selector/basis.ts'
import { type Selector, sameSelector } from '../selector/selector.ts'
import { ACCEPTED_ENCODINGS, drain, readText } from '../transport/body.ts'
import { classifyResponse } from '../transport/classify.ts'
import { getFollowing } from '../transport/redirects.ts'
import type { HttpHeaders, HttpResponse } from '../transport/transport.ts'
import { startAttempt } from './attempt.ts'
import type { Endpoint } from './endpoint.ts'
import { toResult } from './results.ts'

/** One poll: everything the answer says, in order, ending with it. A failure is a result. */
export type Poll = (basis: Selector | undefined, signal: AbortSignal) => AsyncIterable<SourceResult>

/** An answer that was nothing but data and left its asker where it was: a 304 may stand for it the next time. */
interface Seen {
  readonly url: string
  readonly etag: string
}

const NOTHING_NEW: SourceResult = { type: 'changeSet', changeSet: { type: 'none' } }

/** Asks `/sdk/poll`. Remembers one ETag and no body. */
export function fdv2Poll(endpoint: Endpoint): Poll {
  const { transport, clock, silenceMs, maxBytes } = endpoint
  let seen: Seen | undefined

  return async function* poll(basis, signal) {
    const url = withBasis(endpoint.url, basis)
    const attempt = startAttempt(clock, silenceMs, signal)
    try {
      const headers = pollHeaders(endpoint.headers, seen?.url === url ? seen.etag : undefined)
      const response = await getFollowing(transport, { url, headers, signal: attempt.signal })
      if (response.status === 304 && headers['if-none-match']) {
        await drain(response)
        return yield NOTHING_NEW
      }
      if (response.status !== 200) return yield classifyResponse(response, clock.now())

      const text = yield* readText({ ...response, body: attempt.watch(response.body) }, maxBytes)
      let selector = basis
      let trusted = true
      for (const decoded of decodePollBody(text)) {
        const result = toResult(decoded)
        if (!result) continue
        if (result.type === 'changeSet') selector = advance(selector, result.changeSet)
        else trusted = false
        yield withContentType(result, response)
      }
      const { etag } = response.headers
      seen = etag && basis && trusted && sameSelector(selector, basis) ? { url, etag } : undefined
    } catch (error) {
      if (!signal.aborted) yield attempt.explain(error)
    } finally {
      attempt.end()
    }
  }
}

function pollHeaders(headers: HttpHeaders, etag: string | undefined): HttpHeaders {
  const common = { ...headers, accept: 'application/json', 'accept-encoding': ACCEPTED_ENCODINGS }
  return etag ? { ...common, 'if-none-match': etag } : common
}

/** A page of HTML in place of data is best explained by what it says it is. */
function withContentType(result: SourceResult, { headers }: HttpResponse): SourceResult {
  const type = headers['content-type']
  if (result.type !== 'interrupted' || !type || type.toLowerCase().includes('json')) return result
  return { ...result, error: { ...result.error, message: `${result.error.message} (content type ${type})` } }
}

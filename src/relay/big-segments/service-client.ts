import type { Clock } from '../../async/clock.ts'
import type { Timings } from '../../datasystem/parts.ts'
import { startAttempt } from '../../exchange/endpoint.ts'
import type { BigSegmentPatch } from '../../model/big-segment-patch.ts'
import { ACCEPTED_ENCODINGS, plainBody, readText } from '../../transport/body.ts'
import { classifyFailure, classifyResponse } from '../../transport/classify.ts'
import { getFollowing } from '../../transport/redirects.ts'
import { sseBatches } from '../../transport/sse.ts'
import type { HttpHeaders, HttpResponse, Transport } from '../../transport/transport.ts'
import { parsePatches } from './parse-patches.ts'
import { type BigSegmentService, ServiceError } from './service.ts'

export interface ServiceOptions {
  readonly transport: Transport
  readonly clock: Clock
  readonly timings: Pick<Timings, 'pollSilenceMs' | 'firstDataMs' | 'streamHeadersMs' | 'streamSilenceMs'>
  readonly endpoints: { readonly polling: string; readonly streaming: string }
  /** Returns the headers of a request, with the SDK key of that moment. */
  readonly headers: () => HttpHeaders
}

const BIG_SEGMENT_PATHS = { poll: '/sdk/big-segments/revisions', stream: '/big-segments' } as const

/** Maximum size of an answer or of an event, in bytes: patches with about 1.4 million members. */
const MAX_BYTES = 64 * 2 ** 20

const NOT_FOUND_HINT = 'the service may not offer big segments'

/** Returns the source of patches at LaunchDarkly, or at a service with the same addresses. */
export function bigSegmentService(options: ServiceOptions): BigSegmentService {
  const { transport, clock, timings, endpoints } = options

  const accepted = async (url: string, headers: HttpHeaders, signal: AbortSignal): Promise<HttpResponse> => {
    const response = await getFollowing(transport, {
      url,
      headers: { ...options.headers(), ...headers },
      signal,
    })
    if (response.status === 200) return response
    const { type, error } = classifyResponse(response, clock.now(), { url, notFoundHint: NOT_FOUND_HINT })
    throw new ServiceError(
      type === 'terminalError' ? 'permanent' : 'temporary',
      error.message,
      error.retryAfterMs,
    )
  }

  return {
    async patchesAfter(version, parent) {
      const { pollSilenceMs, firstDataMs } = timings
      const attempt = startAttempt(clock, pollSilenceMs, parent)
      const disarm = clock.after(firstDataMs, () =>
        attempt.abandon(`no complete answer within ${firstDataMs / 1_000} s`),
      )
      try {
        const query = version ? `?after=${encodeURIComponent(version)}` : ''
        const url = join(endpoints.polling, BIG_SEGMENT_PATHS.poll) + query
        const headers = { accept: 'application/json', 'accept-encoding': ACCEPTED_ENCODINGS }
        const response = await accepted(url, headers, attempt.signal)
        const body = attempt.watch(response.body)
        const text = await textOf({ ...response, body })
        // A transport can end a body without an error when its signal aborts.
        attempt.signal.throwIfAborted()
        return parsePatches(text)
      } catch (error) {
        throw toServiceError(error, attempt.signal)
      } finally {
        disarm()
        attempt.end()
      }
    },

    async open(parent) {
      const { streamHeadersMs, streamSilenceMs } = timings
      const attempt = startAttempt(clock, streamSilenceMs, parent)
      const disarm = clock.after(streamHeadersMs, () =>
        attempt.abandon(`no answer within ${streamHeadersMs / 1_000} s`),
      )
      try {
        const url = join(endpoints.streaming, BIG_SEGMENT_PATHS.stream)
        const headers = { accept: 'text/event-stream', 'cache-control': 'no-cache' }
        const response = await accepted(url, headers, attempt.signal)
        // The caller may abandon the stream before it reads.
        attempt.signal.addEventListener('abort', attempt.end)
        return patchesOf(attempt.watch(plainBody(response)), attempt)
      } catch (error) {
        const failure = toServiceError(error, attempt.signal)
        attempt.end()
        throw failure
      } finally {
        disarm()
      }
    },
  }
}

async function* patchesOf(
  bytes: AsyncIterable<Uint8Array>,
  attempt: ReturnType<typeof startAttempt>,
): AsyncGenerator<readonly BigSegmentPatch[], void, undefined> {
  try {
    for await (const { events } of sseBatches(bytes, MAX_BYTES)) {
      for (const { data } of events) yield parsePatches(data)
    }
    attempt.signal.throwIfAborted()
    throw new ServiceError('temporary', 'the service ended the stream')
  } catch (error) {
    throw toServiceError(error, attempt.signal)
  } finally {
    attempt.end()
  }
}

async function textOf(response: HttpResponse): Promise<string> {
  const reading = readText(response, MAX_BYTES)
  for (;;) {
    const { done, value } = await reading.next()
    if (done) return value
  }
}

/** The reason of an abort is more precise than the error with which a transport reports it. */
function toServiceError(failure: unknown, signal: AbortSignal): ServiceError {
  const cause: unknown = signal.aborted ? signal.reason : failure
  if (cause instanceof ServiceError) return cause
  const { type, error } = classifyFailure(cause)
  return new ServiceError(type === 'terminalError' ? 'permanent' : 'temporary', error.message)
}

function join(base: string, path: string): string {
  return base.replace(/\/+$/, '') + path
}

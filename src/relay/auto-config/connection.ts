import type { Clock } from '../../async/clock.ts'
import { startAttempt } from '../../exchange/endpoint.ts'
import type { SourceError } from '../../model/source-result.ts'
import { plainBody } from '../../transport/body.ts'
import { classifyFailure, classifyResponse, interrupted } from '../../transport/classify.ts'
import { getFollowing } from '../../transport/redirects.ts'
import { type SseEvent, sseBatches } from '../../transport/sse.ts'
import type { HttpHeaders, Transport } from '../../transport/transport.ts'

export interface ConnectionOptions {
  readonly transport: Transport
  readonly clock: Clock
  readonly url: string
  readonly headers: HttpHeaders
}

/** Longest wait for the headers of the answer, in milliseconds. */
const HEADERS_MS = 15_000

/** Longest wait for a byte, in milliseconds. The service sends a heartbeat every 3 min. */
const SILENCE_MS = 300_000

/** Maximum size of an event, which is more than 10,000 environments need. */
const MAX_EVENT_BYTES = 64 * 2 ** 20

/**
 * Opens the stream once and yields its events. Returns the reason of its end, or `undefined` if the signal aborted. Never rejects.
 */
export async function* openStream(
  { transport, clock, url, headers: common }: ConnectionOptions,
  signal: AbortSignal,
): AsyncGenerator<SseEvent, SourceError | undefined, undefined> {
  const attempt = startAttempt(clock, SILENCE_MS, signal)
  const disarm = clock.after(HEADERS_MS, () => attempt.abandon(`no answer within ${HEADERS_MS / 1_000} s`))
  const headers = { ...common, accept: 'text/event-stream', 'cache-control': 'no-cache' }
  try {
    const response = await getFollowing(transport, { url, headers, signal: attempt.signal })
    disarm()
    if (response.status !== 200) {
      const request = { url, credential: 'automatic configuration key' }
      return classifyResponse(response, clock.now(), request).error
    }
    for await (const { events } of sseBatches(attempt.watch(plainBody(response)), MAX_EVENT_BYTES))
      yield* events
    // A transport can end a body without an error when its signal aborts.
    attempt.signal.throwIfAborted()
    return interrupted('network_error', 'the server ended the stream').error
  } catch (error) {
    if (signal.aborted) return undefined
    return classifyFailure(attempt.signal.aborted ? attempt.signal.reason : error).error
  } finally {
    disarm()
    attempt.end()
  }
}

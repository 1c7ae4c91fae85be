import type { SourceResult } from '../model/source-result.ts'
import { Decoder } from '../protocol/decoder.ts'
import { withBasis } from '../selector/basis.ts'
import type { Selector } from '../selector/selector.ts'
import { classifyResponse, interrupted } from '../transport/classify.ts'
import { getFollowing } from '../transport/redirects.ts'
import { type SseBatch, sseBatches } from '../transport/sse.ts'
import { startAttempt } from './attempt.ts'
import type { Endpoint } from './endpoint.ts'
import { toResult } from './results.ts'

/**
 * One connection: everything it says, in order. Unless it was cut by the signal, its last result says why it
 * ended: `interrupted`, `goodbye` or `terminalError`.
 */
export type Connect = (basis: Selector | undefined, signal: AbortSignal) => AsyncIterable<SourceResult>

const HEARTBEAT: SourceResult = { type: 'activity', of: 'heartbeat' }
const PAYLOAD: SourceResult = { type: 'activity', of: 'payload' }

/** Connects to `/sdk/stream`. Each connection decodes from scratch. */
export function fdv2Stream(endpoint: Endpoint): Connect {
  const { transport, clock, silenceMs, maxBytes } = endpoint
  const headers = { ...endpoint.headers, accept: 'text/event-stream', 'cache-control': 'no-cache' }

  return async function* connect(basis, signal) {
    const attempt = startAttempt(clock, silenceMs, signal)
    const decoder = new Decoder()
    try {
      const request = { url: withBasis(endpoint.url, basis), headers, signal: attempt.signal }
      const response = await getFollowing(transport, request)
      if (response.status !== 200) return yield classifyResponse(response, clock.now())
      const type = response.headers['content-type'] ?? 'text/event-stream'
      if (!type.toLowerCase().includes('text/event-stream')) {
        return yield interrupted('invalid_data', `content type ${type} where an event stream is wanted`)
      }
      for await (const batch of sseBatches(attempt.watch(response.body), maxBytes)) {
        let spoken = false
        for (const { event, data } of batch.events) {
          const result = toResult(decoder.decodeText(event, data))
          if (!result) continue
          yield result
          if (result.type === 'interrupted' || result.type === 'goodbye') return
          spoken = true
        }
        if (!spoken) yield isProgress(batch, decoder) ? PAYLOAD : HEARTBEAT
      }
      yield interrupted('network_error', 'the server ended the stream')
    } catch (error) {
      if (!signal.aborted) yield attempt.explain(error)
    } finally {
      attempt.end()
    }
  }
}

/** Bytes of an unfinished payload are progress; comments and heartbeats in the midst of one are not (D4). */
function isProgress(batch: SseBatch, decoder: Decoder): boolean {
  return (
    decoder.transferring &&
    (batch.comments === 0 || batch.events.some(({ event }) => event.endsWith('-object')))
  )
}

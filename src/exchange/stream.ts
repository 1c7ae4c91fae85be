import { onWake } from '../async/freeze-detection.ts'
import type { ItemLookup } from '../model/change-set.ts'
import type { Directive, SourceResult } from '../model/source-result.ts'
import { type Decoded, Decoder } from '../protocol/decoder.ts'
import { isEventName } from '../protocol/events.ts'
import { Fdv1Decoder } from '../protocol/fdv1.ts'
import { advance } from '../selector/advance.ts'
import type { Selector } from '../selector/selector.ts'
import { plainBody } from '../transport/body.ts'
import { classifyResponse, interrupted } from '../transport/classify.ts'
import { getFollowing, RedirectRefusedError } from '../transport/redirects.ts'
import { type SseBatch, sseBatches } from '../transport/sse.ts'
import { type StreamEndpoint, startAttempt } from './endpoint.ts'
import {
  directed,
  FDV1_REQUEST,
  FDV2_REQUEST,
  HEARTBEAT,
  ofEnvironment,
  type RequestDialect,
  toResult,
} from './results.ts'
import { type StreamWatch, watchStream } from './stream-watch.ts'

/**
 * Opens one stream and yields its results, in order. Unless the signal aborts, the last result is the reason of the
 * end: `interrupted`, `goodbye` or `terminalError`. After a freeze of the process, a stream that cannot be checked ends
 * with a `goodbye` (S152). With `held`, the request accepts patches to the objects that it returns.
 */
export type Connect = (
  basis: Selector | undefined,
  signal: AbortSignal,
  held?: ItemLookup,
) => AsyncIterable<SourceResult>

interface EventDecoder {
  readonly transferring: boolean
  decodeText(event: string, text: string): Decoded
}

interface Dialect extends RequestDialect {
  /** Returns a new decoder for each connection, so that an incomplete payload does not continue on the next. */
  decoder(held: ItemLookup | undefined): EventDecoder
}

const FDV2: Dialect = {
  ...FDV2_REQUEST,
  decoder: (held) => new Decoder(held),
}

const FDV1: Dialect = {
  ...FDV1_REQUEST,
  decoder: () => new Fdv1Decoder(),
}

const FROZEN = 'the process was frozen; the connection may be dead'

const PAYLOAD: SourceResult = { type: 'activity', of: 'payload' }

export function fdv2Stream(endpoint: StreamEndpoint): Connect {
  return streamIn(FDV2, endpoint)
}

/** Returns a function that opens `/all`, which sends all data at the start of each connection. */
export function fdv1Stream(endpoint: StreamEndpoint): Connect {
  return streamIn(FDV1, endpoint)
}

function streamIn(dialect: Dialect, endpoint: StreamEndpoint): Connect {
  const { transport, clock, random, silenceMs, headersMs, maxBytes, eventMs, silenceCheck } = endpoint
  const common = { ...endpoint.headers, accept: 'text/event-stream', 'cache-control': 'no-cache' }

  return async function* connect(basis, signal, held) {
    const attempt = startAttempt(clock, silenceMs, signal)
    const giveUp = (): void => attempt.abandon(`no answer within ${headersMs / 1_000} s`)
    const disarm = clock.after(headersMs, giveUp)
    const decoder = dialect.decoder(held)
    let directive: Directive | undefined
    let reached = basis
    let watch: StreamWatch | undefined
    let wasFrozen = false
    // A stream that cannot be checked reconnects. Reconnects after a goodbye are spread at random.
    const spread = silenceCheck ? random : () => 0
    const undoWake = onWake({ clock, random: spread }, () => {
      if (watch?.verify() === 'checking') return
      wasFrozen = true
      attempt.abandon(FROZEN)
    })
    try {
      const url = dialect.urlAt(endpoint.url, basis)
      const headers = { ...common, ...dialect.requestHeaders(held) }
      const response = await getFollowing(transport, { url, headers, signal: attempt.signal })
      disarm()
      directive = dialect.directive(response.headers)
      if (response.status !== 200) {
        const { notFoundHint } = dialect
        const failure = classifyResponse(response, clock.now(), { url, notFoundHint })
        return yield directed(failure, directive)
      }
      const type = response.headers['content-type'] ?? 'text/event-stream'
      if (!type.toLowerCase().includes('text/event-stream')) {
        const message = `content type ${type} where an event stream is expected`
        return yield directed(interrupted('invalid_data', message), directive)
      }
      // Yielded at once, because no further result may follow.
      if (directive) yield directed(HEARTBEAT, directive)
      watch = watchStream({
        clock,
        random,
        eventMs,
        silenceCheck,
        headers: response.headers,
        reached: () => reached,
        signal: attempt.signal,
        abandon: attempt.abandon,
        onDirective: (received) => {
          directive = received
        },
      })
      for await (const batch of sseBatches(attempt.watch(plainBody(response)), maxBytes)) {
        watch.observe(batch)
        let hasResult = false
        for (const { event, data } of batch.events) {
          const result = toResult(decoder.decodeText(event, data))
          if (!result) continue
          if (result.type === 'changeSet') reached = advance(reached, result.changeSet)
          yield directed(ofEnvironment(result, response.headers), directive)
          if (result.type === 'interrupted' || result.type === 'goodbye') return
          hasResult = true
        }
        if (!hasResult) yield isProgress(batch, decoder) ? PAYLOAD : HEARTBEAT
      }
      // A transport can end a body without an error when its signal aborts.
      attempt.signal.throwIfAborted()
      yield directed(interrupted('network_error', 'the server ended the stream'), directive)
    } catch (error) {
      if (error instanceof RedirectRefusedError) directive = dialect.directive(error.headers)
      if (wasFrozen && !signal.aborted) yield directed({ type: 'goodbye', reason: FROZEN }, directive)
      else if (!signal.aborted) yield directed(attempt.explain(error), directive)
    } finally {
      disarm()
      undoWake()
      watch?.stop()
      attempt.end()
    }
  }
}

/** Recognizes progress (D4): bytes of an unfinished payload are progress, comments and heartbeats are not. */
function isProgress(batch: SseBatch, { transferring }: EventDecoder): boolean {
  const grows = batch.begun && batch.comments === 0
  return transferring && (grows || batch.events.some(({ event }) => isEventName(event)))
}

import { onWake } from '../async/freeze-detection.ts'
import type { ItemLookup } from '../model/change-set.ts'
import type { Directive, SourceResult } from '../model/source-result.ts'
import { type Decoded, Decoder } from '../protocol/decoder.ts'
import { directiveOf, isEventName } from '../protocol/events.ts'
import { Fdv1Decoder } from '../protocol/fdv1.ts'
import { advance } from '../selector/advance.ts'
import { withBasis } from '../selector/basis.ts'
import type { Selector } from '../selector/selector.ts'
import { plainBody } from '../transport/body.ts'
import { classifyResponse, interrupted } from '../transport/classify.ts'
import { getFollowing, RedirectRefusedError } from '../transport/redirects.ts'
import { type SseBatch, sseBatches } from '../transport/sse.ts'
import type { HttpHeaders } from '../transport/transport.ts'
import { type StreamEndpoint, startAttempt } from './endpoint.ts'
import { askingForPatches, directed, FDV2_NOT_FOUND, HEARTBEAT, ofEnvironment, toResult } from './results.ts'
import { type StreamWatch, watchStream } from './stream-watch.ts'

/**
 * One connection: everything it says, in order. Unless it was cut by the signal, its last result says why it
 * ended: `interrupted`, `goodbye` or `terminalError`. A process that wakes from a freeze says
 * goodbye itself to a connection that cannot be checked (S152). Given what is held at the basis, it asks for patches of it.
 */
export type Connect = (
  basis: Selector | undefined,
  signal: AbortSignal,
  held?: ItemLookup,
) => AsyncIterable<SourceResult>

/** Reads the events of one connection. */
interface EventDecoder {
  /** Whether a payload has begun and not ended. */
  readonly transferring: boolean
  decodeText(event: string, text: string): Decoded
}

/** What the versions of the protocol do differently. */
interface Dialect {
  urlAt(url: string, basis: Selector | undefined): string
  /** What is asked for besides. */
  asking(held: ItemLookup | undefined): HttpHeaders
  /** A new one for each connection: half a payload must not survive into the next. */
  decoder(held: ItemLookup | undefined): EventDecoder
  directive(headers: HttpHeaders): Directive | undefined
  /** What the error of a 404 says besides. */
  readonly notFoundHint?: string
}

const FDV2: Dialect = {
  urlAt: withBasis,
  asking: askingForPatches,
  decoder: (held) => new Decoder(held),
  directive: directiveOf,
  notFoundHint: FDV2_NOT_FOUND,
}

const FDV1: Dialect = {
  urlAt: (url) => url,
  asking: () => ({}),
  decoder: () => new Fdv1Decoder(),
  // The order to use FDv1, given by FDv1, is an echo.
  directive: () => undefined,
}

/** Why a connection is closed that nobody can vouch for. */
const FROZEN = 'the process was frozen; the connection may be dead'

const PAYLOAD: SourceResult = { type: 'activity', of: 'payload' }

/** Connects to `/sdk/stream`. */
export function fdv2Stream(endpoint: StreamEndpoint): Connect {
  return streamIn(FDV2, endpoint)
}

/** Connects to `/all`: everything at the start of each connection. */
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
    let isDoubted = false
    // A stream that cannot be checked reconnects, which the goodbye spreads.
    const spread = silenceCheck ? random : () => 0
    const undoWake = onWake({ clock, random: spread }, () => {
      if (watch?.doubt() === 'checking') return
      isDoubted = true
      attempt.abandon(FROZEN)
    })
    try {
      const url = dialect.urlAt(endpoint.url, basis)
      const headers = { ...common, ...dialect.asking(held) }
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
        const message = `content type ${type} where an event stream is wanted`
        return yield directed(interrupted('invalid_data', message), directive)
      }
      // Told at once, because nothing else may ever come.
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
        ordered: (order) => {
          directive = order
        },
      })
      for await (const batch of sseBatches(attempt.watch(plainBody(response)), maxBytes)) {
        watch.observe(batch)
        let spoken = false
        for (const { event, data } of batch.events) {
          const result = toResult(decoder.decodeText(event, data))
          if (!result) continue
          if (result.type === 'changeSet') reached = advance(reached, result.changeSet)
          yield directed(ofEnvironment(result, response.headers), directive)
          if (result.type === 'interrupted' || result.type === 'goodbye') return
          spoken = true
        }
        if (!spoken) yield isProgress(batch, decoder) ? PAYLOAD : HEARTBEAT
      }
      // A transport may end a body quietly when it is told to stop.
      attempt.signal.throwIfAborted()
      yield directed(interrupted('network_error', 'the server ended the stream'), directive)
    } catch (error) {
      if (error instanceof RedirectRefusedError) directive = dialect.directive(error.headers)
      if (isDoubted && !signal.aborted) yield directed({ type: 'goodbye', reason: FROZEN }, directive)
      else if (!signal.aborted) yield directed(attempt.explain(error), directive)
    } finally {
      disarm()
      undoWake()
      watch?.stop()
      attempt.end()
    }
  }
}

/** Bytes of an unfinished payload are progress; comments and heartbeats in the midst of one are not (D4). */
function isProgress(batch: SseBatch, { transferring }: EventDecoder): boolean {
  const grows = batch.begun && batch.comments === 0
  return transferring && (grows || batch.events.some(({ event }) => isEventName(event)))
}

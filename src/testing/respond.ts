import type { Clock } from '../async/clock.ts'
import type { Directive } from '../model/source-result.ts'
import type { Failure, FailureOf, Interruption } from './failure.ts'
import { Outgoing, slowly } from './outgoing.ts'
import type { Responder } from './responder.ts'

/** A request to a scripted path, and how the path answers if nothing fails. */
export interface ScriptedExchange {
  readonly responder: Responder
  readonly basis: string | undefined
  /** Aborts when the client has closed the connection. */
  readonly client: AbortSignal
  readonly clock: Clock
  /** Called with a stream that sends changes from now on. */
  readonly onFollowing: (outgoing: Outgoing) => void
}

/** Returns the response to a request with the given failure. */
export async function respond(failure: Failure, exchange: ScriptedExchange): Promise<Response> {
  const { responder, clock, client } = exchange
  switch (failure.type) {
    case 'not':
      return responseOf(responder, begin(exchange))
    case 'status':
      return new Response(null, { status: failure.status, headers: failure.headers })
    case 'body':
      return new Response(failure.body, { headers: { 'content-type': failure.contentType } })
    case 'unreachable':
      return Response.error()
    case 'hang':
      await abortOf(client)
      return Response.error()
    case 'cutAt': {
      const outgoing = new Outgoing(client)
      cutPayload(outgoing, responder, failure)
      return responseOf(responder, outgoing)
    }
    case 'slow': {
      const outgoing = begin(exchange)
      const pieces = slowly(outgoing.pieces(), failure, { clock, signal: outgoing.clientGone })
      return responseOf(responder, outgoing, { pieces })
    }
    case 'goodbye': {
      const outgoing = new Outgoing(client)
      sendGoodbye(outgoing, responder, failure)
      return responseOf(responder, outgoing)
    }
    case 'directive':
      return responseOf(responder, begin(exchange), { headers: directiveHeaders(failure.directive) })
    default:
      return failure satisfies never
  }
}

/** Applies a failure to an open stream. */
export function interrupt(outgoing: Outgoing, responder: Responder, failure: Interruption): void {
  switch (failure.type) {
    case 'hang':
      outgoing.silence()
      break
    case 'cutAt':
      cutPayload(outgoing, responder, failure)
      break
    case 'goodbye':
      sendGoodbye(outgoing, responder, failure)
      break
    default:
      failure satisfies never
  }
}

function cutPayload(outgoing: Outgoing, responder: Responder, { bytes }: FailureOf<'cutAt'>): void {
  outgoing.write(responder.initial(undefined).subarray(0, bytes))
  outgoing.cut()
}

function sendGoodbye(outgoing: Outgoing, responder: Responder, failure: FailureOf<'goodbye'>): void {
  outgoing.write(responder.goodbye(failure))
  outgoing.end()
}

function begin({ responder, basis, client, onFollowing }: ScriptedExchange): Outgoing {
  const outgoing = new Outgoing(client)
  outgoing.write(responder.initial(basis))
  switch (responder.type) {
    case 'poll':
      outgoing.end()
      break
    case 'stream':
      outgoing.onEnd(responder.follow((bytes) => outgoing.write(bytes)))
      onFollowing(outgoing)
      break
    default:
      responder satisfies never
  }
  return outgoing
}

interface ResponseParts {
  readonly pieces?: AsyncIterable<Uint8Array>
  readonly headers?: Readonly<Record<string, string>>
}

function responseOf({ contentType }: Responder, outgoing: Outgoing, parts: ResponseParts = {}): Response {
  const { pieces = outgoing.pieces(), headers } = parts
  return new Response(outgoing.body(pieces), {
    // Without the chunked encoding, msw cannot tell a broken connection from one that ended.
    headers: { 'content-type': contentType, 'transfer-encoding': 'chunked', ...headers },
  })
}

function directiveHeaders({ ttlSeconds }: Directive): Record<string, string> {
  const ttl = ttlSeconds === undefined ? {} : { 'x-ld-fd-fallback-ttl': String(ttlSeconds) }
  return { 'x-ld-fd-fallback': 'true', ...ttl }
}

function abortOf(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

import type { Clock } from '../async/clock.ts'
import type { Directive } from '../model/source-result.ts'
import type { Failure, Interruption, Of } from './failure.ts'
import { Outgoing, slowly } from './outgoing.ts'
import type { Responder } from './voice.ts'

export interface Asked {
  readonly voice: Responder
  readonly basis: string | undefined
  /** Aborts when the client is gone. */
  readonly left: AbortSignal
  readonly clock: Clock
  /** Told of a stream that follows the data from now on. */
  readonly onFollowing: (outgoing: Outgoing) => void
}

/** What goes out in answer to a request, if it fails like this. */
export async function respond(failure: Failure, asked: Asked): Promise<Response> {
  const { voice, clock, left } = asked
  switch (failure.type) {
    case 'not':
      return speak(voice, begin(asked))
    case 'status':
      return new Response(null, { status: failure.status, headers: failure.headers })
    case 'body':
      return new Response(failure.body, { headers: { 'content-type': failure.contentType } })
    case 'unreachable':
      return Response.error()
    case 'hang':
      await abortOf(left)
      return Response.error()
    case 'cutAt': {
      const outgoing = new Outgoing(left)
      breakOff(outgoing, voice, failure)
      return speak(voice, outgoing)
    }
    case 'slow': {
      const outgoing = begin(asked)
      const pieces = slowly(outgoing.pieces(), failure, { clock, signal: outgoing.gone })
      return speak(voice, outgoing, { pieces })
    }
    case 'goodbye': {
      const outgoing = new Outgoing(left)
      takeLeave(outgoing, voice, failure)
      return speak(voice, outgoing)
    }
    case 'directive':
      return speak(voice, begin(asked), { headers: orderOf(failure.directive) })
    default:
      return failure satisfies never
  }
}

/** What happens to a stream that is open. */
export function interrupt(outgoing: Outgoing, voice: Responder, failure: Interruption): void {
  switch (failure.type) {
    case 'hang':
      outgoing.mute()
      break
    case 'cutAt':
      breakOff(outgoing, voice, failure)
      break
    case 'goodbye':
      takeLeave(outgoing, voice, failure)
      break
    default:
      failure satisfies never
  }
}

function breakOff(outgoing: Outgoing, voice: Responder, { bytes }: Of<'cutAt'>): void {
  outgoing.say(voice.opening(undefined).subarray(0, bytes))
  outgoing.cut()
}

function takeLeave(outgoing: Outgoing, voice: Responder, failure: Of<'goodbye'>): void {
  outgoing.say(voice.goodbye(failure))
  outgoing.end()
}

function begin({ voice, basis, left, onFollowing }: Asked): Outgoing {
  const outgoing = new Outgoing(left)
  outgoing.say(voice.opening(basis))
  switch (voice.type) {
    case 'poll':
      outgoing.end()
      break
    case 'stream':
      outgoing.whenOver(voice.follow((bytes) => outgoing.say(bytes)))
      onFollowing(outgoing)
      break
    default:
      voice satisfies never
  }
  return outgoing
}

interface Manner {
  readonly pieces?: AsyncIterable<Uint8Array>
  readonly headers?: Readonly<Record<string, string>>
}

function speak({ contentType }: Responder, outgoing: Outgoing, manner: Manner = {}): Response {
  const { pieces = outgoing.pieces(), headers } = manner
  return new Response(outgoing.body(pieces), {
    // Where the length of a body is left open, a connection that breaks looks to msw like one that ends.
    headers: { 'content-type': contentType, 'transfer-encoding': 'chunked', ...headers },
  })
}

function orderOf({ ttlSeconds }: Directive): Record<string, string> {
  const ttl = ttlSeconds === undefined ? {} : { 'x-ld-fd-fallback-ttl': String(ttlSeconds) }
  return { 'x-ld-fd-fallback': 'true', ...ttl }
}

function abortOf(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

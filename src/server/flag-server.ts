import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Clock, Undo } from '../async/clock.ts'
import type { AppliedChangeSet, Sink } from '../model/change-set.ts'
import { goodbyeEvent } from '../protocol/encoder.ts'
import { ACCEPT_HEADER, type EventName, HEARTBEAT_HEADER, PATHS } from '../protocol/events.ts'
import { Admission, admit } from './admission.ts'
import { type ChangeSetAnswer, type Encoding, frameOf, toStreamBytes } from './answer.ts'
import { type EventFeed, type StreamSettings, serveEvents } from './event-stream.ts'
import type { HistoryLimits } from './history.ts'
import { Publication } from './publication.ts'
import { type RequestTarget, readRequestTarget } from './request-target.ts'
import { authorized, isCurrent, refuse, respondWithJson } from './respond.ts'
import type { PeerHistory } from './shared-history.ts'
import { TrafficCounter } from './traffic.ts'

export interface FlagServerOptions {
  readonly clock: Clock
  /** The key clients must present; without one everybody is served. */
  readonly sdkKey?: string
  /** How often an idle stream shows a sign of life. Default 30,000. */
  readonly heartbeatMs?: number
  /** How long a client may take nothing of what it was sent before it is cut. Default 30,000. */
  readonly stallMs?: number
  /** How long each stream may last, milliseconds. Default: as long as its client likes. */
  readonly lifetimeMs?: () => number
  /** How far back a client may resume. */
  readonly history?: HistoryLimits
  /** Remembered by other servers of the same data. */
  readonly peerHistory?: PeerHistory
  /** Who may be sent everything, and when; shared with other servers of the process. */
  readonly admission?: Admission
  readonly traffic?: TrafficCounter
  /** Hears what differs from what was published before; everything, where there was nothing. */
  readonly onDifference?: (changeSet: AppliedChangeSet) => void
  /** Hears of a request that failed for a reason of ours. */
  readonly onError: (error: unknown) => void
}

/** Serves one environment over FDv2; told of data through {@link Sink.accept}. */
export interface FlagServer extends Sink {
  /** For `http.createServer`. */
  readonly handler: RequestListener
  /** Answers a request whose target is parsed already; for the paths `/sdk/poll` and `/sdk/stream` of a larger server. */
  answer(target: RequestTarget, request: IncomingMessage, response: ServerResponse): Promise<void>
  /** Streams open at the moment. */
  readonly clients: number
  /** Says goodbye on every stream, resolves when all have ended. Further requests are answered 503. */
  close(): Promise<void>
}

/** An FDv2 service on `node:http` types. Answers 503 until the first data is accepted. */
export function createFlagServer(options: FlagServerOptions): FlagServer {
  const { clock, sdkKey, heartbeatMs = 30_000, stallMs = 30_000, peerHistory, onError } = options
  const { admission = new Admission(), traffic = new TrafficCounter() } = options
  const publication = new Publication({
    ...options,
    onStep: (step) => peerHistory?.append(step),
    onDifference: (changeSet) => options.onDifference?.(changeSet),
  })
  const closing = new AbortController()
  const settings: StreamSettings = {
    clock,
    heartbeatMs,
    stallMs,
    lifetimeMs: options.lifetimeMs ?? (() => Infinity),
    closing: closing.signal,
    onStall: () => traffic.add({ cut: 1 }),
  }
  const streams = new Set<Promise<void>>()

  const answerTo = async (basis: string): Promise<ChangeSetAnswer | undefined> =>
    publication.answerFrom(basis) ??
    (peerHistory && basis !== '' ? publication.answerFrom(basis, await peerHistory.steps()) : undefined) ??
    publication.answer(basis)

  const poll = async (
    answer: ChangeSetAnswer,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    const words = encodingOf(request)
    const body = {
      etag: answer.etag,
      bytes: answer.poll(words),
      gzipped: () => answer.gzippedPoll(words),
      vary: ACCEPT_HEADER,
    }
    const bytes = await respondWithJson(body, request, response, settings)
    traffic.answered(bytes === 0 ? 'none' : answer.type, bytes, publication.size)
  }

  const stream = async (
    answer: ChangeSetAnswer,
    words: Encoding,
    response: ServerResponse,
    taken: Undo,
  ): Promise<void> => {
    const conversation = eventFeed(answer, { publication, traffic, words, taken })
    const served = serveEvents(response, conversation, settings, { [HEARTBEAT_HEADER]: heartbeatMs })
    streams.add(served)
    await served
    streams.delete(served)
  }

  const answerRequest = async (
    target: RequestTarget,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    const { path, query } = target
    if (path !== PATHS.poll && path !== PATHS.stream) return refuse(response, 404)
    if (request.method !== 'GET') return refuse(response, 405, { allow: 'GET' })
    if (!authorized(sdkKey, request.headers.authorization)) return refuse(response, 401)
    const isPoll = path === PATHS.poll
    const basis = new URLSearchParams(query).get('basis') ?? ''
    let answer = await answerTo(basis)
    let taken: Undo = () => {}
    if (answer?.type === 'full' && !(isPoll && isCurrent(answer, request))) {
      const leave = await admit(admission, response, traffic)
      if (!leave) return
      taken = leave
      // It may be old by now.
      answer = publication.answer(basis)
    }
    if (!answer || closing.signal.aborted) return refuse(response, 503, { 'retry-after': '1' })
    return isPoll ? poll(answer, request, response) : stream(answer, encodingOf(request), response, taken)
  }

  return {
    handler(request, response) {
      const target = readRequestTarget(request)
      if (!target) return refuse(response, 400)
      answerRequest(target, request, response).catch((error: unknown) => {
        onError(error)
        response.destroy()
      })
    },
    answer: answerRequest,
    accept: (applied) => publication.accept(applied),
    get clients() {
      return streams.size
    },
    async close() {
      closing.abort()
      await Promise.all(streams)
    },
  }
}

const PATCH: EventName = 'patch-object'

/** Patches only for who asked: an SDK of somebody else never sees one. */
function encodingOf({ headers }: IncomingMessage): Encoding {
  return headers[ACCEPT_HEADER] === PATCH ? 'patched' : 'whole'
}

interface EventFeedOptions {
  readonly publication: Publication
  readonly traffic: TrafficCounter
  /** Which the client understands. */
  readonly words: Encoding
  /** Called once the client has taken the first answer; perhaps more than once. */
  readonly taken: Undo
}

/** What a stream of FDv2 says: the first answer, then whatever leads from where the client stands to the present. */
function eventFeed(
  first: ChangeSetAnswer,
  { publication, traffic, words, taken }: EventFeedOptions,
): EventFeed {
  let told: ChangeSetAnswer | undefined
  return {
    next() {
      if (told) taken()
      const answer = told ? after(told, publication) : first
      if (!answer) return undefined
      told = answer
      const bytes = answer.stream(words)
      traffic.answered(answer.type, bytes.length, publication.size)
      return bytes
    },
    subscribe: (ring) => publication.subscribe(ring),
    goodbye: (reason) => toStreamBytes([frameOf(goodbyeEvent(reason))]),
  }
}

/** Nothing to say to a client that stands at the present, or beyond it. */
function after({ target, known }: ChangeSetAnswer, publication: Publication): ChangeSetAnswer | undefined {
  if (publication.target === target) return undefined
  const answer = publication.answerFrom(target.state, known) ?? publication.answer(target.state)
  return answer?.type === 'none' ? undefined : answer
}

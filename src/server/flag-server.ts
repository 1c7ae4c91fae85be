import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Clock, Undo } from '../async/clock.ts'
import type { AppliedChangeSet, Sink } from '../model/change-set.ts'
import { goodbyeEvent } from '../protocol/encoder.ts'
import { ACCEPT_HEADER, type EventName, HEARTBEAT_HEADER, PATHS } from '../protocol/events.ts'
import { canReturn } from '../selector/content-names.ts'
import type { Selector } from '../selector/selector.ts'
import { Admission, admit } from './admission.ts'
import { type ChangeSetAnswer, type Encoding, frameOf, toStreamBytes } from './answer.ts'
import { type EventFeed, type StreamSettings, serveEvents } from './event-stream.ts'
import type { HistoryLimits } from './history.ts'
import { Publication } from './publication.ts'
import { readRequestTarget, type ServedRequest } from './request-target.ts'
import { authorized, isCurrent, refuse, respondWithJson } from './respond.ts'
import type { PeerHistory } from './shared-history.ts'
import { TrafficCounter } from './traffic.ts'

export interface FlagServerOptions {
  readonly clock: Clock
  /** The key that clients must send. Default: no key is required. */
  readonly sdkKey?: string
  readonly heartbeatMs?: number
  readonly stallMs?: number
  readonly lifetimeMs?: () => number
  readonly history?: HistoryLimits
  readonly peerHistory?: PeerHistory
  readonly admission?: Admission
  readonly traffic?: TrafficCounter
  readonly onDifference?: (changeSet: AppliedChangeSet) => void
  readonly onError: (error: unknown) => void
}

/** Serves one environment over FDv2. It receives its data through {@link Sink.accept}. */
export interface FlagServer extends Sink {
  readonly handler: RequestListener
  /**
   * Answers a request with a parsed target, for a server that also has other paths. Resolves when the answer is sent or its
   * stream has begun, so that an open stream holds nothing of its request in memory.
   */
  answer(request: ServedRequest): Promise<void>
  readonly clients: number
  /** The state of the data; undefined before the first data. The same object until it changes. */
  readonly selector: Selector | undefined
  /** Sends a goodbye on every stream and resolves when all have ended. Further requests are answered with 503. */
  close(): Promise<void>
}

/** Creates an FDv2 service for `node:http`. It answers 503 until the first data is accepted. */
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
    onStall: () => traffic.add({ stalledStreams: 1 }),
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
    const encoding = encodingOf(request)
    const body = {
      etag: answer.etag,
      bytes: answer.poll(encoding),
      gzipped: () => answer.gzippedPoll(encoding),
      vary: ACCEPT_HEADER,
    }
    const bytes = await respondWithJson(body, request, response, settings)
    traffic.recordAnswer(bytes === 0 ? 'none' : answer.type, bytes, publication.size)
  }

  const stream = (
    answer: ChangeSetAnswer,
    { request, response, expired }: ServedRequest,
    onFirstRead: Undo,
  ): void => {
    const feed = eventFeed(answer, { publication, traffic, encoding: encodingOf(request), onFirstRead })
    const headers = { [HEARTBEAT_HEADER]: heartbeatMs }
    const served = serveEvents(response, feed, settings, { headers, expired })
    streams.add(served)
    served.then(() => streams.delete(served), onError)
  }

  const answerRequest = async (served: ServedRequest): Promise<void> => {
    const { request, response } = served
    const { path, query } = served.target
    if (path !== PATHS.poll && path !== PATHS.stream) return refuse(response, 404)
    if (request.method !== 'GET') return refuse(response, 405, { allow: 'GET' })
    if (!authorized(sdkKey, request.headers.authorization)) return refuse(response, 401)
    const isPoll = path === PATHS.poll
    if (encodingOf(request) === 'patched') publication.keepPatches()
    const basis = basisOf(request, query)
    let answer = await answerTo(basis)
    let release: Undo = () => {}
    if (answer?.type === 'full' && !(isPoll && isCurrent(answer, request))) {
      const admitted = await admit(admission, response, traffic)
      if (!admitted) return
      release = admitted
      // The data may have changed during the wait.
      answer = publication.answer(basis)
    }
    if (!answer || closing.signal.aborted) return refuse(response, 503, { 'retry-after': '1' })
    return isPoll ? poll(answer, request, response) : stream(answer, served, release)
  }

  return {
    handler(request, response) {
      const target = readRequestTarget(request)
      if (!target) return refuse(response, 400)
      answerRequest({ target, request, response }).catch((error: unknown) => {
        onError(error)
        response.destroy()
      })
    },
    answer: answerRequest,
    accept: (applied) => publication.accept(applied),
    get clients() {
      return streams.size
    },
    get selector() {
      return publication.target
    },
    async close() {
      closing.abort()
      await Promise.all(streams)
    },
  }
}

/** Returns the state of the client. The id of the last event that a stream received is later than the basis of its URL. */
function basisOf({ headers }: IncomingMessage, query: string): string {
  const { 'last-event-id': id } = headers
  if (typeof id === 'string' && canReturn(id)) return id
  return new URLSearchParams(query).get('basis') ?? ''
}

const PATCH: EventName = 'patch-object'

/** Returns `patched` only if the client asked for patches, which official SDKs do not understand. */
function encodingOf({ headers }: IncomingMessage): Encoding {
  return headers[ACCEPT_HEADER] === PATCH ? 'patched' : 'whole'
}

interface EventFeedOptions {
  readonly publication: Publication
  readonly traffic: TrafficCounter
  readonly encoding: Encoding
  /** Called after the client has read the first answer. It may be called more than once. */
  readonly onFirstRead: Undo
}

/** Returns the events of one FDv2 stream: the first answer, then deltas (or full payloads) from the last answer to the current data. */
function eventFeed(
  first: ChangeSetAnswer,
  { publication, traffic, encoding, onFirstRead }: EventFeedOptions,
): EventFeed {
  let sent: ChangeSetAnswer | undefined
  return {
    next() {
      if (sent) onFirstRead()
      const answer = sent ? answerAfter(sent, publication) : first
      if (!answer) return undefined
      sent = answer
      const bytes = answer.stream(encoding)
      traffic.recordAnswer(answer.type, bytes.length, publication.size)
      return bytes
    },
    subscribe: (wake) => publication.subscribe(wake),
    goodbye: (reason) => toStreamBytes([frameOf(goodbyeEvent(reason))]),
  }
}

/** Returns the next answer to a client, or undefined if the client is up to date or ahead of this server. */
function answerAfter(
  { target, pathToClient }: ChangeSetAnswer,
  publication: Publication,
): ChangeSetAnswer | undefined {
  if (publication.target === target) return undefined
  const answer = publication.answerFrom(target.state, pathToClient) ?? publication.answer(target.state)
  return answer?.type === 'none' ? undefined : answer
}

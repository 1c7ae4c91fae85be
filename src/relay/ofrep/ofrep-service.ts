import { hash } from 'node:crypto'
import type { StreamSettings } from '../../server/event-stream.ts'
import { JsonBody } from '../../server/fdv1-answers.ts'
import { isCurrent, refuseWithJson, respondWithJson, type SharedBody } from '../../server/respond.ts'
import type { TrafficCounter } from '../../server/traffic.ts'
import type { ClientSide } from '../client-side/client-side.ts'
import { type AnswerSubject, EvaluationAnswer } from '../client-side/evaluation-answer.ts'
import { holdUnread } from '../client-side/evaluation-service.ts'
import type { ContextInput, EvaluatedFlag, Evaluations } from '../client-side/evaluations.ts'
import type { FlagForm } from '../client-side/flag-encoder.ts'
import { readContextText } from '../client-side/request-context.ts'
import { HASH_HEADER } from '../client-side/secure-mode.ts'
import { eventTokenOf } from '../credentials.ts'
import type { EvaluationCount } from '../events/flag-usage.ts'
import type { SdkRequest } from '../sdk-request.ts'
import type { ChangeStreams } from './change-streams.ts'
import { readOfrepContext } from './ofrep-context.ts'
import { refuseOfrep } from './refusal.ts'

export interface OfrepServiceOptions {
  readonly evaluations: Evaluations
  readonly shared: ClientSide
  readonly traffic: TrafficCounter
  readonly settings: StreamSettings
  readonly changes: Pick<ChangeStreams, 'reached'>
  /** The name of the request header with a context that takes precedence over the one in the body. Default: none. */
  readonly contextHeader: string | undefined
  /** Called for each flag that is evaluated by itself. The protocol has no events that report evaluations. */
  readonly onEvaluation: (evaluation: EvaluationCount) => void
}

const FORM: FlagForm = { protocol: 'ofrep', withReasons: true }

/** Sharing fewer characters costs more than it saves. */
const MIN_SHARED_LENGTH = 4_096

/** The path of the streams of changes. It is a part of the answers, which providers keep. */
const EVENTS_PATH = '/ofrep/v1/events'

/** Time without activity, in seconds, after which a provider closes its stream. The default of the protocol. */
const INACTIVITY_SECONDS = 120

/** Evaluates flags for clients of the OpenFeature Remote Evaluation Protocol. */
export class OfrepService {
  readonly #options: OfrepServiceOptions

  constructor(options: OfrepServiceOptions) {
    this.#options = options
  }

  /** Answers a request for one flag or for all flags. */
  async answer(sdkRequest: SdkRequest): Promise<void> {
    const { response, address, target } = sdkRequest
    const state = new URLSearchParams(target.query).get('flagConfigEtag')
    // Before the body is read, so that a request that waits takes little memory.
    if (state !== null && address.key === undefined) await this.#options.changes.reached(state)
    const text = await readContextText(sdkRequest, this.#options.shared.bodyLimit)
    if (text === undefined) return
    if (text.type === 'refused') return refuseOfrep(response, text, address.key)
    const input = this.#inputOf(sdkRequest, text.json)
    if (address.key === undefined) return this.#answerAll(sdkRequest, input)
    return this.#answerOne(sdkRequest, address.key, input)
  }

  async #answerAll(sdkRequest: SdkRequest, input: ContextInput): Promise<void> {
    const token = eventTokenOf(sdkRequest.credential)
    const answer = await this.#options.evaluations.all({
      ...input,
      sdkRequest,
      form: FORM,
      variant: `${token} `,
      build: (fragments, subject) => allFlagsAnswer(fragments, token, subject),
      isSent: (built) => !isCurrent(built, sdkRequest.request),
    })
    if (answer.type === 'refused') return refuseOfrep(sdkRequest.response, answer)
    return this.#send(sdkRequest, answer)
  }

  async #answerOne(sdkRequest: SdkRequest, key: string, input: ContextInput): Promise<void> {
    const { response, audience } = sdkRequest
    const { evaluations, onEvaluation } = this.#options
    const result = await evaluations.one({ ...input, sdkRequest, form: FORM, key })
    if (result.type === 'refused') return refuseOfrep(response, result, key)
    const status = statusOf(result)
    const variation = status === 404 ? 'unknown' : (result.evaluation.variationIndex ?? 'default')
    onEvaluation({ key, variation, count: 1, audience })
    if (status === 200) return this.#send(sdkRequest, this.#bodyOf(key, result))
    if (status === 404)
      return refuseWithJson(response, 404, {
        key,
        errorCode: 'FLAG_NOT_FOUND',
        errorDetails: 'the flag does not exist, or is not available to this kind of client',
      })
    refuseWithJson(response, status, JSON.parse(result.json) as object)
  }

  /** Large values are encoded, named and compressed once for all clients with the same result. */
  #bodyOf(key: string, { evaluation, revision, json }: EvaluatedFlag): SharedBody {
    if (json.length < MIN_SHARED_LENGTH) return new JsonBody(json)
    const { answers } = this.#options.shared
    const { variationIndex, reason } = evaluation
    const name = `${revision} flag ${JSON.stringify([key, variationIndex, reason])}`
    const known = answers.get(name)
    if (known) return known
    const subject = { canonicalKey: '', version: 1, onGrown: () => answers.measure(name) }
    const answer = new EvaluationAnswer({ ...subject, json, name: hash('sha256', json, 'base64url') })
    answers.set(name, answer)
    return answer
  }

  async #send({ request, response }: SdkRequest, body: SharedBody): Promise<void> {
    const { settings, shared, traffic } = this.#options
    const bytes = await respondWithJson(body, request, response, { ...settings, scope: 'private' })
    holdUnread(shared.unread, response, bytes)
    if (bytes > 0) traffic.add({ evaluations: 1, bytesSent: bytes })
    else traffic.recordAnswer('none', 0, body.bytes.length)
  }

  #inputOf({ request, target }: SdkRequest, body: string): ContextInput {
    const { contextHeader } = this.#options
    const { headers } = request
    const header = contextHeader === undefined ? undefined : headers[contextHeader.toLowerCase()]?.toString()
    const contextHash = new URLSearchParams(target.query).get('h') ?? headers[HASH_HEADER.toLowerCase()]
    return {
      text: header === undefined ? body : `${body}\n${header}`,
      contextHash: String(contextHash ?? ''),
      read: () => readOfrepContext({ body, header }),
    }
  }
}

function statusOf({ evaluation: { reason } }: EvaluatedFlag): number {
  if (reason.kind !== 'ERROR') return 200
  switch (reason.errorKind) {
    case 'FLAG_NOT_FOUND':
      return 404
    case 'MALFORMED_FLAG':
      return 400
    case 'CLIENT_NOT_READY':
    case 'USER_NOT_SPECIFIED':
    case 'WRONG_TYPE':
    case 'EXCEPTION':
      return 500
    default:
      return reason.errorKind satisfies never
  }
}

/** The URI has no origin, so that it is right behind a proxy, too. */
function allFlagsAnswer(
  fragments: readonly string[],
  token: string,
  subject: AnswerSubject,
): EvaluationAnswer {
  const endpoint = { requestUri: `${EVENTS_PATH}?token=${token}` }
  const streams = JSON.stringify([{ type: 'sse', endpoint, inactivityDelaySec: INACTIVITY_SECONDS }])
  const json = `{"flags":[${fragments.join()}],"eventStreams":${streams}}`
  return new EvaluationAnswer({ ...subject, json, name: hash('sha256', json, 'base64url') })
}

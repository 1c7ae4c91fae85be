import type { ServerResponse } from 'node:http'
import type { StreamSettings } from '../../server/event-stream.ts'
import { isCurrent, refuseWithMessage, respondWithJson } from '../../server/respond.ts'
import type { TrafficCounter } from '../../server/traffic.ts'
import type { SdkRequest } from '../sdk-request.ts'
import type { ClientSide } from './client-side.ts'
import { type EvaluationAnswer, fdv1Answer, fdv2Answer, upToDateBody } from './evaluation-answer.ts'
import type { Evaluations } from './evaluations.ts'
import type { FlagForm } from './flag-encoder.ts'
import type { ByteBudget } from './request-body.ts'
import { type ContextText, parseContext, type Refused, readContextText, statusOf } from './request-context.ts'

export interface EvaluationServiceOptions {
  readonly evaluations: Evaluations
  readonly traffic: TrafficCounter
  readonly settings: StreamSettings
  readonly shared: ClientSide
}

/** Serves the evaluated flags of one environment to clients that do not evaluate flags themselves, over FDv1 and FDv2. */
export class EvaluationService {
  readonly #options: EvaluationServiceOptions

  constructor(options: EvaluationServiceOptions) {
    this.#options = options
  }

  /** Answers a request for evaluated flags over FDv1 or FDv2. */
  async answer(sdkRequest: SdkRequest): Promise<void> {
    const { request, response, target } = sdkRequest
    const { shared, settings, traffic } = this.#options
    const text = await readContextText(sdkRequest, shared.bodyLimit)
    if (text === undefined) return
    const query = new URLSearchParams(target.query)
    const answer = text.type === 'text' ? await this.#answerTo(sdkRequest, query, text) : text
    if (answer.type === 'refused') return refuseWithMessage(response, statusOf(answer), answer.message)
    const body = query.get('basis') === answer.target.state ? upToDateBody(answer) : answer
    const bytes = await respondWithJson(body, request, response, { ...settings, scope: 'private' })
    holdUnread(shared.unread, response, bytes)
    if (bytes > 0 && body === answer) traffic.add({ evaluations: 1, bytesSent: bytes })
    else traffic.recordAnswer('none', bytes, answer.bytes.length)
  }

  #answerTo(
    sdkRequest: SdkRequest,
    query: URLSearchParams,
    text: ContextText,
  ): Promise<EvaluationAnswer | Refused> {
    const protocol = sdkRequest.address.service === 'evaluation' ? 'fdv1' : 'fdv2'
    const form: FlagForm = { protocol, withReasons: query.get('withReasons') === 'true' }
    return this.#options.evaluations.all({
      sdkRequest,
      form,
      variant: '',
      text: text.json,
      contextHash: query.get('h') ?? '',
      read: () => parseContext(text),
      build: protocol === 'fdv1' ? fdv1Answer : fdv2Answer,
      isSent: (answer) =>
        query.get('basis') !== answer.target.state && !isCurrent(answer, sdkRequest.request),
    })
  }
}

/** Counts an answer against the budget until a client that is slow has read it. */
export function holdUnread(budget: ByteBudget, response: ServerResponse, bytes: number): void {
  if (response.writableLength === 0 || response.destroyed) return
  budget.overdraw(bytes)
  response.once('close', () => budget.release(bytes))
}

import type { Clock } from '../../async/clock.ts'
import { withDeadline } from '../../async/signals.ts'
import { SDK_NAME, VERSION } from '../../config/request-headers.ts'
import { reasonOf } from '../../model/error-text.ts'
import { tryParse } from '../../model/json.ts'
import type { Logger } from '../../model/logger.ts'
import { WarnOnce } from '../../model/warn-once.ts'
import type { StreamSettings } from '../../server/event-stream.ts'
import { JsonBody } from '../../server/fdv1-answers.ts'
import { refuse, refuseWithMessage, respondWithJson } from '../../server/respond.ts'
import { ACCEPTED_ENCODINGS, readText } from '../../transport/body.ts'
import type { HttpResponse, Transport } from '../../transport/transport.ts'
import { type EnvironmentConfig, isFromFiles, type RelayConfig } from '../config/relay-config.ts'
import type { SdkRequest } from '../sdk-request.ts'
import { sharedLifetimeOf } from './cache-control.ts'

export interface GoalsOptions {
  /** Returns the address of the goals of the environment, or undefined in offline mode, in which there are none. */
  readonly url: () => string | undefined
  readonly transport: Transport
  readonly clock: Clock
  readonly logger: Logger
  readonly settings: StreamSettings
}

const TIMEOUT_MS = 10_000

/** Time after a failure during which the service is not asked again. */
const RETRY_MS = 5_000

const MAX_BODY_BYTES = 1_024 * 1_024

interface StoredGoals {
  readonly url: string
  readonly body: JsonBody
  /** The entity tag of the service. */
  readonly etag: string | undefined
  /** The time until which the answer need not be confirmed, on the monotonic clock. */
  readonly freshUntil: number
}

type GoalsAnswer =
  | { readonly type: 'goals'; readonly body: JsonBody; readonly maxAgeMs: number }
  /** The service has refused the request. */
  | { readonly type: 'refused'; readonly status: number }
  | { readonly type: 'failed' }

/** Passes the goals of an environment from the service to browsers. One stored answer serves all of them. */
export class Goals {
  readonly #options: GoalsOptions
  readonly #failures = new WarnOnce()
  #stored: StoredGoals | undefined
  #pending: Promise<GoalsAnswer> | undefined
  #retryAt = -Infinity

  constructor(options: GoalsOptions) {
    this.#options = options
  }

  async answer({ request, response }: SdkRequest): Promise<void> {
    const { settings } = this.#options
    const answer = await this.#current()
    if (response.destroyed) return
    if (answer.type === 'failed' && settings.closing.aborted)
      return refuse(response, 503, { 'retry-after': '1' })
    switch (answer.type) {
      case 'goals':
        await respondWithJson(answer.body, request, response, { ...settings, maxAgeMs: answer.maxAgeMs })
        return
      case 'refused':
        return refuse(response, answer.status)
      case 'failed':
        return refuseWithMessage(response, 502, 'the goals could not be requested from the service')
      default:
        answer satisfies never
    }
  }

  async #current(): Promise<GoalsAnswer> {
    const { clock } = this.#options
    const url = this.#options.url()
    if (url === undefined) return { type: 'goals', body: NO_GOALS, maxAgeMs: 0 }
    // A reload may have changed the client-side ID.
    if (this.#stored?.url !== url) this.#stored = undefined
    const stored = this.#stored
    const maxAgeMs = stored ? stored.freshUntil - clock.monotonic() : 0
    if (stored && maxAgeMs > 0) return { type: 'goals', body: stored.body, maxAgeMs }
    if (clock.monotonic() < this.#retryAt) return this.#afterFailure()
    this.#pending ??= this.#request(url).finally(() => {
      this.#pending = undefined
    })
    return this.#pending
  }

  async #request(url: string): Promise<GoalsAnswer> {
    const { clock, logger, settings } = this.#options
    try {
      const answer = await withDeadline(clock, TIMEOUT_MS, settings.closing, (signal) =>
        this.#exchange(url, signal),
      )
      this.#failures.reset()
      return answer
    } catch (error) {
      this.#retryAt = clock.monotonic() + RETRY_MS
      const consequence = this.#stored ? 'browsers receive the last ones' : 'browsers receive 502'
      if (this.#failures.isFirst() && !settings.closing.aborted)
        logger.warn(`goals: the request to ${url} failed: ${reasonOf(error)}; ${consequence}`)
      return this.#afterFailure()
    }
  }

  #afterFailure(): GoalsAnswer {
    return this.#stored ? { type: 'goals', body: this.#stored.body, maxAgeMs: 0 } : { type: 'failed' }
  }

  async #exchange(url: string, signal: AbortSignal): Promise<GoalsAnswer> {
    const { transport } = this.#options
    const stored = this.#stored
    const headers = {
      accept: 'application/json',
      'accept-encoding': ACCEPTED_ENCODINGS,
      'user-agent': `${SDK_NAME}/${VERSION}`,
      ...(stored?.etag !== undefined && { 'if-none-match': stored.etag }),
    }
    const response = await transport.request({ method: 'GET', url, headers, signal })
    const { status } = response
    if (status === 304 && stored) return this.#store(response, stored)
    if (status >= 400 && status < 500) return { type: 'refused', status }
    if (status !== 200) throw new Error(`status ${status}`)
    const text = await textOf(response)
    if (tryParse(text) === undefined) throw new Error('the answer is not JSON')
    return this.#store(response, { url, body: new JsonBody(text), etag: response.headers.etag })
  }

  #store({ headers }: HttpResponse, goals: Omit<StoredGoals, 'freshUntil'>): GoalsAnswer {
    const { url, body, etag } = goals
    const lifetimeMs = sharedLifetimeOf(headers)
    this.#stored =
      lifetimeMs === undefined
        ? undefined
        : { url, body, etag, freshUntil: this.#options.clock.monotonic() + lifetimeMs }
    return { type: 'goals', body, maxAgeMs: lifetimeMs ?? 0 }
  }
}

const NO_GOALS = new JsonBody('[]')

async function textOf(response: HttpResponse): Promise<string> {
  const reading = readText(response, MAX_BODY_BYTES)
  for (;;) {
    const { done, value } = await reading.next()
    if (done) return value
  }
}

/** LaunchDarkly's address of requests from browsers, other than those of flags and events. */
const CLIENT_SIDE_URL = 'https://clientsdk.launchdarkly.com'

/** Returns the address of the goals of an environment, or undefined in offline mode and if its flags come from files. */
export function goalsUrl(
  environment: EnvironmentConfig,
  { clientSideUrl, endpoints, offline }: Pick<RelayConfig, 'clientSideUrl' | 'endpoints' | 'offline'>,
): string | undefined {
  if (offline || isFromFiles(environment)) return undefined
  const base = clientSideUrl ?? endpoints.polling ?? CLIENT_SIDE_URL
  return `${base}/sdk/goals/${encodeURIComponent(environment.envId ?? '')}`
}

import { StoreError } from '../../model/errors.ts'
import { readText } from '../../transport/body.ts'
import { classifyFailure } from '../../transport/classify.ts'
import type { HttpResponse, MethodRequest, Requester } from '../../transport/transport.ts'
import { type Consistency, type ConsulSettings, pathOf } from './options.ts'

/** What Consul answered. */
export interface ConsulResponse {
  readonly status: number
  readonly text: string
  /** Where the key that was asked for stands, for the next query that waits; 0 where nothing is said. */
  readonly index: number
}

export interface ConsulRequest {
  readonly method: MethodRequest['method']
  /** Below `/v1/`, encoded. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: string
  /** Of the body: newer versions look at it. Default JSON. */
  readonly contentType?: string
  /** Answers that are no failure. Default: 200 alone. */
  readonly expected?: readonly number[]
}

/** As much as everything else that is read over HTTP may be. */
const MAX_BODY_BYTES = 512 * 1024 * 1024

/** Asks an agent. Rejects with a {@link StoreError}, as soon as the signal aborts too. */
export class ConsulClient {
  readonly #settings: ConsulSettings
  readonly #requester: Requester
  readonly #headers: Readonly<Record<string, string>>
  #closed = false

  constructor(settings: ConsulSettings, requester: Requester) {
    this.#settings = settings
    this.#requester = requester
    const { token } = settings
    this.#headers = { accept: 'application/json', ...(token !== undefined && { 'x-consul-token': token }) }
  }

  /** As people call it. */
  get name(): string {
    return `Consul at ${this.#settings.url}`
  }

  async request(ask: ConsulRequest, signal: AbortSignal): Promise<ConsulResponse> {
    const { method, path, query = {}, body, contentType = 'application/json', expected = [200] } = ask
    const { datacenter } = this.#settings
    const parameters = new URLSearchParams({ ...query, ...(datacenter !== undefined && { dc: datacenter }) })
    const url = `${this.#settings.url}/v1/${path}?${parameters}`
    try {
      if (this.#closed) throw new StoreError('unavailable', `${this.name} was closed`)
      signal.throwIfAborted()
      const headers = { ...this.#headers, ...(body !== undefined && { 'content-type': contentType }) }
      const request = { method, url, headers, signal, ...(body !== undefined && { body }) }
      const response = await this.#requester.request(request)
      const index = Number(response.headers['x-consul-index']) || 0
      const answer = { status: response.status, text: await readWhole(response), index }
      if (expected.includes(answer.status)) return answer
      throw unwanted(this.name, answer, this.#settings.token)
    } catch (error) {
      throw failed(this.name, error)
    }
  }

  /** Asks something about one key, or about all below one that ends in a slash. */
  requestKey(
    key: string,
    { query, ...ask }: Omit<ConsulRequest, 'path'>,
    signal: AbortSignal,
  ): Promise<ConsulResponse> {
    const { namespace } = this.#settings
    const named = { ...query, ...(namespace !== undefined && { ns: namespace }) }
    return this.request({ ...ask, path: `kv/${pathOf(key)}`, query: named }, signal)
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#requester.close()
  }
}

/** How a consistency is asked for. */
export function consistencyQuery(consistency: Consistency): Readonly<Record<string, string>> {
  return consistency === 'default' ? {} : { [consistency]: '' }
}

async function readWhole(response: HttpResponse): Promise<string> {
  const reading = readText(response, MAX_BODY_BYTES)
  let step = await reading.next()
  while (!step.done) step = await reading.next()
  return step.value
}

/** Longest part of an answer that is repeated. */
const LONGEST_REASON = 200

/** What an answer nobody wanted means. It is repeated, as Consul explains itself there; without a token. */
function unwanted(name: string, { status, text }: ConsulResponse, token: string | undefined): StoreError {
  const [line = ''] = text.trim().split('\n')
  const safe = token === undefined ? line : line.replaceAll(token, '***')
  const said = `${status}${safe && `: ${safe.slice(0, LONGEST_REASON)}`}`
  const isDenied = status === 401 || status === 403
  const hint = isDenied ? '; is the token right?' : ''
  const kind = mayPass(status) ? 'unavailable' : 'refused'
  return new StoreError(kind, `${name} answered ${said}${hint}`, isDenied ? { cause: DENIED } : {})
}

/** What a call that failed means. */
function failed(name: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error
  const failure = classifyFailure(error)
  // A certificate that is not believed, or something else that trying again does not mend.
  const kind = failure.type === 'terminalError' ? 'refused' : 'unavailable'
  return new StoreError(kind, `${name} does not answer: ${failure.error.message}`, { cause: error })
}

/** Consul does not let the token do something: told in so many words, or by leaving out what was asked for. */
export function deniedError(name: string, what: string): StoreError {
  return new StoreError('refused', `${name} does not allow: ${what}; is the token right?`, {
    cause: DENIED,
  })
}

/** The reason without the key that was asked for, because a reason is logged once. */
const DENIED = new Error('the token lacks a permission')

/** Without a leader a cluster answers 500, and so it does for much else. */
function mayPass(status: number): boolean {
  return status === 408 || status === 409 || status === 429 || status >= 500
}

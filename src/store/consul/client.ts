import { StoreError } from '../../model/errors.ts'
import { readText } from '../../transport/body.ts'
import { classifyFailure } from '../../transport/classify.ts'
import type { HttpRequest, HttpResponse, Transport } from '../../transport/transport.ts'
import { type ConsulConsistency, type ConsulSettings, pathOf } from './options.ts'

export interface ConsulResponse {
  readonly status: number
  readonly text: string
  /** Index of the requested key, for the next blocking query; 0 if the response has none. */
  readonly index: number
}

interface ConsulRequest {
  readonly method: HttpRequest['method']
  /** Path below `/v1/`, percent-encoded. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: string
  /** Content type of the body, which newer versions check. Default JSON. */
  readonly contentType?: string
  /** Status codes that are not failures. Default: only 200. */
  readonly expected?: readonly number[]
}

/** Maximum size of a response, as for all other HTTP responses. */
const MAX_BODY_BYTES = 512 * 1024 * 1024

/** Sends requests to an agent. Each rejects with a {@link StoreError}, at once if its signal aborts. */
export class ConsulClient {
  readonly #settings: ConsulSettings
  readonly #transport: Transport
  readonly #headers: Readonly<Record<string, string>>
  #closed = false

  constructor(settings: ConsulSettings, transport: Transport) {
    this.#settings = settings
    this.#transport = transport
    const { token } = settings
    this.#headers = { accept: 'application/json', ...(token !== undefined && { 'x-consul-token': token }) }
  }

  get name(): string {
    return `Consul at ${this.#settings.url}`
  }

  async request(ask: ConsulRequest, signal: AbortSignal): Promise<ConsulResponse> {
    const { method, path, query = {}, body, contentType = 'application/json', expected = [200] } = ask
    const { datacenter } = this.#settings
    const parameters = new URLSearchParams({ ...query, ...(datacenter !== undefined && { dc: datacenter }) })
    const url = `${this.#settings.url}/v1/${path}?${parameters}`
    try {
      if (this.#closed) throw new StoreError('unavailable', `${this.name}: the store is closed`)
      signal.throwIfAborted()
      const headers = { ...this.#headers, ...(body !== undefined && { 'content-type': contentType }) }
      const request = { method, url, headers, signal, ...(body !== undefined && { body }) }
      const response = await this.#transport.request(request)
      const index = Number(response.headers['x-consul-index']) || 0
      const answer = { status: response.status, text: await readWhole(response), index }
      if (expected.includes(answer.status)) return answer
      throw unwanted(this.name, answer, this.#settings.token)
    } catch (error) {
      throw failed(this.name, error)
    }
  }

  /** Sends a request about one key, or about all keys below one that ends with a slash. */
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
    await this.#transport.close()
  }
}

export function consistencyQuery(consistency: ConsulConsistency): Readonly<Record<string, string>> {
  return consistency === 'default' ? {} : { [consistency]: '' }
}

async function readWhole(response: HttpResponse): Promise<string> {
  const reading = readText(response, MAX_BODY_BYTES)
  let step = await reading.next()
  while (!step.done) step = await reading.next()
  return step.value
}

const MAX_REASON_LENGTH = 200

/**
 * Returns the error for an unexpected response. Repeats its first line, which contains Consul's explanation, without
 * the token.
 */
function unwanted(name: string, { status, text }: ConsulResponse, token: string | undefined): StoreError {
  const [line = ''] = text.trim().split('\n')
  const safe = token === undefined ? line : line.replaceAll(token, '***')
  const summary = `${status}${safe && `: ${safe.slice(0, MAX_REASON_LENGTH)}`}`
  const isDenied = status === 401 || status === 403
  const hint = isDenied ? '; check the token and its ACL policy' : ''
  const kind = mayPass(status) ? 'unavailable' : 'refused'
  return new StoreError(kind, `${name} responded with ${summary}${hint}`, isDenied ? { cause: DENIED } : {})
}

function failed(name: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error
  const failure = classifyFailure(error)
  // For example a certificate that cannot be verified, which a retry does not change.
  const kind = failure.type === 'terminalError' ? 'refused' : 'unavailable'
  return new StoreError(kind, `${name} does not answer: ${failure.error.message}`, { cause: error })
}

/**
 * Returns the error for a missing permission. Consul reports one with a message, or by omitting the requested keys.
 */
export function deniedError(name: string, what: string): StoreError {
  return new StoreError('refused', `${name} does not permit ${what}; check the token and its ACL policy`, {
    cause: DENIED,
  })
}

/** The reason does not name the key, so that the same reason is logged only once. */
const DENIED = new Error('the token lacks a permission')

/** Returns whether a retry may succeed. A cluster without a leader responds with 500, among other causes. */
function mayPass(status: number): boolean {
  return status === 408 || status === 409 || status === 429 || status >= 500
}

import { StoreError } from '../../model/errors.ts'
import { readText } from '../../transport/body.ts'
import type { HttpResponse, MethodRequest, Requester } from '../../transport/transport.ts'
import { pathOf } from './address.ts'
import { failed, unwanted } from './consul-errors.ts'
import type { Consistency, ConsulSettings } from './consul-options.ts'

/** What Consul answered. */
export interface Answer {
  readonly status: number
  readonly text: string
  /** Where the key that was asked for stands, for the next query that waits; 0 where nothing is said. */
  readonly index: number
}

export interface Ask {
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

  async ask(ask: Ask, signal: AbortSignal): Promise<Answer> {
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
  askKey(key: string, { query, ...ask }: Omit<Ask, 'path'>, signal: AbortSignal): Promise<Answer> {
    const { namespace } = this.#settings
    const named = { ...query, ...(namespace !== undefined && { ns: namespace }) }
    return this.ask({ ...ask, path: `kv/${pathOf(key)}`, query: named }, signal)
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

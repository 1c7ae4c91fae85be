import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { refuseUnknownNames } from '../options/unknown-names.ts'
import { type AutoConfigEnvironment, environmentRep } from './auto-config-rep.ts'

/** Options of a service for automatic configuration. */
export interface AutoConfigServiceOptions {
  /** The environments at the start. Default: none. */
  readonly environments?: readonly AutoConfigEnvironment[]
  /** The automatic configuration key that it accepts. Default `rel-test-key`. */
  readonly key?: string
  /** Answers all other requests, for example those for flags. Default: 404. */
  readonly otherwise?: RequestListener
  /** The port. Default: a free one. */
  readonly port?: number
}

/** A request for the stream as the service saw it. */
export interface AutoConfigRequest {
  /** Path and query. */
  readonly url: string
  /** The header `Authorization` of the request; `undefined` if it had none. */
  readonly authorization: string | undefined
}

/** A service for the automatic configuration of relays, on a port of this machine. */
export interface AutoConfigService extends AsyncDisposable {
  /** The base URL, for `streamUri`, and for `baseUri` if `otherwise` serves flags. */
  readonly url: string
  /** The automatic configuration key that it accepts. */
  readonly key: string
  /** All requests for the stream in their order, refused ones included. */
  readonly requests: readonly AutoConfigRequest[]
  /** The number of open streams. */
  readonly open: number
  /** Replaces all environments, and sends them all. */
  put(...environments: readonly AutoConfigEnvironment[]): void
  /** Adds or replaces one environment, and sends it. Each call raises its version. */
  patch(environment: AutoConfigEnvironment): void
  /** Removes an environment, and sends that. Throws if it is unknown. */
  delete(id: string): void
  /**
   * Replaces the SDK key of an environment. With `expiresAt`, in milliseconds since the Unix epoch, the old key stays valid until
   * then. Throws if the environment is unknown.
   */
  rotate(id: string, sdkKey: string, expiresAt?: number): void
  /** Asks all relays to open their streams again. */
  reconnect(): void
  /** Sends an event to the open streams, for example a malformed one. A `data` that is no text is sent as JSON. */
  send(event: string, data: unknown): void
  /** Sends a heartbeat, a comment without an event. */
  heartbeat(): void
  /** Breaks the open streams, and answers each further request with this status. 200 ends that. */
  fail(status: number): void
  /** Breaks the open streams. Relays may open new ones. */
  cut(): void
  /** Stops the service. May be called several times. */
  close(): Promise<void>
}

/** The path of the stream. */
const PATH = '/relay_auto_config'

/**
 * Starts a service that sends environments to relays with an automatic configuration key. LaunchDarkly's Relay Proxy 8.10.1 was run
 * with it.
 *
 * @example
 * ```ts
 * await using service = await startAutoConfigService({ environments: [{ id: 'env-a', sdkKey: 'sdk-a' }] })
 * const relay = await startRelay({ autoConfig: { key: service.key }, endpoints: { streaming: service.url } })
 * service.rotate('env-a', 'sdk-b', Date.now() + 60_000)
 * ```
 */
export async function startAutoConfigService(
  options: AutoConfigServiceOptions = {},
): Promise<AutoConfigService> {
  refuseUnknownNames('startAutoConfigService', options, ['environments', 'key', 'otherwise', 'port'])
  const service = new ListeningAutoConfigService(options)
  await service.listen(options.port ?? 0)
  return service
}

interface KnownEnvironment {
  readonly environment: AutoConfigEnvironment
  readonly version: number
}

class ListeningAutoConfigService implements AutoConfigService {
  url = ''
  readonly key: string
  readonly requests: AutoConfigRequest[] = []
  readonly #environments = new Map<string, KnownEnvironment>()
  /** The last version of each environment, deleted ones included. */
  readonly #versions = new Map<string, number>()
  readonly #streams = new Set<ServerResponse>()
  readonly #server = createServer((request, response) => this.#answer(request, response))
  readonly #otherwise: RequestListener
  #status = 200

  constructor({ environments = [], key = 'rel-test-key', otherwise = notFound }: AutoConfigServiceOptions) {
    this.key = key
    this.#otherwise = otherwise
    for (const environment of environments) this.#set(environment)
  }

  get open(): number {
    return this.#streams.size
  }

  async listen(port: number): Promise<void> {
    this.#server.listen(port, '127.0.0.1')
    await once(this.#server, 'listening')
    // A test must not hang because it forgot to close the service.
    this.#server.unref()
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  put(...environments: readonly AutoConfigEnvironment[]): void {
    this.#environments.clear()
    for (const environment of environments) this.#set(environment)
    this.send('put', this.#everything())
  }

  patch(environment: AutoConfigEnvironment): void {
    const { version } = this.#set(environment)
    const { id } = environment
    this.send('patch', { path: pathOf(id), data: environmentRep(environment, version) })
  }

  delete(id: string): void {
    this.#known(id)
    this.#environments.delete(id)
    this.send('delete', { path: pathOf(id), version: this.#next(id) })
  }

  rotate(id: string, sdkKey: string, expiresAt?: number): void {
    const { environment } = this.#known(id)
    const { expiring: _, ...rest } = environment
    const former = { value: environment.sdkKey, expiresAt: expiresAt ?? 0 }
    this.patch({ ...rest, sdkKey, ...(expiresAt !== undefined && { expiring: former }) })
  }

  reconnect(): void {
    this.send('reconnect', {})
  }

  send(event: string, data: unknown): void {
    for (const stream of this.#streams) stream.write(frame(event, data))
  }

  heartbeat(): void {
    for (const stream of this.#streams) stream.write(':\n')
  }

  fail(status: number): void {
    this.#status = status
    if (status !== 200) this.cut()
  }

  cut(): void {
    for (const stream of this.#streams) stream.destroy()
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { url = '', headers } = request
    if (url.split('?', 1)[0] !== PATH) {
      this.#otherwise(request, response)
      return
    }
    this.requests.push({ url, authorization: headers.authorization })
    const status = headers.authorization === this.key ? this.#status : 401
    if (status !== 200) return void response.writeHead(status, { 'content-length': 0 }).end()
    this.#streams.add(response)
    response.on('close', () => this.#streams.delete(response))
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    response.write(frame('put', this.#everything()))
  }

  #everything(): object {
    const reps = Array.from(this.#environments, ([id, { environment, version }]) => [
      id,
      environmentRep(environment, version),
    ])
    return { path: '/', data: { environments: Object.fromEntries(reps), filters: {} } }
  }

  #set(environment: AutoConfigEnvironment): KnownEnvironment {
    const known = { environment, version: this.#next(environment.id) }
    this.#environments.set(environment.id, known)
    return known
  }

  #next(id: string): number {
    const version = (this.#versions.get(id) ?? 0) + 1
    this.#versions.set(id, version)
    return version
  }

  #known(id: string): KnownEnvironment {
    const known = this.#environments.get(id)
    if (!known) throw new Error(`the service has no environment ${id}`)
    return known
  }
}

function notFound(_: IncomingMessage, response: ServerResponse): void {
  response.writeHead(404).end()
}

function pathOf(id: string): string {
  return `/environments/${id}`
}

function frame(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`
}

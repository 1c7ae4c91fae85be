import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { systemClock } from '../../src/async/clock.ts'
import { rethrow } from '../../src/async/listeners.ts'
import type { Change } from '../../src/model/change-set.ts'
import { createFlagServer, type FlagServer } from '../../src/server/flag-server.ts'

interface Held {
  readonly server: FlagServer
  readonly open: Set<ServerResponse>
  version: number
  isDown: boolean
}

/** A service with an environment for each SDK key, on one address, which can fail for one key or be gone altogether. */
export class Upstream {
  readonly #environments = new Map<string, Held>()
  #http: Server | undefined
  #port = 0

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  get endpoints(): { readonly polling: string; readonly streaming: string } {
    return { polling: this.url, streaming: this.url }
  }

  /** Listens; again on the same port if it did before. */
  async start(): Promise<void> {
    const http = createServer((request, response) =>
      this.#answer(request.headers.authorization, request, response),
    )
    await once(http.listen(this.#port, '127.0.0.1'), 'listening')
    this.#port = (http.address() as AddressInfo).port
    this.#http = http
  }

  /** Breaks every connection and is gone. */
  async kill(): Promise<void> {
    const http = this.#http
    this.#http = undefined
    if (!http) return
    const closed = once(http, 'close')
    http.close()
    http.closeAllConnections()
    await closed
  }

  /** What this environment holds from now on. */
  hold(sdkKey: string, changes: readonly Change[]): void {
    const known = this.#environments.get(sdkKey)
    const held = known ?? {
      server: createFlagServer({ clock: systemClock, sdkKey, onError: rethrow }),
      open: new Set(),
      version: 0,
      isDown: false,
    }
    this.#environments.set(sdkKey, held)
    accept(held, 'full', changes)
  }

  /** One delta to whoever follows this environment. */
  change(sdkKey: string, ...changes: readonly Change[]): void {
    accept(this.#of(sdkKey), 'partial', changes)
  }

  /** Breaks what is open for this environment, and answers 503 until it is up again. */
  down(sdkKey: string): void {
    const held = this.#of(sdkKey)
    held.isDown = true
    for (const response of held.open) response.destroy()
  }

  up(sdkKey: string): void {
    this.#of(sdkKey).isDown = false
  }

  #answer(sdkKey = '', ...[request, response]: Parameters<FlagServer['handler']>): void {
    const held = this.#environments.get(sdkKey)
    if (!held || held.isDown) return void response.writeHead(held ? 503 : 401, { 'content-length': 0 }).end()
    held.open.add(response)
    response.on('close', () => held.open.delete(response))
    held.server.handler(request, response)
  }

  #of(sdkKey: string): Held {
    const held = this.#environments.get(sdkKey)
    if (!held) throw new Error(`there is no environment ${sdkKey}`)
    return held
  }
}

function accept(held: Held, type: 'full' | 'partial', changes: readonly Change[]): void {
  const version = ++held.version
  held.server.accept({ changeSet: { type, changes }, selector: { state: `state-${version}`, version } })
}

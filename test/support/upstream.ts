import type { ServerResponse } from 'node:http'
import { systemClock } from '../../src/async/clock.ts'
import { rethrow } from '../../src/async/listeners.ts'
import type { Change } from '../../src/model/change-set.ts'
import { createFlagServer, type FlagServer } from '../../src/server/flag-server.ts'
import { RestartableServer } from './restartable-server.ts'

interface Held {
  readonly server: FlagServer
  readonly open: Set<ServerResponse>
  version: number
  isDown: boolean
}

/** A service with an environment for each SDK key at one address, which can fail for one key or for all. */
export class Upstream {
  readonly #environments = new Map<string, Held>()
  readonly #server = new RestartableServer((request, response) =>
    this.#answer(request.headers.authorization, request, response),
  )

  get url(): string {
    return this.#server.url
  }

  get endpoints(): { readonly polling: string; readonly streaming: string } {
    return { polling: this.url, streaming: this.url }
  }

  /** Starts to listen, on the port of the earlier run if there was one. */
  start(): Promise<void> {
    return this.#server.start()
  }

  /** Closes every connection and stops listening. */
  kill(): Promise<void> {
    return this.#server.stop()
  }

  /** Sets the data of an environment. */
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

  /** Sends a delta to the clients of an environment. */
  change(sdkKey: string, ...changes: readonly Change[]): void {
    accept(this.#of(sdkKey), 'partial', changes)
  }

  /** Closes the connections of an environment, and answers 503 until it recovers. */
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

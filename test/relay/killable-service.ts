import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { systemClock } from '../../src/async/clock.ts'
import type { Change } from '../../src/model/change-set.ts'
import type { RelayConfig } from '../../src/relay/config/relay-config.ts'
import { createFlagServer, type FlagServer } from '../../src/server/flag-server.ts'
import { SDK_KEY } from '../support/engine.ts'

/** A service that can be killed, and restarted at the same address with the same data. */
export class KillableService {
  readonly #flags: FlagServer
  readonly #port: number
  #server: Server
  #version = 1

  constructor(flags: FlagServer, server: Server, port: number) {
    this.#flags = flags
    this.#server = server
    this.#port = port
  }

  get endpoints(): RelayConfig['endpoints'] {
    const url = `http://127.0.0.1:${this.#port}`
    return { polling: url, streaming: url }
  }

  /** The current state of the data. */
  get state(): string {
    return stateOf(this.#version)
  }

  /** Publishes a delta to all connected clients and later ones. */
  change(...changes: readonly Change[]): void {
    const version = ++this.#version
    const selector = { state: stateOf(version), version }
    this.#flags.accept({ changeSet: { type: 'partial', changes }, selector })
  }

  /** Ends like a machine without power: connections break, and new ones are refused. */
  async kill(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  async revive(): Promise<void> {
    this.#server = await listening(this.#flags, this.#port)
  }
}

/** Starts a service with these flags for this key, until the end of the test. */
export async function killableService(
  changes: readonly Change[],
  sdkKey = SDK_KEY,
): Promise<KillableService> {
  const onError = (error: unknown): never => {
    throw error
  }
  const flags = createFlagServer({ clock: systemClock, sdkKey, onError })
  flags.accept({ changeSet: { type: 'full', changes }, selector: { state: stateOf(1), version: 1 } })
  const server = await listening(flags, 0)
  const service = new KillableService(flags, server, (server.address() as AddressInfo).port)
  onTestFinished(() => service.kill().catch(() => {}))
  return service
}

const stateOf = (version: number): string => `state-${version}`

async function listening(flags: FlagServer, port: number): Promise<Server> {
  const server = createServer(flags.handler).listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server
}

import { type ClientOptions, createClient, type FlagClient, presets } from 'halyard'

/** An application without test code. Its caller can pass the options of the client. */
export class Shop {
  readonly #client: FlagClient

  constructor(sdkKey: string, options: Partial<ClientOptions> = {}) {
    this.#client = createClient(sdkKey, { dataSystem: presets.default(), ...options })
  }

  async open(): Promise<void> {
    await this.#client.waitForInitialization({ timeoutMs: 5_000 })
  }

  /** Returns the shipping costs of an order, in cents. */
  shipping(user: string, total: number): number {
    const limit = this.#client.sync.numberVariation('free-shipping-from', { kind: 'user', key: user }, 5_000)
    return total >= limit ? 0 : 490
  }

  /** The source of the flags and its state, for monitoring. */
  get health(): string {
    const { state, source } = this.#client.status.current
    return `${state}, by ${source}`
  }

  close(): Promise<void> {
    return this.#client.close()
  }
}

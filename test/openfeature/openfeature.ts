import { type Client, OpenFeature, ProviderEvents } from '@openfeature/server-sdk'
import { onTestFinished } from 'vitest'
import type { ClientOptions } from '../../src/client/client-options.ts'
import { presets } from '../../src/config/presets.ts'
import { HalyardProvider, type ProviderOptions } from '../../src/openfeature/index.ts'
import type { Synchronizer } from '../../src/synchronizers/synchronizer.ts'
import { SHORT_TIMINGS, TestData } from '../../src/testing/index.ts'
import { SDK_KEY } from '../support/engine.ts'
import { waitUntil } from '../support/origin.ts'

let domains = 0

/** A domain of OpenFeature that no other test uses; its providers are closed when the test is over. */
export function newDomain(): string {
  onTestFinished(async () => {
    await OpenFeature.clearProviders()
    OpenFeature.setContext({})
  })
  return `domain ${++domains}`
}

/** A source that is asked and never says anything. */
export const NOBODY: Synchronizer = {
  name: 'nobody',
  async *sync() {
    await new Promise(() => {})
  },
}

/** Options of a client that has this source, or test data for one. */
export function servedBy(source: TestData | Synchronizer): ClientOptions {
  const synchronizer = source instanceof TestData ? source.synchronizer() : source
  return { dataSystem: presets.custom({ initializers: [], synchronizers: [synchronizer] }) }
}

/** Short durations, no chance, no word on the console. */
export const QUIET: ClientOptions = {
  timings: SHORT_TIMINGS,
  random: () => 0,
  logger: { debug() {}, info() {}, warn() {}, error() {} },
}

/** A provider with a client of its own. */
export function newProvider(options: ClientOptions & ProviderOptions): HalyardProvider {
  return new HalyardProvider(SDK_KEY, { ...QUIET, ...options })
}

/** An OpenFeature client whose provider is there, has data, and is served by test data. */
export async function startClient(data: TestData): Promise<Client> {
  const domain = newDomain()
  await OpenFeature.setProviderAndWait(domain, newProvider(servedBy(data)))
  return OpenFeature.getClient(domain)
}

export interface Told {
  readonly event: ProviderEvents
  readonly message: string | undefined
  readonly flagsChanged: readonly string[] | undefined
}

/** What a client of OpenFeature was told, in order. Made before the provider is set. */
export class Listener {
  readonly client: Client
  readonly told: Told[] = []
  readonly #waiting = new Set<() => void>()

  constructor(domain: string) {
    this.client = OpenFeature.getClient(domain)
    for (const event of [ProviderEvents.Ready, ProviderEvents.Stale, ProviderEvents.Error]) {
      this.client.addHandler(event, (details) => this.#hear({ event, message: details?.message }))
    }
    const event = ProviderEvents.ConfigurationChanged
    this.client.addHandler(event, (details) =>
      this.#hear({ event, message: details?.message, flagsChanged: details?.flagsChanged }),
    )
  }

  get events(): readonly ProviderEvents[] {
    return this.told.map(({ event }) => event)
  }

  /** Resolves with what was told, when this was told as often. */
  async hears(event: ProviderEvents, times = 1): Promise<Told> {
    const heard = (): readonly Told[] => this.told.filter((told) => told.event === event)
    await waitUntil(
      () => heard().length >= times,
      () => `${event}, ${times} times; told: ${this.events.join(', ')}`,
      (look) => {
        this.#waiting.add(look)
        return () => this.#waiting.delete(look)
      },
    )
    return heard()[times - 1] as Told
  }

  #hear({ flagsChanged, ...told }: Pick<Told, 'event' | 'message'> & Partial<Told>): void {
    this.told.push({ ...told, flagsChanged })
    for (const look of this.#waiting) look()
  }
}

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

/** Returns a new domain of OpenFeature. Its providers are closed after the test. */
export function newDomain(): string {
  onTestFinished(async () => {
    await OpenFeature.clearProviders()
    OpenFeature.setContext({})
  })
  return `domain ${++domains}`
}

/** A source that never yields a result. */
export const SILENT: Synchronizer = {
  name: 'silent',
  async *sync() {
    await new Promise(() => {})
  },
}

/** Returns options of a client with this source or this test data. */
export function servedBy(source: TestData | Synchronizer): ClientOptions {
  const synchronizer = source instanceof TestData ? source.synchronizer() : source
  return { dataSystem: presets.custom({ initializers: [], synchronizers: [synchronizer] }) }
}

/** Short durations, no jitter, no log. */
export const QUIET: ClientOptions = {
  timings: SHORT_TIMINGS,
  random: () => 0,
  logger: { debug() {}, info() {}, warn() {}, error() {} },
}

/** Returns a provider with its own client. */
export function newProvider(options: ClientOptions & ProviderOptions): HalyardProvider {
  return new HalyardProvider(SDK_KEY, { ...QUIET, ...options })
}

/** Returns an OpenFeature client whose provider is ready and uses this test data. */
export async function startClient(data: TestData): Promise<Client> {
  const domain = newDomain()
  await OpenFeature.setProviderAndWait(domain, newProvider(servedBy(data)))
  return OpenFeature.getClient(domain)
}

export interface RecordedEvent {
  readonly event: ProviderEvents
  readonly message: string | undefined
  readonly flagsChanged: readonly string[] | undefined
}

/** Records the events of a client of OpenFeature. Create it before the provider is set. */
export class Listener {
  readonly client: Client
  readonly recorded: RecordedEvent[] = []
  readonly #waiting = new Set<() => void>()

  constructor(domain: string) {
    this.client = OpenFeature.getClient(domain)
    for (const event of [ProviderEvents.Ready, ProviderEvents.Stale, ProviderEvents.Error]) {
      this.client.addHandler(event, (details) => this.#record({ event, message: details?.message }))
    }
    const event = ProviderEvents.ConfigurationChanged
    this.client.addHandler(event, (details) =>
      this.#record({ event, message: details?.message, flagsChanged: details?.flagsChanged }),
    )
  }

  get events(): readonly ProviderEvents[] {
    return this.recorded.map(({ event }) => event)
  }

  /** Resolves with the event when it was emitted this many times. */
  async receives(event: ProviderEvents, times = 1): Promise<RecordedEvent> {
    const received = (): readonly RecordedEvent[] => this.recorded.filter((each) => each.event === event)
    await waitUntil(
      () => received().length >= times,
      () => `${event}, ${times} times; received: ${this.events.join(', ')}`,
      (check) => {
        this.#waiting.add(check)
        return () => this.#waiting.delete(check)
      },
    )
    return received()[times - 1] as RecordedEvent
  }

  #record({
    flagsChanged,
    ...details
  }: Pick<RecordedEvent, 'event' | 'message'> & Partial<RecordedEvent>): void {
    this.recorded.push({ ...details, flagsChanged })
    for (const check of this.#waiting) check()
  }
}

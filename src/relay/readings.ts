import type { Clock } from '../async/clock.ts'
import { VERSION } from '../config/request-headers.ts'
import type { AutoConfigView } from './auto-config/auto-config-status.ts'
import type { ServingCertificate } from './certificate.ts'
import type { ConnectionCounter } from './connections.ts'
import type { Environment } from './environment.ts'
import type { Environments } from './environments.ts'
import type { MetricsInput } from './metrics/metric.ts'
import type { RequestCounts, RequestsView } from './requests/request-counts.ts'
import type { EnvironmentView, RelayView } from './view.ts'

export interface ReadingsParts {
  readonly clock: Clock
  readonly environments: Environments
  readonly requestCounts: RequestCounts
  readonly connections: ConnectionCounter
  readonly certificate: ServingCertificate | undefined
  /** Absent without automatic configuration. */
  readonly autoConfig: (() => AutoConfigView) | undefined
}

/** The state of a relay as its endpoints and its metrics read it. Each reading is taken when it is requested. */
export class RelayReadings {
  readonly #parts: ReadingsParts
  readonly #startedAt: number

  constructor(parts: ReadingsParts) {
    this.#parts = parts
    this.#startedAt = parts.clock.now()
  }

  get view(): RelayView {
    const { clock, environments, connections, certificate, autoConfig } = this.#parts
    return {
      version: VERSION,
      now: clock.now(),
      startedAt: this.#startedAt,
      environments: Array.from(environments, (environment) => this.#viewOf(environment)),
      ...(autoConfig && { autoConfig: autoConfig() }),
      connections: connections.current,
      ...(certificate && { certificate: certificate.view }),
    }
  }

  get requests(): RequestsView {
    const { environments, requestCounts } = this.#parts
    return requestCounts.view(new Set(Array.from(environments, ({ config }) => config.name)))
  }

  get metrics(): MetricsInput {
    const { disconnectedStatusMs } = this.#parts.environments.config
    return { view: this.view, requests: this.requests, disconnectedStatusMs }
  }

  #viewOf({ view, config: { name } }: Environment): EnvironmentView {
    const sdks = this.#parts.requestCounts.sdksOf(name)
    return sdks.length === 0 ? view : { ...view, sdks }
  }
}

import type { subsystem, subsystems } from '@launchdarkly/node-server-sdk'
import { callSafely } from '../async/call-safely.ts'
import type { Undo } from '../async/clock.ts'
import type { DataSystem } from '../datasystem/data-system.ts'
import type { ChangedKeys } from '../model/change-set.ts'
import { errorText } from '../model/error-text.ts'
import type { Logger } from '../model/logger.ts'
import type { SourceError } from '../model/source-result.ts'
import type { DataSourceStatus } from '../model/status.ts'
import { ANNOUNCEMENT, isHolding } from './halyard-store.ts'

export interface HalyardUpdateProcessorOptions {
  readonly dataSystem: DataSystem
  readonly logger: Logger
  /** The SDK's own, through which its listeners of `update` hear of changes. */
  readonly updates: subsystems.LDDataSourceUpdates
  /** Makes the SDK initialized; only the first call counts. */
  readonly onReady: () => void
  /** Makes the SDK emit `error` and `failed`, and ends its wait for initialization. */
  readonly onFailed: (error: Error) => void
}

/** Tells an SDK what happens in a data system: there is data, flags changed, no source is left. */
export class HalyardUpdateProcessor implements subsystem.LDStreamProcessor {
  readonly #options: HalyardUpdateProcessorOptions
  readonly #controller = new AbortController()
  readonly #listening: Undo[] = []
  #state: DataSourceStatus['state']

  constructor(options: HalyardUpdateProcessorOptions) {
    this.#options = options
    this.#state = options.dataSystem.status.current.state
  }

  start(): void {
    const { dataSystem, logger } = this.#options
    this.#listening.push(
      dataSystem.on('change', (changed) => this.#announce(changed)),
      dataSystem.on('status', (status) => this.#follow(status)),
    )
    // Also keeps the process alive until the SDK's wait for initialization has an end.
    dataSystem.waitForInitialization({ signal: this.#controller.signal }).then(
      () => this.#lookWhetherReady(),
      (error: unknown) => logger.debug(`not waiting for data any more: ${errorText(error)}`),
    )
  }

  stop(): void {
    this.close()
  }

  close(): void {
    this.#controller.abort()
    for (const undo of this.#listening.splice(0)) undo()
  }

  #follow({ state, nextAttempt, lastError }: DataSourceStatus): void {
    const { dataSystem, onFailed } = this.#options
    const before = this.#state
    this.#state = state
    // A plan that has brought its data and has nothing more to do is off too, and no failure.
    const failed = nextAttempt !== undefined || !dataSystem.initialized
    if (state === 'off' && before !== 'off' && failed) onFailed(new SourcesExhaustedError(lastError))
    // The status of a data system is true a moment before the data system is ready.
    const look = (): void => this.#lookWhetherReady()
    if (state === 'valid')
      Promise.resolve()
        .then(look)
        .catch(() => undefined)
  }

  #lookWhetherReady(): void {
    const { dataSystem, logger, onReady } = this.#options
    // The SDK calls the listeners of the application in it.
    const onError = (error: unknown): void =>
      logger.error(`a listener of the SDK's "ready" event threw: ${errorText(error)}`)
    if (isHolding(dataSystem) && !this.#controller.signal.aborted) callSafely(onReady, onError)
  }

  /** What changed, dependents included, is known already: the SDK tells its listeners of these keys and no others. */
  #announce({ flags }: ChangedKeys): void {
    for (const key of flags) {
      // The SDK keeps its dependencies in plain objects: a key such as `constructor` would end the process.
      if (!(key in Object.prototype))
        this.#options.updates.upsert(ANNOUNCEMENT, { key, version: 1 }, () => {})
    }
  }
}

/** No source of flag data is left that works. What an SDK is told then; the data system tries them again later. */
export class SourcesExhaustedError extends Error {
  /** The HTTP status of the last failure, where there was one: the SDK explains a 401 by this name. */
  readonly code: number | undefined

  constructor(lastError: SourceError | undefined) {
    super(`no source of flag data is left${lastError ? `: ${lastError.message}` : ''}`)
    this.name = 'SourcesExhaustedError'
    this.code = lastError?.status
  }
}

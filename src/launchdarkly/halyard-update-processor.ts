import type { subsystem, subsystems } from '@launchdarkly/node-server-sdk'
import { callSafely } from '../async/call-safely.ts'
import type { Undo } from '../async/clock.ts'
import type { DataSystem } from '../datasystem/data-system.ts'
import type { ChangedKeys } from '../model/change-set.ts'
import { errorText } from '../model/error-text.ts'
import type { Logger } from '../model/logger.ts'
import type { SourceError } from '../model/source-result.ts'
import type { DataSourceStatus } from '../model/status.ts'
import { ANNOUNCEMENT, hasDataInMemory } from './halyard-store.ts'

export interface HalyardUpdateProcessorOptions {
  readonly dataSystem: DataSystem
  readonly logger: Logger
  /** Notifies the SDK's listeners of `update`. */
  readonly updates: subsystems.LDDataSourceUpdates
  /** Makes the SDK initialized. Only the first call has an effect. */
  readonly onReady: () => void
  /** Makes the SDK emit `error` and `failed`, and rejects its wait for initialization. */
  readonly onFailed: (error: Error) => void
}

/** Notifies the SDK of a data system's events: there is data, flags changed, or no source is left. */
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
    // This wait also keeps the process alive until the SDK is initialized.
    dataSystem.waitForInitialization({ signal: this.#controller.signal }).then(
      () => this.#notifyIfReady(),
      (error: unknown) => logger.debug(`the wait for data ended: ${errorText(error)}`),
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
    // A plan without synchronizers is also off once it has loaded its data, which is not a failure.
    const failed = nextAttempt !== undefined || !dataSystem.initialized
    if (state === 'off' && before !== 'off' && failed) onFailed(new SourcesExhaustedError(lastError))
    // The data system changes its status one microtask before it is ready.
    if (state === 'valid')
      Promise.resolve()
        .then(() => this.#notifyIfReady())
        .catch(() => undefined)
  }

  #notifyIfReady(): void {
    const { dataSystem, logger, onReady } = this.#options
    // onReady calls listeners of the application, which may throw.
    const onError = (error: unknown): void =>
      logger.error(`a listener of the SDK's "ready" event threw an error: ${errorText(error)}`)
    if (hasDataInMemory(dataSystem) && !this.#controller.signal.aborted) callSafely(onReady, onError)
  }

  /** Notifies listeners of exactly these flags. They include flags that depend on a changed one. */
  #announce({ flags }: ChangedKeys): void {
    for (const key of flags) {
      // The SDK keeps dependencies in plain objects, so a key such as `constructor` would end the process.
      if (!(key in Object.prototype))
        this.#options.updates.upsert(ANNOUNCEMENT, { key, version: 1 }, () => {})
    }
  }
}

/** The error that the SDK emits when every source has failed. The data system tries the sources again later. */
export class SourcesExhaustedError extends Error {
  /** The HTTP status of the last failure, if any. The SDK reads a 401 from this member. */
  readonly code: number | undefined

  constructor(lastError: SourceError | undefined) {
    super(`no source of flag data is left${lastError ? `: ${lastError.message}` : ''}`)
    this.name = 'SourcesExhaustedError'
    this.code = lastError?.status
  }
}

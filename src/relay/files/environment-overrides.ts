import { untilAborted } from '../../async/signals.ts'
import type { Sink, Snapshot } from '../../model/change-set.ts'
import { reasonOf } from '../../model/error-text.ts'
import { FILE_INTERVAL_MS } from './open-source.ts'
import { OverrideFiles, type OverrideFilesOptions, type OverridesView } from './override-files.ts'
import { OverrideLayer } from './override-layer.ts'

export interface EnvironmentOverridesOptions
  extends Pick<OverrideFilesOptions, 'paths' | 'clock' | 'random' | 'logger' | 'onChange'> {
  /** Time between two checks of the files, in milliseconds. Default 1,000. */
  readonly intervalMs: number | undefined
  /** Returns the data of the environment without overrides. */
  readonly base: () => Snapshot | undefined
  /** Receives the data with overrides. */
  readonly target: Sink
}

/** The files over the data of an environment, and what they replace. */
export class EnvironmentOverrides {
  readonly layer: OverrideLayer
  readonly #options: EnvironmentOverridesOptions
  readonly #files: OverrideFiles
  readonly #closing = new AbortController()
  readonly #firstRead = Promise.withResolvers<void>()

  constructor(options: EnvironmentOverridesOptions) {
    const { intervalMs = FILE_INTERVAL_MS } = options
    this.#options = options
    this.layer = new OverrideLayer(options)
    this.#files = new OverrideFiles({
      ...options,
      intervalMs,
      held: this.layer.held,
      override: (revision) => {
        this.layer.override(revision)
        this.#firstRead.resolve()
      },
    })
  }

  get view(): OverridesView {
    return this.#files.view
  }

  /** Begins to follow the files. */
  start(): void {
    const { logger } = this.#options
    this.#files.follow().catch((error: unknown) => {
      logger.error(
        `overrides: stopped: ${reasonOf(error)}; the last good overrides stay in force, restart to read the files again`,
      )
    })
  }

  /** Resolves when the files have been read once, good or not, which may take long if they are large; or when they are closed. */
  async firstRead(): Promise<void> {
    await untilAborted(this.#firstRead.promise, this.#closing.signal).catch(() => {})
  }

  close(): void {
    this.#files.close()
    this.#closing.abort()
  }
}

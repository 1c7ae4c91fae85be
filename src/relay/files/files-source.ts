import type { Clock } from '../../async/clock.ts'
import { HEARTBEAT } from '../../exchange/results.ts'
import type { FlagFile } from '../../flag-file/parse.ts'
import type { ItemLookup } from '../../model/change-set.ts'
import type { Logger } from '../../model/logger.ts'
import type { SourceResult } from '../../model/source-result.ts'
import { WarnOnce } from '../../model/warn-once.ts'
import { FILE_SCOPE, fileState } from '../../selector/content-names.ts'
import type { Selector } from '../../selector/selector.ts'
import type { Synchronizer } from '../../synchronizers/synchronizer.ts'
import { FileItems } from './file-items.ts'
import { followFiles } from './followed-files.ts'

export interface FilesSourceOptions {
  /** Files and folders, the later ones of which win. */
  readonly paths: readonly string[]
  /** Time between two checks of the files, in milliseconds. */
  readonly intervalMs: number
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
}

/** The source of an environment whose flags come from files. Its states are named by their content. */
export class FilesSource implements Synchronizer {
  readonly name = 'file'
  readonly selectorScope: string = FILE_SCOPE
  readonly #options: FilesSourceOptions
  /** Kept between turns, so that versions grow. */
  readonly #items: FileItems
  readonly #warned = new WarnOnce()

  constructor(options: FilesSourceOptions) {
    this.#options = options
    this.#items = new FileItems(options.clock)
  }

  async *sync(
    basis: Selector | undefined,
    signal: AbortSignal,
    held: ItemLookup,
  ): AsyncGenerator<SourceResult> {
    const { paths, intervalMs, clock, random } = this.#options
    let reached = basis?.state
    for await (const reading of followFiles(paths, { intervalMs, clock, random, signal })) {
      if (reading.type === 'same') yield HEARTBEAT
      else if (reading.type === 'failed') {
        const { error, retryInMs } = reading
        yield { type: 'interrupted', error, retryInMs }
      } else {
        const result = await this.#apply(reading.file, { reached, held, signal })
        // The next turn may have begun. Only that turn may use the items.
        if (!result) return
        reached = result.state
        yield result.result
      }
    }
  }

  async #apply(file: FlagFile, { reached, held, signal }: Turn): Promise<Step | undefined> {
    for (const warning of file.warnings)
      if (this.#warned.isFirst(warning)) this.#options.logger.warn(`file: ${warning}`)
    const former = this.#items.current
    const revision = await this.#items.next(file, held)
    if (signal.aborted) return undefined
    this.#items.commit(revision)
    const selector = { state: fileState(revision.content), version: 1 }
    const { state } = selector
    if (reached === state) return { state, result: { type: 'changeSet', changeSet: { type: 'none' } } }
    const isDelta = former !== undefined && reached === fileState(former.content)
    const { changes } = revision
    return {
      state,
      result: {
        type: 'changeSet',
        changeSet: isDelta
          ? { type: 'partial', changes, selector }
          : { type: 'full', changes: this.#items.all(), selector },
      },
    }
  }
}

interface Turn {
  /** The state that the data system has. */
  readonly reached: string | undefined
  readonly held: ItemLookup
  readonly signal: AbortSignal
}

interface Step {
  readonly state: string
  readonly result: SourceResult
}

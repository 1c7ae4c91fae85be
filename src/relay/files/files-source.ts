import type { Clock } from '../../async/clock.ts'
import { SDK_NAME, VERSION } from '../../config/request-headers.ts'
import { HEARTBEAT } from '../../exchange/results.ts'
import type { FlagFile } from '../../flag-file/parse.ts'
import type { ItemLookup } from '../../model/change-set.ts'
import type { Logger } from '../../model/logger.ts'
import type { SourceResult } from '../../model/source-result.ts'
import { WarnOnce } from '../../model/warn-once.ts'
import { FILE_SCOPE, fileState } from '../../selector/content-names.ts'
import type { Selector } from '../../selector/selector.ts'
import type { Synchronizer } from '../../synchronizers/synchronizer.ts'
import type { Transport } from '../../transport/transport.ts'
import { FileItems } from './file-items.ts'
import { type FilesReading, followFiles } from './followed-files.ts'
import { followUrl } from './followed-urls.ts'
import { type Follow, mergedReadings } from './merged-readings.ts'
import { RemoteFile } from './remote-file.ts'

export interface FilesSourceOptions {
  /** Files and folders, the later ones of which win. They win over URLs. */
  readonly paths: readonly string[]
  /** Time between two checks of the files, in milliseconds. */
  readonly intervalMs: number
  readonly urls: readonly string[]
  /** Time between two requests for a URL, in milliseconds. */
  readonly urlIntervalMs: number
  readonly urlAuthorization: string | undefined
  /** Opens the connections for requests, which the source closes. */
  readonly openTransport: () => Transport
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
  readonly #warned = new WarnOnce(MAX_WARNINGS)
  readonly #startFailure = new AbortController()
  #haveFilesFailed = false

  constructor(options: FilesSourceOptions) {
    this.#options = options
    this.#items = new FileItems(options.clock)
  }

  /** Aborts when a file cannot be used: a start should not wait for another version of it. */
  get startFailure(): AbortSignal {
    return this.#startFailure.signal
  }

  async *sync(
    basis: Selector | undefined,
    signal: AbortSignal,
    held: ItemLookup,
  ): AsyncGenerator<SourceResult> {
    const { urls, openTransport } = this.#options
    const transport = urls.length > 0 ? openTransport() : undefined
    try {
      const readings = mergedReadings(this.#origins(transport), signal)
      let reached = basis?.state
      for await (const reading of readings) {
        // The next turn may have begun. Only that turn may use the items.
        if (signal.aborted) return
        if (reading.type === 'same') yield HEARTBEAT
        else if (reading.type === 'failed') {
          const { error, retryInMs } = reading
          yield { type: 'interrupted', error, retryInMs }
          // The status has the error by now.
          if (this.#haveFilesFailed) this.#startFailure.abort()
        } else {
          const step = await this.#apply(reading.file, { reached, held, signal })
          if (!step) return
          reached = step.state
          yield step.result
        }
      }
    } finally {
      await transport?.close()
    }
  }

  #origins(transport: Transport | undefined): readonly Follow[] {
    const { paths, intervalMs, urls, urlIntervalMs, urlAuthorization, clock, random } = this.#options
    const local = async function* (this: FilesSource, signal: AbortSignal): AsyncGenerator<FilesReading> {
      for await (const reading of followFiles(paths, { intervalMs, clock, random, signal })) {
        if (reading.type === 'failed') this.#haveFilesFailed = true
        yield reading
      }
    }
    const remote = transport
      ? urls.map((url): Follow => {
          const file = new RemoteFile({
            url,
            authorization: urlAuthorization,
            headers: HEADERS,
            transport,
            clock,
          })
          return (signal) => followUrl(file, { intervalMs: urlIntervalMs, clock, random, signal })
        })
      : []
    return paths.length > 0 ? [...remote, local.bind(this)] : remote
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

/** The most warnings about files that are logged. */
const MAX_WARNINGS = 20

const HEADERS = { 'user-agent': `${SDK_NAME}/${VERSION}` }

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

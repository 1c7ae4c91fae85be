import type { Clock } from '../../async/clock.ts'
import type { ItemLookup } from '../../model/change-set.ts'
import type { Logger } from '../../model/logger.ts'
import { counted } from '../../model/text.ts'
import { WarnOnce } from '../../model/warn-once.ts'
import { FileItems, type FileRevision } from './file-items.ts'
import { followFiles } from './followed-files.ts'

/** The overrides of an environment that are in force. */
export interface OverridesView {
  /** Number of overridden flags. */
  readonly flags: number
  /** Number of overridden segments. */
  readonly segments: number
  /** Why the files cannot be used. The last good overrides stay in force. Absent if the files are good. */
  readonly error?: string
}

/** The overrides in `/status`. */
export interface OverridesStatus extends Pick<OverridesView, 'flags' | 'segments'> {
  /** `INTERRUPTED`: the files cannot be used. */
  readonly state: 'VALID' | 'INTERRUPTED'
}

export function overridesStatus({ flags, segments, error }: OverridesView): OverridesStatus {
  return { state: error === undefined ? 'VALID' : 'INTERRUPTED', flags, segments }
}

export interface OverrideFilesOptions {
  /** Files and folders, the later ones of which win. */
  readonly paths: readonly string[]
  /** Time between two checks of the files, in milliseconds. */
  readonly intervalMs: number
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
  /** Returns the items that clients have without overrides. */
  readonly held: ItemLookup
  /** Called with the overrides when the files have been read for the first time, good or not, and when they have changed. */
  readonly override: (revision: FileRevision) => void
  /** Called when the view has changed. */
  readonly onChange: () => void
}

/** The most keys that a log line lists. */
const MAX_LISTED = 20

/** Follows the files whose flags and segments replace those of an environment. */
export class OverrideFiles {
  readonly #options: OverrideFilesOptions
  readonly #items: FileItems
  readonly #closing = new AbortController()
  readonly #failures = new WarnOnce()
  readonly #warned = new WarnOnce(MAX_LISTED)
  #error: string | undefined

  constructor(options: OverrideFilesOptions) {
    this.#options = options
    this.#items = new FileItems(options.clock)
  }

  get view(): OverridesView {
    const changes = this.#items.all()
    const flags = changes.filter(({ kind }) => kind === 'flag').length
    const view = { flags, segments: changes.length - flags }
    return this.#error === undefined ? view : { ...view, error: this.#error }
  }

  /** Follows the files until {@link close}. */
  async follow(): Promise<void> {
    const { paths, held, onChange, logger } = this.#options
    const { signal } = this.#closing
    for await (const reading of followFiles(paths, { ...this.#options, signal })) {
      if (signal.aborted) return
      if (reading.type === 'same') continue
      if (reading.type === 'failed') this.#failed(reading.error.message)
      else {
        for (const warning of reading.file.warnings)
          if (this.#warned.isFirst(warning)) logger.warn(`overrides: ${warning}`)
        const revision = await this.#items.next(reading.file, held)
        if (signal.aborted) return
        this.#apply(revision)
      }
      onChange()
    }
  }

  close(): void {
    this.#closing.abort()
  }

  #apply(revision: FileRevision): void {
    const hasFailed = this.#error !== undefined
    const isFirst = this.#items.current === undefined
    this.#error = undefined
    this.#failures.reset()
    this.#items.commit(revision)
    if (isFirst || revision.changes.length > 0) this.#options.override(revision)
    if (isFirst || hasFailed || revision.changes.length > 0) this.#log()
  }

  #failed(message: string): void {
    const { logger, override } = this.#options
    this.#error = message
    if (this.#failures.isFirst(message))
      logger.error(
        `overrides: the files cannot be used: ${message}; the last good overrides stay in force (${this.#summary()})`,
      )
    if (this.#items.current) return
    this.#items.commit(NOTHING)
    override(NOTHING)
  }

  /** A warning, so that overrides in production are noticed. */
  #log(): void {
    const { logger } = this.#options
    if (this.#items.all().length === 0) logger.info('overrides: nothing is overridden')
    else logger.warn(`overrides: local files replace ${this.#summary()} for all clients`)
  }

  #summary(): string {
    const changes = this.#items.all()
    if (changes.length === 0) return 'none'
    const { flags, segments } = this.view
    const listed = changes.slice(0, MAX_LISTED).map(({ key }) => key)
    const rest = changes.length > MAX_LISTED ? ', …' : ''
    return `${counted(flags, 'flag')} and ${counted(segments, 'segment')}: ${listed.join(', ')}${rest}`
  }
}

const NOTHING: FileRevision = { content: '', changes: [], items: new Map(), deletedUpTo: 0 }

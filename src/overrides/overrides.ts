import type { Clock, Undo } from '../async/clock.ts'
import { Listeners } from '../async/listeners.ts'
import { Published } from '../async/published.ts'
import { waitFor } from '../async/wait-for.ts'
import type { Evaluation } from '../evaluation/detail.ts'
import type { FlagReader } from '../evaluation/run.ts'
import type { FlagFiles } from '../flag-file/read.ts'
import type { ChangedKeys, ChangeSet, Item, ItemKind } from '../model/change-set.ts'
import { errorText, reasonOf } from '../model/error-text.ts'
import type { Logger } from '../model/logger.ts'
import type { SourceError } from '../model/source-result.ts'
import { counted } from '../model/text.ts'
import { WarnOnce } from '../model/warn-once.ts'
import { changedKeys } from '../store/changed-keys.ts'
import { MemoryStore } from '../store/memory-store.ts'
import { evaluationWith, itemsWith, type OverridingItems } from './overlaid-reader.ts'

/** Flag files whose flags and segments replace those of the service in one client, for local development. */
export interface OverridesOptions extends FlagFiles {
  /** Time between checks for changes, in milliseconds. A change counts once two checks agree. Default 1,000, minimum 100. */
  readonly intervalMs?: number
}

/** The overrides that are in force. */
export interface OverridesStatus {
  /** The keys of the overridden flags, in alphabetical order. */
  readonly flags: readonly string[]
  /** The keys of the overridden segments, in alphabetical order. */
  readonly segments: readonly string[]
  /** Why the files cannot be used; the last good overrides stay in force. Absent if the files are good. */
  readonly error?: string
}

export interface OverridesParts {
  readonly options: OverridesOptions
  /** Returns a promise if the changes can take effect only after it, for example when a library has been loaded. */
  readonly prepare: (changeSet: ChangeSet) => Promise<void> | undefined
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
}

interface FirstReadLimits {
  /** Default: no limit. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

const DEFAULT_INTERVAL_MS = 1_000
export const MIN_INTERVAL_MS = 100

/** The most keys that a log line lists. */
const MAX_LISTED = 20

/** The flags and segments of watched files, which take the place of those in memory or in a database. */
export class Overrides {
  readonly #parts: OverridesParts
  readonly #store = new MemoryStore()
  readonly #status = new Published<OverridesStatus>({ flags: [], segments: [] })
  readonly #listeners: Listeners<ChangedKeys>
  readonly #controller = new AbortController()
  readonly #reported = new WarnOnce()
  readonly #firstRead = Promise.withResolvers<void>()
  #wasRead = false

  constructor(parts: OverridesParts) {
    const { logger } = parts
    this.#parts = parts
    this.#listeners = new Listeners((error) => logger.error(`a listener threw: ${errorText(error)}`))
    this.#run(this.#controller.signal)
      .catch((error: unknown) => {
        logger.error(
          `overrides: stopped: ${reasonOf(error)}; the last good overrides stay in force, restart to read the files again`,
        )
      })
      .finally(() => this.#endFirstRead())
  }

  /** The keys that are overridden, the problem of the files if there is one, and the changes of both. */
  get status(): Pick<Published<OverridesStatus>, 'current' | 'changes'> {
    return this.#status
  }

  /**
   * Resolves when the files have been read once, whether they are good or not, or when a limit ends the wait. Keeps the process
   * alive meanwhile. Never rejects.
   */
  async firstRead({ timeoutMs = Infinity, signal }: FirstReadLimits = {}): Promise<void> {
    await waitFor({
      clock: this.#parts.clock,
      find: () => this.#wasRead || undefined,
      subscribe: (look) => {
        this.#firstRead.promise.then(look, look)
        return () => {}
      },
      timeoutMs,
      signal,
    })
  }

  item(kind: ItemKind, key: string): Item | undefined {
    return this.#store.get(kind, key)
  }

  has(kind: ItemKind, key: string): boolean {
    return this.#store.get(kind, key) !== undefined
  }

  /** Returns the items, with overridden ones in the place of those with the same key. */
  over(kind: ItemKind, items: ReadonlyMap<string, Item>): ReadonlyMap<string, Item> {
    return itemsWith(this.#store.all(kind), items)
  }

  /** Returns the overrides that are in force now. Later changes do not affect them. */
  pinned(): OverridingItems {
    const { flags: flag, segments: segment } = this.#store.snapshot()
    const items = { flag, segment }
    return { get: (kind, key) => items[kind].get(key), all: (kind) => items[kind] }
  }

  /** Returns the evaluation with overrides. Its reason has `overridden` if the evaluation used one. */
  around<Rest extends readonly unknown[]>(
    evaluate: (reader: FlagReader, ...rest: Rest) => Evaluation,
  ): (reader: FlagReader, ...rest: Rest) => Evaluation {
    return evaluationWith(this.#store, evaluate)
  }

  /** Adds a listener of changed keys, without the flags that depend on them. */
  on(listener: (keys: ChangedKeys) => void): Undo {
    return this.#listeners.add(listener)
  }

  /** Ends the watching. Does not wait for a read in progress, which may never end, for example on a network drive. */
  close(): void {
    this.#controller.abort()
    this.#status.close()
    this.#endFirstRead()
  }

  #endFirstRead(): void {
    this.#wasRead = true
    this.#firstRead.resolve()
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { options, clock, random, logger } = this.#parts
    const { intervalMs = DEFAULT_INTERVAL_MS, ...files } = options
    const warned = new WarnOnce()
    const { fileSynchronizer } = await import('../synchronizers/file.ts')
    const source = fileSynchronizer({
      ...files,
      name: 'overrides',
      intervalMs: Math.max(MIN_INTERVAL_MS, intervalMs),
      clock,
      random,
      warn: (warning) => {
        if (warned.isFirst(warning)) logger.warn(`overrides: ${warning}`)
      },
    })
    for await (const result of source.sync(undefined, signal)) {
      if (signal.aborted) return
      if (result.type === 'changeSet') await this.#apply(result.changeSet)
      else if (result.type === 'interrupted') this.#failed(result.error)
      this.#endFirstRead()
    }
  }

  async #apply(changeSet: ChangeSet): Promise<void> {
    const { error } = this.#status.current
    this.#reported.reset()
    await this.#parts.prepare(changeSet)
    if (this.#controller.signal.aborted) return
    const changed = changeSet.type === 'none' ? undefined : changedKeys(this.#store, changeSet)
    if (changeSet.type !== 'none') this.#store.apply(changeSet)
    const hasChanges = changed !== undefined && changed.flags.size + changed.segments.size > 0
    if (hasChanges || error !== undefined) {
      this.#status.publish({ flags: this.#keys('flag'), segments: this.#keys('segment') })
      this.#log()
    }
    if (hasChanges) this.#listeners.emit(changed)
  }

  #failed({ message }: SourceError): void {
    const { error, ...held } = this.#status.current
    if (error !== message) this.#status.publish({ ...held, error: message })
    if (!this.#reported.isFirst(message)) return
    this.#parts.logger.error(
      `overrides: the files cannot be used: ${message}; the last good overrides stay in force (${this.#summary()})`,
    )
  }

  /** A warning, so that overrides in production are noticed. */
  #log(): void {
    const { flags, segments } = this.#status.current
    const { logger } = this.#parts
    if (flags.length + segments.length === 0) logger.info('overrides: nothing is overridden')
    else
      logger.warn(
        `overrides: local files replace ${this.#summary()}; evaluations that use them make no analytics events`,
      )
  }

  #summary(): string {
    const { flags, segments } = this.#status.current
    const keys = [...flags, ...segments]
    if (keys.length === 0) return 'none'
    const listed = keys.slice(0, MAX_LISTED).join(', ')
    const rest = keys.length > MAX_LISTED ? ', …' : ''
    return `${counted(flags.length, 'flag')} and ${counted(segments.length, 'segment')}: ${listed}${rest}`
  }

  #keys(kind: ItemKind): readonly string[] {
    return [...this.#store.all(kind).keys()].toSorted()
  }
}

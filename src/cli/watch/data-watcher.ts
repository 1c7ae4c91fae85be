import { systemClock, type Undo } from '../../async/clock.ts'
import type { DataSystem } from '../../datasystem/data-system.ts'
import type { Context } from '../../evaluation/context.ts'
import { evaluate } from '../../evaluation/evaluate.ts'
import type { Applied, Sink } from '../../model/change-set.ts'
import { isEqual } from '../../model/json.ts'
import type { DataSourceStatus } from '../../model/status.ts'
import { type ItemChange, ItemChanges } from '../../relay/flags/item-changes.ts'
import type { WatchEvent } from './watch-event.ts'

interface WatcherOptions {
  readonly print: (event: WatchEvent) => void
  /** The flags to print. Empty: all. */
  readonly flags: readonly string[]
  /** The context for which values are printed. Default: none are. */
  readonly subject?: Context
}

/** Prints the changes of the status, the data and the values of a data system. */
export class DataWatcher implements Sink {
  readonly #system: DataSystem
  readonly #options: WatcherOptions
  readonly #changes = new ItemChanges(systemClock)
  readonly #values = new Map<string, unknown>()
  #status: DataSourceStatus | undefined
  #hasData = false
  #stop: Undo = () => {}

  constructor(system: DataSystem, options: WatcherOptions) {
    this.#system = system
    this.#options = options
  }

  /** Prints the present status, and then each change of it. */
  start(): void {
    this.#printStatus(this.#system.status.current)
    const stopStatus = this.#system.on('status', (status) => this.#printStatus(status))
    // A listener makes the data system load all rows of a store.
    const stopChanges = this.#system.on('change', () => {})
    this.#stop = () => {
      stopStatus()
      stopChanges()
    }
  }

  stop(): void {
    this.#stop()
  }

  accept({ changeSet }: Applied): void {
    const changes = this.#changes.next(changeSet)
    const at = systemClock.now()
    const isFirst = !this.#hasData
    this.#hasData = true
    if (isFirst) this.#options.print({ type: 'data', at, ...this.#system.counts })
    for (const change of changes)
      if (this.#isWatched(change)) this.#options.print({ type: 'change', at, change })
    if (this.#options.subject) this.#printValues(this.#options.subject, isFirst ? 'first' : 'changed')
  }

  #isWatched({ kind, key }: ItemChange): boolean {
    const { flags } = this.#options
    return flags.length === 0 || (kind === 'flag' && flags.includes(key))
  }

  /** Prints the values that have changed. The first values are printed only of flags that were selected. */
  #printValues(subject: Context, moment: 'first' | 'changed'): void {
    const { flags, print } = this.#options
    const known = [...this.#values.keys(), ...this.#system.snapshot().flags.keys()]
    const keys = new Set(flags.length > 0 ? flags : known)
    for (const key of keys) {
      const { value, variationIndex, reason } = evaluate(this.#system, key, subject)
      const isKnown = this.#values.has(key)
      const before = this.#values.get(key)
      this.#values.set(key, value)
      if (isKnown ? isEqual(before, value) : moment === 'first' && flags.length === 0) continue
      const event = { type: 'value', flag: key, value, variationIndex, reason } as const
      print({ ...event, at: systemClock.now(), ...(isKnown && { before }) })
    }
  }

  #printStatus(status: DataSourceStatus): void {
    const before = this.#status
    this.#status = status
    this.#options.print({ type: 'status', at: systemClock.now(), status, ...(before && { before }) })
  }
}

import type { Clock, Undo } from '../async/clock.ts'
import { Listeners } from '../async/listeners.ts'
import type { DataSystem } from '../datasystem/data-system.ts'
import type { ChangedKeys } from '../model/change-set.ts'
import { errorText } from '../model/error-text.ts'
import type { Logger } from '../model/logger.ts'
import type { DataSourceStatus } from '../model/status.ts'
import type { Changes } from './changes.ts'
import { NoSourceLeftError, SourceFailureError } from './errors.ts'

/**
 * The events of a client, by name, with the signature of their listeners. The first four are those of LaunchDarkly's
 * Node.js SDK. A listener does not receive events from before it was added.
 *
 * @example
 * ```ts
 * client.on('update:new-checkout', ({ key }) => console.log(`${key} changed`))
 * ```
 */
export interface ClientEvents {
  /** The client has data to serve. Emitted once; to learn about it later, call `waitForInitialization`. */
  readonly ready: () => void
  /** The client has no data, and no source is left that could bring any. The error is a {@link NoSourceLeftError}. */
  readonly failed: (error: Error) => void
  /**
   * A source failed, and the client continues: the error is a {@link SourceFailureError}. Or the value of a migration flag is
   * not a stage: the error is a {@link HalyardError} with the code `NOT_A_STAGE`. Other evaluations emit none.
   */
  readonly error: (error: Error) => void
  /** A flag changed, or a flag or segment that it depends on. Emitted once for each affected flag. */
  readonly update: (change: { readonly key: string }) => void
  /** The flag with this key changed, or a flag or segment that it depends on. */
  readonly [key: `update:${string}`]: (change: { readonly key: string }) => void
  /** The status of the data source changed. */
  readonly status: (status: DataSourceStatus) => void
}

type EventName = keyof ClientEvents
type EventValue<E extends EventName> = Parameters<ClientEvents[E]>[0]

export interface ClientEmitterOptions {
  readonly dataSystem: DataSystem
  readonly changes: Changes
  readonly clock: Pick<Clock, 'breathe'>
  readonly logger: Logger
}

/** The emitter of {@link ClientEvents}. Derives them from the status and the changes of a data system. */
export class ClientEmitter {
  readonly #dataSystem: DataSystem
  readonly #changes: Changes
  readonly #logger: Logger
  readonly #listeners = new Map<EventName, Listeners<EventValue<EventName>>>()
  #status: DataSourceStatus
  #stopListening: Undo | undefined
  #ready = false
  #closed = false

  constructor({ dataSystem, changes, clock, logger }: ClientEmitterOptions) {
    this.#dataSystem = dataSystem
    this.#changes = changes
    this.#logger = logger
    this.#status = dataSystem.status.current
    dataSystem.on('status', (status) => this.#onStatus(status))
    // A client that needs no source is ready at once and has no status change. Listeners are added after construction,
    // so the event is emitted in a later turn of the event loop.
    const emitReady = (): void => this.#emitIfReady()
    if (dataSystem.initialized) clock.breathe().then(emitReady, emitReady)
  }

  add<E extends EventName>(event: E, listener: ClientEvents[E], times: 'once' | 'always'): void {
    this.#listenersOf(event).add(listener as (value: EventValue<EventName>) => void, times)
    this.#updateChangeSubscription()
  }

  /** Removes the last registration of a listener, as the event emitter of Node.js does. */
  remove<E extends EventName>(event: E, listener: ClientEvents[E]): void {
    const listeners = this.#listeners.get(event)
    listeners?.remove(listener as (value: EventValue<EventName>) => void)
    if (listeners?.size === 0) this.#listeners.delete(event)
    this.#updateChangeSubscription()
  }

  /** Emits `error`. */
  report(error: Error): void {
    this.#emit('error', error)
  }

  /** Suppresses `failed`: a data system that was closed is off, but has not failed. */
  close(): void {
    this.#closed = true
  }

  #onStatus(status: DataSourceStatus): void {
    const { lastError, state } = this.#status
    this.#status = status
    this.#emit('status', status)
    if (status.lastError && status.lastError !== lastError)
      this.#emit('error', new SourceFailureError(status.lastError))
    const failed = status.state === 'off' && state !== 'off' && !this.#dataSystem.initialized
    if (failed && !this.#closed) this.#emit('failed', new NoSourceLeftError(status.lastError))
    // The data system publishes its status before it becomes ready, in the same turn of the event loop.
    if (!this.#ready)
      Promise.resolve()
        .then(() => this.#emitIfReady())
        .catch(() => undefined)
  }

  #emitIfReady(): void {
    if (this.#ready || this.#closed || !this.#dataSystem.initialized) return
    this.#ready = true
    this.#emit('ready', undefined)
  }

  /** Subscribes to changes only while an event needs them, because the data system then computes them (D24). */
  #updateChangeSubscription(): void {
    if (![...this.#listeners.keys()].some(isUpdate)) {
      this.#stopListening?.()
      this.#stopListening = undefined
    } else this.#stopListening ??= this.#changes.on((keys) => this.#onChange(keys))
  }

  #onChange({ flags }: ChangedKeys): void {
    this.#emitIfReady()
    for (const key of flags) {
      this.#emit('update', { key })
      this.#emit(`update:${key}`, { key })
    }
    this.#updateChangeSubscription()
  }

  #emit<E extends EventName>(event: E, value: EventValue<E>): void {
    const listeners = this.#listeners.get(event)
    listeners?.emit(value)
    if (listeners?.size === 0) this.#listeners.delete(event)
  }

  #listenersOf(event: EventName): Listeners<EventValue<EventName>> {
    const known = this.#listeners.get(event)
    if (known) return known
    const onError = (error: unknown): void =>
      this.#logger.error(`a listener of "${event}" threw: ${errorText(error)}`)
    const added = new Listeners<EventValue<EventName>>(onError)
    this.#listeners.set(event, added)
    return added
  }
}

function isUpdate(event: string): boolean {
  return event === 'update' || event.startsWith('update:')
}

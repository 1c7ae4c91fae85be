import { callSafely } from '../async/call-safely.ts'
import type { Clock, Undo } from '../async/clock.ts'
import type { DataSystem } from '../datasystem/data-system.ts'
import type { ChangedKeys } from '../model/change-set.ts'
import { errorText } from '../model/error-text.ts'
import type { Logger } from '../model/logger.ts'
import type { DataSourceStatus } from '../model/status.ts'
import { NoSourceLeftError, SourceFailureError } from './errors.ts'

/** What a client emits; the first four as the official Node.js SDK does. What happened before is not told again. */
export interface ClientEvents {
  /** There is data to serve. Told once; whoever comes later asks `waitForInitialization`. */
  readonly ready: () => void
  /** There will be none: no source is left that could bring it (`NoSourceLeftError`). */
  readonly failed: (error: Error) => void
  /** A source failed (`SourceFailureError`); the client goes on. Never told of an evaluation. */
  readonly error: (error: Error) => void
  /** A flag changed, or one that it depends on. Once for each key. */
  readonly update: (change: { readonly key: string }) => void
  /** The same for one flag. */
  readonly [key: `update:${string}`]: (change: { readonly key: string }) => void
  /** The flow of data changed. */
  readonly status: (status: DataSourceStatus) => void
}

export interface AnnouncerOptions {
  readonly dataSystem: DataSystem
  readonly clock: Pick<Clock, 'breathe'>
  readonly logger: Logger
}

/** Tells the listeners of a client what happens in its data system. */
export class Announcer {
  readonly #dataSystem: DataSystem
  readonly #emitter: Emitter
  #status: DataSourceStatus
  #stopListening: Undo | undefined
  #ready = false
  #closed = false

  constructor({ dataSystem, clock, logger }: AnnouncerOptions) {
    this.#dataSystem = dataSystem
    this.#emitter = new Emitter({
      onError: (event, error) => logger.error(`a listener of "${event}" threw: ${errorText(error)}`),
    })
    this.#status = dataSystem.status.current
    dataSystem.on('status', (status) => this.#follow(status))
    // Where nothing is to come there is no status to follow, and nobody can be listening yet.
    const look = (): void => this.#lookWhetherReady()
    if (dataSystem.initialized) clock.breathe().then(look, look)
  }

  add<E extends keyof ClientEvents>(event: E, listener: ClientEvents[E], times: 'once' | 'always'): void {
    this.#emitter.add(event, listener, times)
    this.#listenAsLongAsNeeded()
  }

  remove<E extends keyof ClientEvents>(event: E, listener: ClientEvents[E]): void {
    this.#emitter.remove(event, listener)
    this.#listenAsLongAsNeeded()
  }

  /** That a closed data system is off is no failure. */
  close(): void {
    this.#closed = true
  }

  #follow(status: DataSourceStatus): void {
    const { lastError, state } = this.#status
    this.#status = status
    this.#emitter.emit('status', status)
    if (status.lastError && status.lastError !== lastError)
      this.#emitter.emit('error', new SourceFailureError(status.lastError))
    const failed = status.state === 'off' && state !== 'off' && !this.#dataSystem.initialized
    if (failed && !this.#closed) this.#emitter.emit('failed', new NoSourceLeftError(status.lastError))
    // The status of a data system is true a moment before the data system is ready.
    const look = (): void => this.#lookWhetherReady()
    if (!this.#ready)
      Promise.resolve()
        .then(look)
        .catch(() => undefined)
  }

  #lookWhetherReady(): void {
    if (this.#ready || this.#closed || !this.#dataSystem.initialized) return
    this.#ready = true
    this.#emitter.emit('ready')
  }

  /** What changed is found out only while somebody wants to know (D24). */
  #listenAsLongAsNeeded(): void {
    if (!this.#emitter.hears(isUpdate)) {
      this.#stopListening?.()
      this.#stopListening = undefined
    } else this.#stopListening ??= this.#dataSystem.on('change', (keys) => this.#tellChanges(keys))
  }

  #tellChanges({ flags }: ChangedKeys): void {
    this.#lookWhetherReady()
    for (const key of flags) {
      this.#emitter.emit('update', { key })
      this.#emitter.emit(`update:${key}`, { key })
    }
    this.#listenAsLongAsNeeded()
  }
}

function isUpdate(event: string): boolean {
  return event === 'update' || event.startsWith('update:')
}

type EventName = keyof ClientEvents

interface Entry {
  readonly listener: ClientEvents[EventName]
  readonly times: 'once' | 'always'
}

export interface EmitterOptions {
  /** Hears of a listener that threw; the others are called all the same. */
  readonly onError: (event: string, error: unknown) => void
}

/** Listeners of a client, by event. Lists are replaced, never changed, so that they may be while they are called. */
class Emitter {
  readonly #entries = new Map<string, readonly Entry[]>()
  readonly #onError: EmitterOptions['onError']

  constructor({ onError }: EmitterOptions) {
    this.#onError = onError
  }

  /** Whether somebody listens to an event of this kind. */
  hears(fits: (event: string) => boolean): boolean {
    return [...this.#entries.keys()].some(fits)
  }

  add<E extends EventName>(event: E, listener: ClientEvents[E], times: Entry['times']): void {
    this.#entries.set(event, [...this.#of(event), { listener, times }])
  }

  /** Of a listener that was added several times the last is removed, as Node.js does. */
  remove<E extends EventName>(event: E, listener: ClientEvents[E]): void {
    const entries = this.#of(event)
    this.#drop(
      event,
      entries.findLast((entry) => entry.listener === listener),
    )
  }

  emit<E extends EventName>(event: E, ...values: Parameters<ClientEvents[E]>): void {
    for (const entry of this.#of(event)) {
      if (entry.times === 'once') this.#drop(event, entry)
      const listener = entry.listener as (...told: readonly unknown[]) => unknown
      callSafely(
        () => listener(...values),
        (error) => this.#onError(event, error),
      )
    }
  }

  #of(event: string): readonly Entry[] {
    return this.#entries.get(event) ?? []
  }

  #drop(event: string, dropped: Entry | undefined): void {
    const left = this.#of(event).filter((entry) => entry !== dropped)
    if (left.length > 0) this.#entries.set(event, left)
    else this.#entries.delete(event)
  }
}

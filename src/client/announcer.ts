import type { Clock, Undo } from '../async/clock.ts'
import type { DataSystem } from '../datasystem/data-system.ts'
import type { ChangedKeys } from '../model/change-set.ts'
import { errorText } from '../model/error-text.ts'
import type { Logger } from '../model/logger.ts'
import type { DataSourceStatus } from '../model/status.ts'
import { Emitter } from './emitter.ts'
import type { ClientEvents } from './events.ts'
import { NoSourceLeft, SourceFailure } from './source-failure.ts'

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
      this.#emitter.emit('error', new SourceFailure(status.lastError))
    const failed = status.state === 'off' && state !== 'off' && !this.#dataSystem.initialized
    if (failed && !this.#closed) this.#emitter.emit('failed', new NoSourceLeft(status.lastError))
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

import { callSafely } from '../async/call-safely.ts'
import type { ClientEvents } from './events.ts'

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
export class Emitter {
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

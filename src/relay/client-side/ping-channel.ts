import type { Clock, Undo } from '../../async/clock.ts'
import { Listeners } from '../../async/listeners.ts'
import type { EventFeed } from '../../server/event-stream.ts'

export interface PingChannelOptions {
  readonly clock: Clock
  readonly random: () => number
  /** The longest delay of a ping after a change, in milliseconds. */
  readonly jitterMs: number
  readonly onError: (error: unknown) => void
}

/** An event that reports a change. All streams share its bytes. */
export interface ChangeEvent {
  /** The ID that the client sends in `Last-Event-ID` when it reconnects. Empty if the event has none. */
  readonly id: string
  readonly bytes: Buffer
}

/** An event without content, as LaunchDarkly's Relay Proxy sends it. */
export const PING: Buffer = Buffer.from('event: ping\ndata:  \n\n')

const PING_EVENT: ChangeEvent = { id: '', bytes: PING }

/** The number of groups into which the streams of a channel are divided. Each group has at most one timer. */
const GROUPS = 256

interface Group {
  readonly listeners: Listeners<void>
  /** The last change of which the group has been notified. */
  revision: number
  cancelTimer: Undo | undefined
}

/**
 * Notifies many streams of changes. With a jitter, each stream belongs to a random group, and each group is notified after a
 * random delay; changes during the delay cause no further ping.
 */
export class PingChannel {
  readonly #options: PingChannelOptions
  /** Empty until the first stream opens, because most environments do not have every kind of client. */
  #groups: readonly Group[] = []
  /** The number of changes. 0: there is no data yet. */
  #revision = 0
  #makeEvent = (): ChangeEvent => PING_EVENT
  #madeEvent: ChangeEvent | undefined

  constructor(options: PingChannelOptions) {
    this.#options = options
  }

  /**
   * Sends an event to all streams. A stream that has not read the one before receives only this one.
   *
   * @param event - returns the event. It is called at most once, and only if there is a stream.
   */
  announce(event: () => ChangeEvent = () => PING_EVENT): void {
    const { clock, random, jitterMs } = this.#options
    this.#makeEvent = event
    this.#madeEvent = undefined
    this.#revision++
    const offset = jitterMs > 0 ? Math.floor(random() * this.#groups.length) : 0
    for (const [index, group] of this.#groups.entries()) {
      if (group.cancelTimer) continue
      if (jitterMs === 0 || group.listeners.size === 0) {
        this.#notify(group)
        continue
      }
      const position = ((index + offset) % this.#groups.length) + random()
      const wake = (): void => this.#notify(group)
      group.cancelTimer = clock.after((position / this.#groups.length) * jitterMs, wake)
    }
  }

  get #event(): ChangeEvent {
    this.#madeEvent ??= this.#makeEvent()
    return this.#madeEvent
  }

  /**
   * Returns the events of one stream: one as soon as there is data, unless the ID of the last event that the client received is
   * still the current one, and one after each change.
   */
  feed(lastEventId = ''): EventFeed {
    const group = this.#anyGroup()
    const isCurrent = lastEventId !== '' && lastEventId === this.#event.id
    let seen = isCurrent ? this.#revision : 0
    return {
      next: () => {
        // A client that connects during the delay receives its first ping at once, and already sees the changed data.
        const isNotified = seen === 0 ? this.#revision > 0 : seen < group.revision
        if (!isNotified) return undefined
        seen = this.#revision
        return this.#event.bytes
      },
      subscribe: (wake) => group.listeners.add(wake),
      goodbye: () => undefined,
    }
  }

  close(): void {
    for (const { cancelTimer } of this.#groups) cancelTimer?.()
  }

  #anyGroup(): Group {
    const { random, jitterMs, onError } = this.#options
    if (this.#groups.length === 0)
      this.#groups = Array.from({ length: jitterMs > 0 ? GROUPS : 1 }, () => ({
        listeners: new Listeners<void>(onError),
        revision: this.#revision,
        cancelTimer: undefined,
      }))
    return this.#groups[Math.floor(random() * this.#groups.length)] ?? (this.#groups[0] as Group)
  }

  #notify(group: Group): void {
    group.cancelTimer = undefined
    group.revision = this.#revision
    group.listeners.emit()
  }
}

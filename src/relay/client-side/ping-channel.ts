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

/** An event without content, as LaunchDarkly's Relay Proxy sends it. All streams share the buffer. */
export const PING: Buffer = Buffer.from('event: ping\ndata:  \n\n')

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
  readonly #groups: readonly Group[]
  /** The number of changes. 0: there is no data yet. */
  #revision = 0

  constructor(options: PingChannelOptions) {
    this.#options = options
    this.#groups = Array.from({ length: options.jitterMs > 0 ? GROUPS : 1 }, () => ({
      listeners: new Listeners<void>(options.onError),
      revision: 0,
      cancelTimer: undefined,
    }))
  }

  announce(): void {
    const { clock, random, jitterMs } = this.#options
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

  /** Returns the events of one stream: a ping as soon as there is data, and one after each change. */
  feed(): EventFeed {
    const group = this.#groups[Math.floor(this.#options.random() * this.#groups.length)] ?? this.#groups[0]
    if (!group) throw new RangeError('a channel has at least one group')
    let seen = 0
    return {
      next: () => {
        // A client that connects during the delay receives its first ping at once, and already sees the changed data.
        const isNotified = seen === 0 ? this.#revision > 0 : seen < group.revision
        if (!isNotified) return undefined
        seen = this.#revision
        return PING
      },
      subscribe: (wake) => group.listeners.add(wake),
      goodbye: () => undefined,
    }
  }

  close(): void {
    for (const { cancelTimer } of this.#groups) cancelTimer?.()
  }

  #notify(group: Group): void {
    group.cancelTimer = undefined
    group.revision = this.#revision
    group.listeners.emit()
  }
}

import { type StreamSettings, serveEvents } from '../../server/event-stream.ts'
import type { Audience } from '../addresses.ts'
import { type ChangeEvent, PingChannel, type PingChannelOptions } from '../client-side/ping-channel.ts'
import { refused } from '../client-side/request-context.ts'
import { AUDIENCES } from '../client-side/visible-changes.ts'
import type { SdkRequest } from '../sdk-request.ts'
import { ReachedStates } from './reached-states.ts'
import { refuseOfrep } from './refusal.ts'

export interface ChangeStreamsOptions extends PingChannelOptions {
  readonly settings: StreamSettings
}

/** A change, and the kinds of client that it concerns. */
export interface AnnouncedChange {
  readonly audiences: ReadonlySet<Audience>
  /** Returns the name of the state of the data, which other relays with the same data have, too. Later calls return the same. */
  readonly state: () => string
}

/**
 * Serves the streams of OFREP, which report that flags may have changed. A client that has not received the last report, for example
 * because it connects for the first time, receives it at once, because a change between its request for flags and its stream would be
 * lost otherwise.
 */
export class ChangeStreams {
  readonly #options: ChangeStreamsOptions
  readonly #channels: Readonly<Record<Audience, PingChannel>>
  readonly #states: ReachedStates
  /** A text that changes with the members of big segments, which are no part of the state of the data. */
  #members = ''
  #clients = 0

  constructor(options: ChangeStreamsOptions) {
    this.#options = options
    this.#states = new ReachedStates(options)
    this.#channels = {
      server: new PingChannel(options),
      mobile: new PingChannel(options),
      browser: new PingChannel(options),
    }
  }

  /** The number of open streams. */
  get clients(): number {
    return this.#clients
  }

  announce({ audiences, state }: AnnouncedChange): void {
    this.#states.add(state)
    const members = this.#members
    const event = (): ChangeEvent => refetchEvent(state() + members, state())
    for (const audience of audiences) this.#channels[audience].announce(event)
  }

  /** Must be called before a change of the members of big segments is announced. */
  changeMembers(): void {
    this.#members = `-${Math.floor(this.#options.random() * 2 ** 48).toString(36)}`
  }

  /** Resolves as soon as the data has, or had, this state, or after a time limit. */
  reached(state: string): Promise<void> {
    return this.#states.reached(state)
  }

  /** Resolves when the stream has begun. */
  async answer({ request, response, audience, expired }: SdkRequest): Promise<void> {
    const { settings, onError } = this.#options
    if (settings.closing.aborted) return refuseOfrep(response, CLOSING)
    const lastEventId = request.headers['last-event-id']?.toString()
    this.#clients++
    serveEvents(response, this.#channels[audience].feed(lastEventId), settings, { expired }).then(() => {
      this.#clients--
    }, onError)
  }

  close(): void {
    for (const audience of AUDIENCES) this.#channels[audience].close()
    this.#states.close()
  }
}

const CLOSING = refused('not ready', 'the environment is being closed')

/** Returns an event. Providers send its `etag` with the request for flags that follows. */
function refetchEvent(id: string, state: string): ChangeEvent {
  const data = JSON.stringify({ type: 'refetchEvaluation', etag: state })
  return { id, bytes: Buffer.from(`id: ${id}\nevent: message\ndata: ${data}\n\n`) }
}

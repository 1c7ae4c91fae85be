import type { IncomingMessage } from 'node:http'
import type { Undo } from '../async/clock.ts'
import { Listeners } from '../async/listeners.ts'
import type { AppliedChangeSet, Snapshot } from '../model/change-set.ts'
import { type Admission, admit } from './admission.ts'
import { type EventFeed, type StreamSettings, serveEvents } from './event-stream.ts'
import { changeEvents, type Fdv1Scope, flagsBody, fullBody, JsonBody, putEvent } from './fdv1-answers.ts'
import type { ServedRequest } from './request-target.ts'
import { isCurrent, refuse, respondWithJson } from './respond.ts'
import type { TrafficCounter } from './traffic.ts'

export interface Fdv1ServerOptions extends Fdv1FeedOptions {
  readonly settings: StreamSettings
  readonly admission: Admission
  /** Time for which HTTP caches may keep the answers other than `/sdk/latest-all`, in milliseconds. Default 0. */
  readonly ttlMs?: () => number | undefined
}

const RETRY_SOON = { 'retry-after': '1' }

const ITEM_PATH = /^\/sdk\/(flags|segments)\/(.+)$/

const STREAMS: ReadonlyMap<string, Fdv1Scope> = new Map([
  ['/all', 'all'],
  ['/flags', 'flags'],
])

/** Serves one environment over FDv1: polls and streams of whole objects. */
export class Fdv1Server {
  readonly #options: Fdv1ServerOptions
  readonly #feed: Fdv1Feed
  #clients = 0

  constructor(options: Fdv1ServerOptions) {
    this.#options = options
    this.#feed = new Fdv1Feed(options)
  }

  publish(changeSet: AppliedChangeSet): void {
    this.#feed.publish(changeSet)
  }

  get clients(): number {
    return this.#clients
  }

  handles(path: string): boolean {
    return STREAMS.has(path) || path === '/sdk/latest-all' || path === '/sdk/flags' || ITEM_PATH.test(path)
  }

  /**
   * Answers an authorized request for a path that {@link handles} accepts. Resolves when the answer is sent or its stream has
   * begun.
   */
  async answer(served: ServedRequest): Promise<void> {
    const { request, response } = served
    const { path } = served.target
    const { settings, admission, traffic, ttlMs } = this.#options
    let data = this.#data
    if (!data) return refuse(response, 503, RETRY_SOON)
    const scope = STREAMS.get(path)
    const isFull = scope !== undefined || isFullAnswer(path, request, data)
    const release = isFull ? await admit(admission, response, traffic) : () => {}
    if (!release) return
    // The data may have changed during the wait.
    data = this.#data
    if (!data) return refuse(response, 503, RETRY_SOON)
    if (scope) return this.#stream(scope, served, release)
    const body = bodyOf(path, data)
    if (!body) return refuse(response, 404)
    const maxAgeMs = path === '/sdk/latest-all' ? 0 : (ttlMs?.() ?? 0)
    const bytes = await respondWithJson(body, request, response, { ...settings, maxAgeMs })
    traffic.recordAnswer(bytes === 0 ? 'none' : 'full', bytes, body.bytes.length)
  }

  /** The current data, or undefined if there is none or the server shuts down. */
  get #data(): Snapshot | undefined {
    const { snapshot, settings } = this.#options
    return settings.closing.aborted ? undefined : snapshot()
  }

  #stream(scope: Fdv1Scope, { response, expired }: ServedRequest, release: Undo): void {
    const { settings, onError } = this.#options
    this.#clients++
    serveEvents(response, this.#feed.subscribe(scope, release), settings, { expired }).then(() => {
      this.#clients--
    }, onError)
  }
}

function isFullAnswer(path: string, request: IncomingMessage, snapshot: Snapshot): boolean {
  const body = ITEM_PATH.test(path) ? undefined : bodyOf(path, snapshot)
  return body !== undefined && !isCurrent(body, request)
}

function bodyOf(path: string, snapshot: Snapshot): JsonBody | undefined {
  if (path === '/sdk/latest-all') return fullBody(snapshot)
  if (path === '/sdk/flags') return flagsBody(snapshot)
  const [, collection, name = ''] = ITEM_PATH.exec(path) ?? []
  const items = collection === 'flags' ? snapshot.flags : snapshot.segments
  const item = items.get(decodeURIComponent(name))
  return item && new JsonBody(JSON.stringify(item.object))
}

interface Fdv1FeedOptions {
  readonly snapshot: () => Snapshot | undefined
  readonly traffic: TrafficCounter
  readonly onError: (error: unknown) => void
}

/** An encoded update: the latest change for clients that are exactly one revision behind, or the full payload for all others. */
interface EncodedUpdate {
  readonly type: 'full' | 'partial'
  readonly bytes: Buffer
}

/** The events of all FDv1 streams: all data, then each change. Each update is encoded once for all streams. */
export class Fdv1Feed {
  readonly #options: Fdv1FeedOptions
  readonly #subscribers: Listeners<void>
  #revision = 0
  #latest: AppliedChangeSet = { type: 'full', changes: [] }
  readonly #updates = new Map<string, EncodedUpdate>()

  constructor(options: Fdv1FeedOptions) {
    this.#options = options
    this.#subscribers = new Listeners(options.onError)
  }

  publish(changeSet: AppliedChangeSet): void {
    this.#revision++
    this.#latest = changeSet
    this.#updates.clear()
    this.#subscribers.emit()
  }

  /** @param onFirstRead - is called after the client has read the first answer. It may be called more than once. */
  subscribe(scope: Fdv1Scope, onFirstRead: Undo): EventFeed {
    let sent: number | undefined
    return {
      next: () => {
        if (sent !== undefined) onFirstRead()
        if (sent === this.#revision) return undefined
        const update = this.#update(scope, sent === this.#revision - 1 ? this.#latest.type : 'full')
        sent = this.#revision
        if (!update || update.bytes.length === 0) return undefined
        this.#options.traffic.recordAnswer(update.type, update.bytes.length, 0)
        return update.bytes
      },
      subscribe: (wake): Undo => this.#subscribers.add(wake),
      goodbye: () => undefined,
    }
  }

  #update(scope: Fdv1Scope, type: EncodedUpdate['type']): EncodedUpdate | undefined {
    const name = `${scope} ${type}`
    const known = this.#updates.get(name)
    if (known) return known
    const snapshot = type === 'full' ? this.#options.snapshot() : undefined
    if (type === 'full' && !snapshot) return undefined
    const bytes = snapshot ? putEvent(snapshot, scope) : changeEvents(this.#latest.changes, scope)
    const update: EncodedUpdate = { type, bytes }
    this.#updates.set(name, update)
    return update
  }
}

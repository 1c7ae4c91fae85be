import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Undo } from '../async/clock.ts'
import { Listeners } from '../async/listeners.ts'
import type { AppliedChangeSet, Snapshot } from '../model/change-set.ts'
import { type Admission, admit } from './admission.ts'
import { type EventFeed, type StreamSettings, serveEvents } from './event-stream.ts'
import { changeEvents, everythingOf, type Fdv1Scope, flagsOf, JsonBody, putEvent } from './fdv1-answers.ts'
import { isCurrent, refuse, respondWithJson } from './respond.ts'
import type { TrafficCounter } from './traffic.ts'

export interface Fdv1ServerOptions extends Fdv1FeedOptions {
  readonly settings: StreamSettings
  readonly admission: Admission
  /** How long caches of HTTP may keep what is asked for piece by piece, milliseconds. Default: not at all. */
  readonly ttlMs?: number
}

const RETRY_SOON = { 'retry-after': '1' }

const ITEM_PATH = /^\/sdk\/(flags|segments)\/(.+)$/

const STREAMS: ReadonlyMap<string, Fdv1Scope> = new Map([
  ['/all', 'all'],
  ['/flags', 'flags'],
])

/** Serves one environment to SDKs of the years before FDv2: whole objects, by polls and by streams. */
export class Fdv1Server {
  readonly #options: Fdv1ServerOptions
  readonly #news: Fdv1Feed
  #clients = 0

  constructor(options: Fdv1ServerOptions) {
    this.#options = options
    this.#news = new Fdv1Feed(options)
  }

  /** Tells every stream what differs from before. */
  tell(changeSet: AppliedChangeSet): void {
    this.#news.tell(changeSet)
  }

  /** Streams open at the moment. */
  get clients(): number {
    return this.#clients
  }

  /** Whether a path is one of FDv1's. */
  knows(path: string): boolean {
    return STREAMS.has(path) || path === '/sdk/latest-all' || path === '/sdk/flags' || ITEM_PATH.test(path)
  }

  /** Answers a request whose path it knows, and whose sender may ask. */
  async answer(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { settings, admission, traffic, ttlMs = 0 } = this.#options
    let served = this.#served
    if (!served) return refuse(response, 503, RETRY_SOON)
    const scope = STREAMS.get(path)
    const isLong = scope !== undefined || isFullAnswer(path, request, served)
    const taken = isLong ? await admit(admission, response, traffic) : () => {}
    if (!taken) return
    // The wait may have been long.
    served = this.#served
    if (!served) return refuse(response, 503, RETRY_SOON)
    if (scope) return this.#stream(scope, response, taken)
    const body = bodyOf(path, served)
    if (!body) return refuse(response, 404)
    const maxAgeMs = path === '/sdk/latest-all' ? 0 : ttlMs
    const bytes = await respondWithJson(body, request, response, { ...settings, maxAgeMs })
    traffic.answered(bytes === 0 ? 'none' : 'full', bytes, body.bytes.length)
  }

  /** What there is to serve; nothing any more once the server shuts down. */
  get #served(): Snapshot | undefined {
    const { snapshot, settings } = this.#options
    return settings.closing.aborted ? undefined : snapshot()
  }

  async #stream(scope: Fdv1Scope, response: ServerResponse, taken: Undo): Promise<void> {
    this.#clients++
    await serveEvents(response, this.#news.converse(scope, taken), this.#options.settings)
    this.#clients--
  }
}

/** Whether a poll for everything is answered with it. */
function isFullAnswer(path: string, request: IncomingMessage, snapshot: Snapshot): boolean {
  const body = ITEM_PATH.test(path) ? undefined : bodyOf(path, snapshot)
  return body !== undefined && !isCurrent(body, request)
}

function bodyOf(path: string, snapshot: Snapshot): JsonBody | undefined {
  if (path === '/sdk/latest-all') return everythingOf(snapshot)
  if (path === '/sdk/flags') return flagsOf(snapshot)
  const [, collection, name = ''] = ITEM_PATH.exec(path) ?? []
  const items = collection === 'flags' ? snapshot.flags : snapshot.segments
  const item = items.get(decodeURIComponent(name))
  return item && new JsonBody(JSON.stringify(item.object))
}

interface Fdv1FeedOptions {
  /** What is held; `undefined` while there is nothing. */
  readonly snapshot: () => Snapshot | undefined
  readonly traffic: TrafficCounter
  readonly onError: (error: unknown) => void
}

/** Bytes that bring whoever is one revision behind to the present, or everybody. */
interface EncodedUpdate {
  readonly type: 'full' | 'partial'
  readonly bytes: Buffer
}

/** What streams of FDv1 say: everything, then each change, encoded once however many listen. */
export class Fdv1Feed {
  readonly #options: Fdv1FeedOptions
  readonly #subscribers: Listeners<void>
  #revision = 0
  #latest: AppliedChangeSet = { type: 'full', changes: [] }
  readonly #bulletins = new Map<string, EncodedUpdate>()

  constructor(options: Fdv1FeedOptions) {
    this.#options = options
    this.#subscribers = new Listeners(options.onError)
  }

  tell(changeSet: AppliedChangeSet): void {
    this.#revision++
    this.#latest = changeSet
    this.#bulletins.clear()
    this.#subscribers.emit()
  }

  /** `taken` is called once the client has taken the first answer; perhaps more than once. */
  converse(scope: Fdv1Scope, taken: Undo): EventFeed {
    let told: number | undefined
    return {
      next: () => {
        if (told !== undefined) taken()
        if (told === this.#revision) return undefined
        const bulletin = this.#bulletin(scope, told === this.#revision - 1 ? this.#latest.type : 'full')
        told = this.#revision
        if (!bulletin || bulletin.bytes.length === 0) return undefined
        this.#options.traffic.answered(bulletin.type, bulletin.bytes.length, 0)
        return bulletin.bytes
      },
      subscribe: (ring): Undo => this.#subscribers.add(ring),
      goodbye: () => undefined,
    }
  }

  #bulletin(scope: Fdv1Scope, type: EncodedUpdate['type']): EncodedUpdate | undefined {
    const name = `${scope} ${type}`
    const known = this.#bulletins.get(name)
    if (known) return known
    const snapshot = type === 'full' ? this.#options.snapshot() : undefined
    if (type === 'full' && !snapshot) return undefined
    const bytes = snapshot ? putEvent(snapshot, scope) : changeEvents(this.#latest.changes, scope)
    const bulletin: EncodedUpdate = { type, bytes }
    this.#bulletins.set(name, bulletin)
    return bulletin
  }
}

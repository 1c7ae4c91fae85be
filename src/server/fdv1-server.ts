import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Undo } from '../async/clock.ts'
import type { AppliedChangeSet, Snapshot } from '../model/change-set.ts'
import type { Admission } from './admission.ts'
import { admit } from './admit.ts'
import { type StreamSettings, serveEvents } from './event-stream.ts'
import { everythingOf, type Fdv1Scope, flagsOf, JsonBody } from './fdv1-answers.ts'
import { Fdv1News, type Fdv1NewsOptions } from './fdv1-news.ts'
import { refuse } from './refuse.ts'
import { isCurrent, respondWithJson } from './respond-with-json.ts'

export interface Fdv1ServerOptions extends Fdv1NewsOptions {
  readonly settings: StreamSettings
  readonly admission: Admission
  /** How long caches of HTTP may keep what is asked for piece by piece, milliseconds. Default: not at all. */
  readonly ttlMs?: number
}

const COME_AGAIN = { 'retry-after': '1' }

const OBJECT = /^\/sdk\/(flags|segments)\/(.+)$/

const STREAMS: ReadonlyMap<string, Fdv1Scope> = new Map([
  ['/all', 'all'],
  ['/flags', 'flags'],
])

/** Serves one environment to SDKs of the years before FDv2: whole objects, by polls and by streams. */
export class Fdv1Server {
  readonly #options: Fdv1ServerOptions
  readonly #news: Fdv1News
  #clients = 0

  constructor(options: Fdv1ServerOptions) {
    this.#options = options
    this.#news = new Fdv1News(options)
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
    return STREAMS.has(path) || path === '/sdk/latest-all' || path === '/sdk/flags' || OBJECT.test(path)
  }

  /** Answers a request whose path it knows, and whose sender may ask. */
  async answer(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { settings, admission, traffic, ttlMs = 0 } = this.#options
    let served = this.#served
    if (!served) return refuse(response, 503, COME_AGAIN)
    const scope = STREAMS.get(path)
    const isLong = scope !== undefined || isNews(path, request, served)
    const taken = isLong ? await admit(admission, response, traffic) : () => {}
    if (!taken) return
    // The wait may have been long.
    served = this.#served
    if (!served) return refuse(response, 503, COME_AGAIN)
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
function isNews(path: string, request: IncomingMessage, snapshot: Snapshot): boolean {
  const body = OBJECT.test(path) ? undefined : bodyOf(path, snapshot)
  return body !== undefined && !isCurrent(body, request)
}

function bodyOf(path: string, snapshot: Snapshot): JsonBody | undefined {
  if (path === '/sdk/latest-all') return everythingOf(snapshot)
  if (path === '/sdk/flags') return flagsOf(snapshot)
  const [, collection, name = ''] = OBJECT.exec(path) ?? []
  const items = collection === 'flags' ? snapshot.flags : snapshot.segments
  const item = items.get(decodeURIComponent(name))
  return item && new JsonBody(JSON.stringify(item.object))
}

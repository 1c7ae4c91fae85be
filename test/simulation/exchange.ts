import type { Undo } from '../../src/async/clock.ts'
import type { HttpHeaders, HttpResponse } from '../../src/transport/transport.ts'
import { Conversation, type Line, type Word } from './conversation.ts'
import { type Fate, fateOf, type Refusal } from './fate.ts'
import { COMMENT, fdv1Body, framer, NOT_UTF8, pollBody, print } from './framing.ts'
import type { Answer, Form, State } from './model-server.ts'
import type { Seen, World } from './network.ts'
import { type Ending, type Piece, Pipe } from './pipe.ts'

const HEARTBEAT_MS = 60_000

/** One request and its answer, for as long as either lasts. */
export class Exchange {
  readonly id: number
  readonly seen: Seen
  readonly #world: World
  readonly #fate: Fate
  readonly #pipe: Pipe
  readonly #conversation: Conversation
  readonly #frame: ReturnType<typeof framer>
  #timers: Undo[] = []
  #reject: ((error: unknown) => void) | undefined
  #leave: () => void = () => {}
  #word: Word | undefined
  /** What a poll says counts when all of it is there. */
  readonly #unread: Word[] = []
  #prepared: Answer | undefined
  #quietSince: number
  #answered = false
  /** A stream that has answered and hears of what is new. */
  #subscribed = false

  constructor(id: number, seen: Seen, world: World) {
    this.id = id
    this.seen = seen
    this.#world = world
    this.#quietSince = world.time.world.monotonic()
    const random = world.random.fork()
    this.#fate = fateOf(random, world.weather, seen)
    this.#conversation = new Conversation(random, world.weather)
    this.#frame = framer(random)
    this.#pipe = new Pipe({
      after: (ms, wake) => world.time.after(ms, wake),
      cut: this.#fate.cut,
      pace: this.#fate.pace,
      onRead: (piece) => this.#read(piece),
      onEnd: (how) => this.#ended(how),
    })
  }

  get isFdv2(): boolean {
    return this.seen.source !== 'fdv1 polling'
  }

  get isStream(): boolean {
    return this.seen.url.pathname === '/sdk/stream'
  }

  /** Whether it is an open stream whose last word was data: whoever reads it is a writer. */
  get isLive(): boolean {
    return this.isStream && this.#pipe.open && this.#word === 'data'
  }

  /** How long a stream that has not given data yet has been silent, milliseconds. */
  get hangsForMs(): number {
    return this.isStream && !this.#word ? this.#world.time.world.monotonic() - this.#quietSince : 0
  }

  /** How long a stream has been without the headers of an answer, milliseconds. */
  get unansweredForMs(): number {
    return this.isStream && !this.#answered ? this.#world.time.world.monotonic() - this.#quietSince : 0
  }

  /** Begins; `leave` is called once when nothing of it is left. */
  start(leave: () => void): Promise<HttpResponse> {
    this.#leave = leave
    return new Promise((resolve, reject) => {
      this.#reject = reject
      const { delayMs } = this.#fate
      // What a slow answer says may be old news when it comes.
      if (!this.isStream && this.#fate.answers === 'at once') this.#prepared = this.#answer()
      this.#after(delayMs, () => {
        this.#answered = true
        const { failure } = this.#fate
        if (failure !== 'none' && 'error' in failure) this.#fail(failure.error)
        else resolve(this.#withOrder(this.#respond(failure)))
      })
    })
  }

  /** The machine hangs up. */
  abandon(reason: unknown): void {
    this.#reject?.(reason)
    this.#pipe.abandon(reason)
    this.#settle()
  }

  publish(state: State): void {
    if (!this.#subscribed) return
    const { server, weather } = this.#world
    const answer = weather.strikes('needless full')
      ? server.full('cant-catchup')
      : server.update(state, this.#form)
    this.#say(this.#conversation.tell(answer))
  }

  drop(): void {
    if (this.isStream) this.#pipe.finish('broken')
  }

  heal(): void {
    this.#pipe.heal()
  }

  #respond(failure: 'none' | Refusal): HttpResponse {
    this.#world.trace.write(() => `#${this.id} ${this.seen.source} answered ${describe(this.#fate)}`)
    if (failure === 'none') return this.isStream ? this.#stream() : this.#poll()
    // The page that a poll gets in place of data is read before it is judged.
    const judgedByBody = failure.status === 200 && !this.isStream
    if (!failure.headers.location && !judgedByBody) this.#heard('bad')
    return this.#plain(failure.status, failure.headers, failure.body)
  }

  #withOrder(response: HttpResponse): HttpResponse {
    const { order } = this.#fate
    return { ...response, headers: { ...response.headers, ...order } }
  }

  #fail(error: Error): void {
    this.#world.trace.write(() => `#${this.id} ${this.seen.source} ${error.message}`)
    this.#heard('bad')
    this.#reject?.(error)
    this.#settle()
  }

  #plain(status: number, headers: HttpHeaders, body: string): HttpResponse {
    if (body !== '') this.#pipe.write([{ bytes: Buffer.from(body), words: [] }])
    this.#pipe.finish('clean')
    return { status, headers, body: this.#pipe }
  }

  #poll(): HttpResponse {
    const { weather, trace } = this.#world
    if (this.seen.source === 'fdv1 polling') return this.#fdv1()
    const answer = this.#prepared ?? this.#answer()
    const etag = JSON.stringify(answer.target.name)
    if (this.seen.headers['if-none-match'] === etag) {
      this.#unread.push('data')
      return this.#plain(304, { etag }, '')
    }
    const lines = this.#conversation.tell(answer)
    trace.write(() => `#${this.id} says ${print(lines)}`)
    this.#pipe.write([pollBody(lines)])
    if (weather.strikes('not UTF-8')) this.#pipe.write([NOT_UTF8])
    this.#pipe.finish('clean')
    return { status: 200, headers: { 'content-type': 'application/json', etag }, body: this.#pipe }
  }

  #fdv1(): HttpResponse {
    const { server, trace } = this.#world
    trace.write(() => `#${this.id} says everything, at ${server.current.name}`)
    this.#pipe.write([fdv1Body(server.current)])
    this.#pipe.finish('clean')
    return { status: 200, headers: {}, body: this.#pipe }
  }

  #stream(): HttpResponse {
    this.#subscribed = true
    this.#say(this.#conversation.tell(this.#answer()))
    this.#beat()
    return { status: 200, headers: { 'content-type': 'text/event-stream' }, body: this.#pipe }
  }

  get #form(): Form {
    return this.seen.headers['x-halyard-accept'] === 'patch-object' ? 'patches' : 'puts'
  }

  #answer(): Answer {
    const { server, weather } = this.#world
    const basis = this.seen.url.searchParams.get('basis') ?? undefined
    return server.answer(basis, weather.strikes('needless full') ? 'ignored' : 'used', this.#form)
  }

  #say(lines: readonly Line[]): void {
    this.#world.trace.write(() => `#${this.id} says ${print(lines)}`)
    this.#pipe.write(this.#frame(lines))
    if (this.#world.weather.strikes('not UTF-8')) this.#pipe.write([NOT_UTF8])
  }

  #beat(): void {
    this.#after(HEARTBEAT_MS, () => {
      this.#pipe.write([COMMENT])
      this.#beat()
    })
  }

  #after(ms: number, wake: () => void): void {
    this.#timers = [this.#world.time.after(ms, wake)]
  }

  #read({ words }: Piece): void {
    const { ledger, time } = this.#world
    this.#quietSince = time.world.monotonic()
    ledger.byte(this.seen.source, time.machine.monotonic(), this.isLive ? 'live' : 'other')
    if (this.isStream) for (const word of words) this.#heard(word)
    else this.#unread.push(...words)
  }

  #ended(how: Ending): void {
    this.#world.trace.write(() => `#${this.id} ${this.seen.source} ended, ${how}`)
    const { failure } = this.#fate
    if (failure === 'none' || ('status' in failure && failure.status === 200)) {
      if (!this.isStream && how === 'clean') for (const word of this.#listenedTo()) this.#heard(word)
      else this.#heard('bad')
    }
    this.#settle()
  }

  /** An initializer is not listened to beyond its first data; a body that says nothing is a failure. */
  #listenedTo(): readonly Word[] {
    const words = this.#unread
    if (words.length === 0) return ['bad']
    if ('x-ld-fd-fallback' in this.#fate.order && this.isFdv2) return words.slice(0, 1)
    return this.seen.source === 'polling initializer' && words.includes('data') ? ['data'] : words
  }

  #heard(word: Word): void {
    // An answer with an order to use FDv1 is not listened to beyond its first word.
    if (this.#word && 'x-ld-fd-fallback' in this.#fate.order && this.isFdv2) return
    this.#word = word
    // A check that fails says nothing about any source.
    if (word === 'bad' && this.seen.asker !== 'source') return
    this.#world.ledger.heard(this.seen.source, word, this.#world.time.machine.monotonic())
  }

  #settle(): void {
    for (const undo of this.#timers) undo()
    this.#subscribed = false
    this.#leave()
  }
}

function describe({ failure, cut, order }: Fate): string {
  const told = JSON.stringify(order)
  const what = failure === 'none' || 'error' in failure ? 'properly' : JSON.stringify(failure)
  return `${what}${told === '{}' ? '' : ` ${told}`}${cut ? `, to be cut after ${cut.after} bytes by ${cut.how}` : ''}`
}

import type { Undo } from '../../src/async/clock.ts'
import type { HttpHeaders, HttpResponse } from '../../src/transport/transport.ts'
import { type Effect, FaultInjector, type Line } from './fault-injector.ts'
import { COMMENT, fdv1Body, framer, NOT_UTF8, pollBody, print } from './framing.ts'
import type { Answer, Form, State } from './model-server.ts'
import type { Seen, World } from './network.ts'
import { type Ending, type Piece, Pipe } from './pipe.ts'
import { planRequest, type Refusal, type RequestPlan } from './request-plan.ts'

const HEARTBEAT_MS = 60_000

/** One request and its answer. */
export class Exchange {
  readonly id: number
  readonly seen: Seen
  readonly #world: World
  readonly #plan: RequestPlan
  readonly #pipe: Pipe
  readonly #injector: FaultInjector
  readonly #frame: ReturnType<typeof framer>
  #timers: Undo[] = []
  #reject: ((error: unknown) => void) | undefined
  #leave: () => void = () => {}
  #effect: Effect | undefined
  /** The effects of a poll, which apply when its body is complete. */
  readonly #unread: Effect[] = []
  #prepared: Answer | undefined
  #quietSince: number
  #answered = false
  /** True if this is a stream that receives changes. */
  #subscribed = false

  constructor(id: number, seen: Seen, world: World) {
    this.id = id
    this.seen = seen
    this.#world = world
    this.#quietSince = world.time.world.monotonic()
    const random = world.random.fork()
    this.#plan = planRequest(random, world.faults, seen)
    this.#injector = new FaultInjector(random, world.faults)
    this.#frame = framer(random)
    this.#pipe = new Pipe({
      after: (ms, wake) => world.time.after(ms, wake),
      cut: this.#plan.cut,
      pace: this.#plan.pace,
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

  /** True if this is an open stream whose last event was data. Its reader writes to memory. */
  get isLive(): boolean {
    return this.isStream && this.#pipe.open && this.#effect === 'data'
  }

  /** Time for which a stream without data has been silent, in milliseconds. */
  get hangsForMs(): number {
    return this.isStream && !this.#effect ? this.#world.time.world.monotonic() - this.#quietSince : 0
  }

  /** Time for which a stream has been waiting for headers, in milliseconds. */
  get unansweredForMs(): number {
    return this.isStream && !this.#answered ? this.#world.time.world.monotonic() - this.#quietSince : 0
  }

  /** Sends the request. Calls `leave` once at the end of the exchange. */
  start(leave: () => void): Promise<HttpResponse> {
    this.#leave = leave
    return new Promise((resolve, reject) => {
      this.#reject = reject
      const { delayMs } = this.#plan
      // A slow answer may have been created long before it is received.
      if (!this.isStream && this.#plan.answers === 'at once') this.#prepared = this.#answer()
      this.#after(delayMs, () => {
        this.#answered = true
        const { failure } = this.#plan
        if (failure !== 'none' && 'error' in failure) this.#fail(failure.error)
        else resolve(this.#withOrder(this.#respond(failure)))
      })
    })
  }

  /** Ends the exchange because the client aborted it. */
  abandon(reason: unknown): void {
    this.#reject?.(reason)
    this.#pipe.abandon(reason)
    this.#settle()
  }

  publish(state: State): void {
    if (!this.#subscribed) return
    const { server, faults } = this.#world
    const answer = faults.occurs('needless full')
      ? server.full('cant-catchup')
      : server.update(state, this.#form)
    this.#send(this.#injector.linesOf(answer))
  }

  drop(): void {
    if (this.isStream) this.#pipe.finish('broken')
  }

  heal(): void {
    this.#pipe.heal()
  }

  #respond(failure: 'none' | Refusal): HttpResponse {
    this.#world.trace.write(() => `#${this.id} ${this.seen.source} answered ${describe(this.#plan)}`)
    if (failure === 'none') return this.isStream ? this.#stream() : this.#poll()
    // A poll that receives an HTML page fails only after its body was read.
    const judgedByBody = failure.status === 200 && !this.isStream
    if (!failure.headers.location && !judgedByBody) this.#apply('bad')
    return this.#plain(failure.status, failure.headers, failure.body)
  }

  #withOrder(response: HttpResponse): HttpResponse {
    const { order } = this.#plan
    return { ...response, headers: { ...response.headers, ...order } }
  }

  #fail(error: Error): void {
    this.#world.trace.write(() => `#${this.id} ${this.seen.source} ${error.message}`)
    this.#apply('bad')
    this.#reject?.(error)
    this.#settle()
  }

  #plain(status: number, headers: HttpHeaders, body: string): HttpResponse {
    if (body !== '') this.#pipe.write([{ bytes: Buffer.from(body), effects: [] }])
    this.#pipe.finish('clean')
    return { status, headers, body: this.#pipe }
  }

  #poll(): HttpResponse {
    const { faults, trace } = this.#world
    if (this.seen.source === 'fdv1 polling') return this.#fdv1()
    const answer = this.#prepared ?? this.#answer()
    const etag = JSON.stringify(answer.target.name)
    if (this.seen.headers['if-none-match'] === etag) {
      this.#unread.push('data')
      return this.#plain(304, { etag }, '')
    }
    const lines = this.#injector.linesOf(answer)
    trace.write(() => `#${this.id} sends ${print(lines)}`)
    this.#pipe.write([pollBody(lines)])
    if (faults.occurs('not UTF-8')) this.#pipe.write([NOT_UTF8])
    this.#pipe.finish('clean')
    return { status: 200, headers: { 'content-type': 'application/json', etag }, body: this.#pipe }
  }

  #fdv1(): HttpResponse {
    const { server, trace } = this.#world
    trace.write(() => `#${this.id} sends a full payload of ${server.current.name}`)
    this.#pipe.write([fdv1Body(server.current)])
    this.#pipe.finish('clean')
    return { status: 200, headers: {}, body: this.#pipe }
  }

  #stream(): HttpResponse {
    this.#subscribed = true
    this.#send(this.#injector.linesOf(this.#answer()))
    this.#beat()
    return { status: 200, headers: { 'content-type': 'text/event-stream' }, body: this.#pipe }
  }

  get #form(): Form {
    return this.seen.headers['x-halyard-accept'] === 'patch-object' ? 'patches' : 'puts'
  }

  #answer(): Answer {
    const { server, faults } = this.#world
    const basis = this.seen.url.searchParams.get('basis') ?? undefined
    return server.answer(basis, faults.occurs('needless full') ? 'ignored' : 'used', this.#form)
  }

  #send(lines: readonly Line[]): void {
    this.#world.trace.write(() => `#${this.id} sends ${print(lines)}`)
    this.#pipe.write(this.#frame(lines))
    if (this.#world.faults.occurs('not UTF-8')) this.#pipe.write([NOT_UTF8])
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

  #read({ effects }: Piece): void {
    const { received, time } = this.#world
    this.#quietSince = time.world.monotonic()
    received.byte(this.seen.source, time.machine.monotonic(), this.isLive ? 'live' : 'other')
    if (this.isStream) for (const effect of effects) this.#apply(effect)
    else this.#unread.push(...effects)
  }

  #ended(how: Ending): void {
    this.#world.trace.write(() => `#${this.id} ${this.seen.source} ended, ${how}`)
    const { failure } = this.#plan
    if (failure === 'none' || ('status' in failure && failure.status === 200)) {
      if (!this.isStream && how === 'clean') for (const effect of this.#effectsRead()) this.#apply(effect)
      else this.#apply('bad')
    }
    this.#settle()
  }

  /** Returns the effects that the client reads: an initializer ends at its first data, and a body without events is a failure. */
  #effectsRead(): readonly Effect[] {
    const effects = this.#unread
    if (effects.length === 0) return ['bad']
    if ('x-ld-fd-fallback' in this.#plan.order && this.isFdv2) return effects.slice(0, 1)
    return this.seen.source === 'polling initializer' && effects.includes('data') ? ['data'] : effects
  }

  #apply(effect: Effect): void {
    // The client reads an answer with an order to use FDv1 only up to its first effect.
    if (this.#effect && 'x-ld-fd-fallback' in this.#plan.order && this.isFdv2) return
    this.#effect = effect
    // A failed check has no effect on the status of a source.
    if (effect === 'bad' && this.seen.sender !== 'source') return
    this.#world.received.record(this.seen.source, effect, this.#world.time.machine.monotonic())
  }

  #settle(): void {
    for (const undo of this.#timers) undo()
    this.#subscribed = false
    this.#leave()
  }
}

function describe({ failure, cut, order }: RequestPlan): string {
  const headers = JSON.stringify(order)
  const result = failure === 'none' || 'error' in failure ? 'properly' : JSON.stringify(failure)
  return `${result}${headers === '{}' ? '' : ` ${headers}`}${cut ? `, to be cut after ${cut.after} bytes by ${cut.how}` : ''}`
}

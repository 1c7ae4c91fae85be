import type { Clock } from '../async/clock.ts'
import { type Failure, fail, type Interruption } from './failure.ts'
import type { Outgoing } from './outgoing.ts'
import { interrupt, respond } from './respond.ts'
import type { Voice } from './voice.ts'

/** A request as the origin saw it. */
export interface ScriptedRequest {
  readonly url: URL
  /** The state the client says it has; undefined when it has nothing to resume from. */
  readonly basis: string | undefined
  readonly headers: Headers
}

/** One path of a scripted origin: what it was asked, and how it answers. */
export class ScriptedPath {
  readonly #voice: Voice
  readonly #clock: Clock
  readonly #requests: ScriptedRequest[] = []
  readonly #following = new Set<Outgoing>()
  #script: Failure[] = []
  #standing: Failure = fail.not()

  constructor(voice: Voice, clock: Clock) {
    this.#voice = voice
    this.#clock = clock
  }

  /** Every request there was, failed ones included. */
  get requests(): readonly ScriptedRequest[] {
    return this.#requests
  }

  /** Streams open at the moment; 0 on a path of polls. */
  get open(): number {
    return this.#following.size
  }

  /** What happens to the next requests, one each, after what was scripted before. */
  next(...failures: readonly Failure[]): this {
    this.#script.push(...failures)
    return this
  }

  /** What happens to each request for which nothing else is scripted. Streams that are open stay as they are. */
  always(failure: Failure): this {
    this.#standing = failure
    return this
  }

  /** Forgets the script: from now on each request is answered as it should be. */
  heal(): this {
    this.#script = []
    this.#standing = fail.not()
    return this
  }

  /**
   * What happens to the streams that are open: by default they break at once. `fail.cutAt(n)` breaks them after the
   * first `n` bytes of a full payload, `fail.goodbye()` ends them, `fail.hang()` leaves them open and silent.
   */
  interrupt(failure: Interruption = fail.cutAt(0)): this {
    for (const outgoing of this.#following) interrupt(outgoing, this.#voice, failure)
    return this
  }

  /** Answers one request; for the origin. */
  respond(request: Request): Promise<Response> {
    const url = new URL(request.url)
    const basis = url.searchParams.get('basis') ?? undefined
    this.#requests.push({ url, basis, headers: request.headers })
    return respond(this.#script.shift() ?? this.#standing, {
      voice: this.#voice,
      basis,
      left: request.signal,
      clock: this.#clock,
      onFollowing: (outgoing) => {
        this.#following.add(outgoing)
        outgoing.whenOver(() => this.#following.delete(outgoing))
      },
    })
  }
}

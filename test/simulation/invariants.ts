import type { DataSystem } from '../../src/datasystem/data-system.ts'
import type { ChangedKeys, Snapshot } from '../../src/model/change-set.ts'
import { type Network, ORIGINS, type Seen, type World } from './network.ts'
import type { Setup } from './plan.ts'
import { ServedCheck } from './served.ts'
import { ensure } from './violation.ts'

/** Maximum of requests within a minute. */
const MOST_PER_MINUTE = 80

const SLACK_MS = 1_000

/** Shortest duration of an order to use FDv1, in milliseconds. */
const SHORTEST_ORDER_MS = 5_000

/** Checks the invariants of the data system after every step and at every request. */
export class Invariants {
  readonly #system: DataSystem
  readonly #world: World
  readonly #network: Network
  readonly #setup: Setup
  readonly #served: ServedCheck
  readonly #requests: number[] = []
  #reported: Snapshot
  /** Time of the last FDv2 request. */
  #fdv2At = Number.NEGATIVE_INFINITY
  /** True if FDv1 was requested since the last FDv2 request. */
  #ordered = false
  #violation: unknown

  constructor(system: DataSystem, network: Network, setup: Setup, world: World) {
    this.#system = system
    this.#world = world
    this.#network = network
    this.#setup = setup
    this.#served = new ServedCheck(world.server)
    this.#reported = system.snapshot()
  }

  /** Checks the invariants after a step. Throws the first violation. */
  check(): void {
    if (this.#violation) throw this.#violation
    this.#served.check(this.#system.snapshot())
    this.#checkStatus()
    this.#checkWriters()
    this.#checkSilentStreams()
    this.#checkHeaders()
  }

  /** Runs a check within the data system, which would catch an exception. {@link check} throws it later. */
  attempt(look: () => void): void {
    try {
      look()
    } catch (error) {
      this.#violation ??= error
    }
  }

  /** Checks a request. */
  request(seen: Seen): void {
    const { url, headers, source } = seen
    ensure(url.origin in ORIGINS, () => `a request with a credential went to ${url.origin}`)
    ensure(headers.authorization === 'sdk-key', () => `a request went without the credential to ${url.href}`)
    this.#checkRequestRate()
    this.#checkOrder(source)
    // The basis of a redirect, or of the check of a candidate, may be outdated.
    if (url.searchParams.has('hop') || seen.sender !== 'source') return
    this.#checkFallbackPolls(seen)
    const basis = url.searchParams.get('basis') ?? undefined
    const held = source === 'fdv1 polling' ? undefined : this.#system.selector?.state
    // A candidate that waits before its request uses the basis of its opening. Its answer is discarded then.
    if (this.#system.status.current.source !== source && source !== 'fdv1 polling') return
    ensure(basis === held, () => `${source} requested basis ${basis} while memory is at ${held}`)
  }

  /** Checks that a change event has exactly the keys that differ (D24). */
  changed({ flags, segments }: ChangedKeys): void {
    const before = this.#reported
    const after = this.#system.snapshot()
    this.#reported = after
    for (const [kind, keys] of [
      ['flags', flags],
      ['segments', segments],
    ] as const) {
      const differing = [...new Set([...before[kind].keys(), ...after[kind].keys()])].filter(
        (key) => before[kind].get(key)?.object.salt !== after[kind].get(key)?.object.salt,
      )
      const wrong = differing.length !== keys.size || differing.some((key) => !keys.has(key))
      ensure(
        !wrong,
        () => `the change event has ${kind} ${[...keys].join()}, but ${differing.join()} changed`,
      )
    }
  }

  /** Checks that a closed data system has no armed timer, no open answer and no state but `off`. */
  checkClosed(): void {
    const { time } = this.#world
    ensure(time.armed === 0, () => `${time.armed} alarms are armed after close`)
    ensure(time.world.held === 0, () => 'something still keeps the process alive after close')
    ensure(this.#network.open.length === 0, () => `${this.#network.open.length} answers are open after close`)
    ensure(this.#system.status.current.state === 'off', () => 'the status is not off after close')
  }

  #checkStatus(): void {
    const { received, time } = this.#world
    const { state, source = 'no source', ageMs } = this.#system.status.current
    if (state === 'valid') {
      const effect = received.lastEffect(source)
      ensure(effect === 'data', () => `valid, but the last effect of ${source} was ${effect ?? 'none'}`)
    }
    const { initialized, availability } = this.#system
    const { aliveAt } = received
    ensure(
      aliveAt !== undefined || (!initialized && ageMs === undefined),
      () => 'initialized, or with an age, before any data',
    )
    ensure(initialized || availability === 'defaults', () => `not initialized, yet ${availability}`)
    if (ageMs === undefined || aliveAt === undefined) return
    const silentMs = time.machine.monotonic() - aliveAt
    ensure(ageMs >= silentMs - 1, () => `the age is ${ageMs} ms, but the last data is ${silentMs} ms old`)
  }

  /** Checks that an open stream with data is the only writer, and the source of the status. */
  #checkWriters(): void {
    const live = this.#network.open.filter(({ isLive }) => isLive)
    ensure(live.length <= 1, () => `${live.length} streams write at once`)
    if (live.length === 0) return
    const { state, source } = this.#system.status.current
    ensure(
      state === 'valid' && source === 'streaming',
      () => `a stream that gave data is being read, while the status is ${state} ${source}`,
    )
  }

  /** Checks that a stream without data is left soon if there is an alternative (D4). */
  #checkSilentStreams(): void {
    if (this.#setup.alternatives === 0 || this.#setup.retirable) return
    const bound = this.#setup.timings.interruptedMs + SLACK_MS
    for (const { hangsForMs } of this.#network.open) {
      ensure(hangsForMs <= bound, () => `a stream without data has been open for ${hangsForMs} ms`)
    }
  }

  /** Checks that a stream without headers is closed, also without an alternative (S151). */
  #checkHeaders(): void {
    const bound = this.#setup.timings.streamHeadersMs + SLACK_MS
    for (const { unansweredForMs } of this.#network.open) {
      ensure(
        unansweredForMs <= bound,
        () => `a stream without headers has been open for ${unansweredForMs} ms`,
      )
    }
  }

  /** Checks that no poll is sent beside the preferred stream. */
  #checkFallbackPolls({ source, sender }: Seen): void {
    if (source !== 'polling' || sender !== 'source' || this.#setup.preferred !== 'streaming') return
    const live = this.#network.open.some(({ isLive }) => isLive)
    ensure(!live, () => 'a poll is sent beside the live preferred stream')
  }

  /** Checks that FDv1 and FDv2 are not requested at the same time (D8). */
  #checkOrder(source: string): void {
    const others = this.#network.open.filter(({ isFdv2 }) => isFdv2 === (source === 'fdv1 polling'))
    ensure(others.length === 0, () => `${source} is requested while ${others[0]?.seen.source} is open`)
    const now = this.#world.time.world.monotonic()
    if (source === 'fdv1 polling') {
      this.#ordered = true
      return
    }
    const apartMs = now - this.#fdv2At
    ensure(
      !this.#ordered || apartMs >= SHORTEST_ORDER_MS,
      () => `FDv2 is requested ${apartMs} ms after an order`,
    )
    this.#ordered = false
    this.#fdv2At = now
  }

  #checkRequestRate(): void {
    const now = this.#world.time.world.monotonic()
    this.#requests.push(now)
    while ((this.#requests[0] ?? now) < now - 60_000) this.#requests.shift()
    const { length } = this.#requests
    ensure(length <= MOST_PER_MINUTE, () => `${length} requests within a minute`)
  }
}

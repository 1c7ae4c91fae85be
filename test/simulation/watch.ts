import type { DataSystem } from '../../src/datasystem/data-system.ts'
import type { ChangedKeys, Snapshot } from '../../src/model/change-set.ts'
import { type Network, ORIGINS, type Seen, type World } from './network.ts'
import type { Setup } from './plan.ts'
import { ServedCheck } from './served.ts'
import { insist, Violation } from './violation.ts'

/** Requests within a minute beyond which somebody is spinning. */
const BUSIEST_MINUTE = 80

const SLACK_MS = 1_000

/** The simulated server orders FDv1 for no less than this. */
const SHORTEST_ORDER_MS = 5_000

/** Looks at the data system after every step, and at every request it makes. */
export class Watch {
  readonly #system: DataSystem
  readonly #world: World
  readonly #network: Network
  readonly #setup: Setup
  readonly #served: ServedCheck
  readonly #requests: number[] = []
  #told: Snapshot
  /** When FDv2 was last asked, and whether FDv1 was since. */
  #fdv2At = Number.NEGATIVE_INFINITY
  #ordered = false
  #violation: unknown

  constructor(system: DataSystem, network: Network, setup: Setup, world: World) {
    this.#system = system
    this.#world = world
    this.#network = network
    this.#setup = setup
    this.#served = new ServedCheck(world.server)
    this.#told = system.snapshot()
  }

  /** After every step; throws the first violation there was. */
  check(): void {
    if (this.#violation) throw this.#violation
    this.#served.check(this.#system.snapshot())
    this.#checkStatus()
    this.#checkWriters()
    this.#checkPatience()
    this.#checkHeaders()
  }

  /** Inside the data system, where an exception would be swallowed: kept for the next look. */
  attempt(look: () => void): void {
    try {
      look()
    } catch (error) {
      this.#violation ??= error
    }
  }

  /** A request leaves. */
  request(seen: Seen): void {
    const { url, headers, source } = seen
    insist(url.origin in ORIGINS, () => `a request with a credential went to ${url.origin}`)
    insist(headers.authorization === 'sdk-key', () => `a request went without the credential to ${url.href}`)
    this.#checkPace()
    this.#checkOrder(source)
    // What a redirect names, and what a candidate's stream has reached, may be old news by now.
    if (url.searchParams.has('hop') || seen.asker !== 'source') return
    this.#checkStandIn(seen)
    const basis = url.searchParams.get('basis') ?? undefined
    const held = source === 'fdv1 polling' ? undefined : this.#system.selector?.state
    // A candidate that waits before it asks does so at the basis it was opened at; its answer is thrown away then.
    if (this.#system.status.current.source !== source && source !== 'fdv1 polling') return
    insist(basis === held, () => `${source} asked at basis ${basis} while memory is at ${held}`)
  }

  /** What is told to have changed is what differs, no more and no less (D24). */
  told({ flags, segments }: ChangedKeys): void {
    const before = this.#told
    const after = this.#system.snapshot()
    this.#told = after
    for (const [kind, keys] of [
      ['flags', flags],
      ['segments', segments],
    ] as const) {
      const differing = [...new Set([...before[kind].keys(), ...after[kind].keys()])].filter(
        (key) => before[kind].get(key)?.object.salt !== after[kind].get(key)?.object.salt,
      )
      const wrong = differing.length !== keys.size || differing.some((key) => !keys.has(key))
      insist(!wrong, () => `told of ${kind} ${[...keys].join()}, but ${differing.join()} changed`)
    }
  }

  /** Nothing armed, nothing open, nobody waiting, no claim. */
  checkClosed(): void {
    const { time } = this.#world
    insist(time.armed === 0, () => `${time.armed} alarms are armed after close`)
    insist(time.world.held === 0, () => 'something still keeps the process alive after close')
    insist(this.#network.open.length === 0, () => `${this.#network.open.length} answers are open after close`)
    insist(this.#system.status.current.state === 'off', () => 'the status is not off after close')
  }

  #checkStatus(): void {
    const { ledger, time } = this.#world
    const { state, source = 'nobody', ageMs } = this.#system.status.current
    if (state === 'valid') {
      const word = ledger.lastWord(source)
      insist(word === 'data', () => `valid, but the last word of ${source} was ${word ?? 'nothing'}`)
    }
    const { initialized, availability } = this.#system
    const { aliveAt } = ledger
    insist(
      aliveAt !== undefined || (!initialized && ageMs === undefined),
      () => 'initialized, or of some age, without any data',
    )
    insist(initialized || availability === 'defaults', () => `not initialized, yet ${availability}`)
    if (ageMs === undefined || aliveAt === undefined) return
    const silentMs = time.machine.monotonic() - aliveAt
    insist(ageMs >= silentMs - 1, () => `claims age ${ageMs} ms, but nothing came for ${silentMs} ms`)
  }

  /** Whoever reads an open stream that has spoken writes; then nobody else may, and the status says so. */
  #checkWriters(): void {
    const live = this.#network.open.filter(({ isLive }) => isLive)
    insist(live.length <= 1, () => `${live.length} streams write at once`)
    if (live.length === 0) return
    const { state, source } = this.#system.status.current
    insist(
      state === 'valid' && source === 'streaming',
      () => `a stream that gave data is being read, while the status is ${state} ${source}`,
    )
  }

  /** Where another source could take over, nobody waits long for a stream that has nothing to say (D4). */
  #checkPatience(): void {
    if (this.#setup.alternatives === 0 || this.#setup.retirable) return
    const bound = this.#setup.timings.interruptedMs + SLACK_MS
    for (const { hangsForMs } of this.#network.open) {
      insist(hangsForMs <= bound, () => `a stream without data has been waited for since ${hangsForMs} ms`)
    }
  }

  /** With or without an alternative, a stream is given up when no headers come (S151). */
  #checkHeaders(): void {
    const bound = this.#setup.timings.streamHeadersMs + SLACK_MS
    for (const { unansweredForMs } of this.#network.open) {
      insist(
        unansweredForMs <= bound,
        () => `a stream without headers has been waited for since ${unansweredForMs} ms`,
      )
    }
  }

  /** While the preferred stream speaks, nobody polls beside it. */
  #checkStandIn({ source, asker }: Seen): void {
    if (source !== 'polling' || asker !== 'source' || this.#setup.preferred !== 'streaming') return
    const live = this.#network.open.some(({ isLive }) => isLive)
    insist(!live, () => 'a poll goes out beside the live preferred stream')
  }

  /** FDv1 and FDv2 are never asked at the same time (D8). */
  #checkOrder(source: string): void {
    const others = this.#network.open.filter(({ isFdv2 }) => isFdv2 === (source === 'fdv1 polling'))
    insist(others.length === 0, () => `${source} is asked while ${others[0]?.seen.source} is`)
    const now = this.#world.time.world.monotonic()
    if (source === 'fdv1 polling') {
      this.#ordered = true
      return
    }
    const apartMs = now - this.#fdv2At
    insist(!this.#ordered || apartMs >= SHORTEST_ORDER_MS, () => `FDv2 is asked ${apartMs} ms after an order`)
    this.#ordered = false
    this.#fdv2At = now
  }

  #checkPace(): void {
    const now = this.#world.time.world.monotonic()
    this.#requests.push(now)
    while ((this.#requests[0] ?? now) < now - 60_000) this.#requests.shift()
    const { length } = this.#requests
    insist(length <= BUSIEST_MINUTE, () => `${length} requests within a minute`)
  }
}

export { Violation }

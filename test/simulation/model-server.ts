import type { Change, ChangeSet, Put } from '../../src/model/change-set.ts'
import { encodeChangeSet } from '../../src/protocol/encoder.ts'
import type { WireEvent } from '../../src/protocol/events.ts'
import type { Random } from './random.ts'

/** What the service held at one time; never changes. */
export interface State {
  /** The selector that names it; no two states of a run share one. */
  readonly name: string
  /** Its place in the order of time, restarts included. */
  readonly index: number
  readonly items: ReadonlyMap<string, Put>
  /** What led to it. */
  readonly changes: readonly Change[]
}

/** What a client at some basis is told. */
export interface Answer {
  readonly target: State
  readonly events: readonly WireEvent[]
}

const KEYS = ['checkout', 'banner', 'dark mode', '__proto__', 'constructor', ''] as const

export function idOf({ kind, key }: { readonly kind: string; readonly key: string }): string {
  return `${kind}/${key}`
}

/** The service, with its whole history: the truth everything else is held to. */
export class ModelServer {
  readonly #random: Random
  readonly #byName = new Map<string, State>()
  /** Since the last loss of history; a basis from before means nothing to the server. */
  #reachable: State[]
  #epoch = 1
  #stamp = 0

  constructor(random: Random) {
    this.#random = random
    this.#reachable = [this.#state(0, new Map(), [])]
    for (let left = random.int(1, 6); left > 0; left--) this.publish()
  }

  get current(): State {
    return this.#reachable.at(-1) as State
  }

  /** A state the server really had. */
  find(name: string): State | undefined {
    return this.#byName.get(name)
  }

  /** All there ever were, the earliest first. */
  get states(): readonly State[] {
    return [...this.#byName.values()]
  }

  /** A new state; versions may stay or fall, as they do when an environment is restored. */
  publish(): State {
    const items = new Map(this.current.items)
    const changes = Array.from({ length: this.#random.int(0, 3) }, () => this.#change(items))
    const state = this.#state(this.current.index + 1, items, changes)
    this.#reachable.push(state)
    return state
  }

  /** The same data in a new process: what it calls it is new, and it knows no other name. */
  restart(): void {
    this.#epoch++
    this.#reachable = [this.#state(this.current.index + 1, this.current.items, [])]
  }

  /** Old states are thrown away; the present one is kept. */
  forget(): void {
    this.#reachable = [this.current]
  }

  answer(basis: string | undefined, history: 'used' | 'ignored'): Answer {
    const target = this.current
    if (basis === target.name) return this.#encode({ type: 'none' }, target, 'up-to-date')
    const from = this.#reachable.findIndex(({ name }) => name === basis)
    if (from < 0 || history === 'ignored') return this.full(basis ? 'cant-catchup' : 'payload-missing')
    const changes = this.#reachable.slice(from + 1).flatMap((state) => state.changes)
    return this.#encode({ type: 'partial', changes }, target, 'stale')
  }

  full(reason: string): Answer {
    const target = this.current
    return this.#encode({ type: 'full', changes: [...target.items.values()] }, target, reason)
  }

  /** What a client that was current is told of a new state. */
  update({ changes }: State): Answer {
    return this.#encode({ type: 'partial', changes }, this.current, 'update')
  }

  #encode(changeSet: ChangeSet, target: State, reason: string): Answer {
    const info = { id: `p${this.#epoch}`, target: { state: target.name, version: target.index }, reason }
    return { target, events: encodeChangeSet(changeSet, info) }
  }

  #state(index: number, items: ReadonlyMap<string, Put>, changes: readonly Change[]): State {
    // What a careless client would not encode is part of the name.
    const state = { name: `(p:${this.#epoch}&x=y+z %:${index})`, index, items, changes }
    this.#byName.set(state.name, state)
    return state
  }

  #change(items: Map<string, Put>): Change {
    const random = this.#random
    const kind = random.chance(0.7) ? 'flag' : 'segment'
    const key = random.pick(KEYS)
    const version = random.int(1, 9)
    const held = items.get(idOf({ kind, key }))
    if (held && random.chance(0.3)) {
      items.delete(idOf(held))
      return { op: 'delete', kind, key, version }
    }
    const salt = `${++this.#stamp}`
    const put: Put = { op: 'put', kind, key, version, object: { key, version, salt } }
    items.set(idOf(put), put)
    return put
  }
}

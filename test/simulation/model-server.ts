import type { Change, ChangeSet, PutChange } from '../../src/model/change-set.ts'
import type { Flag } from '../../src/model/flag.ts'
import { changeEvent, encodeChangeSet } from '../../src/protocol/encoder.ts'
import type { WireEvent } from '../../src/protocol/events.ts'
import type { Random } from '../support/random.ts'
import { patched } from './patched.ts'

/** An immutable state of the service's data. */
export interface State {
  /** Its selector, which is unique within a run. */
  readonly name: string
  /** Its place in the sequence of all states, including restarts. */
  readonly index: number
  readonly items: ReadonlyMap<string, PutChange>
  /** The changes since the state before. */
  readonly changes: readonly Change[]
  readonly before: ReadonlyMap<string, PutChange>
}

/** The form of changes: a client that accepts patches receives them (D19). */
export type Form = 'puts' | 'patches'

/** The events for a client, and the state that they lead to. */
export interface Answer {
  readonly target: State
  readonly events: readonly WireEvent[]
}

const KEYS = ['checkout', 'banner', 'dark mode', '__proto__', 'constructor', ''] as const

export function idOf({ kind, key }: { readonly kind: string; readonly key: string }): string {
  return `${kind}/${key}`
}

/** The simulated service with all of its states, with which results are compared. */
export class ModelServer {
  readonly #random: Random
  readonly #byName = new Map<string, State>()
  /** States since the last loss of history. Earlier bases are unknown to the server. */
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

  /** Returns a state of the server by its name. */
  find(name: string): State | undefined {
    return this.#byName.get(name)
  }

  /** All states, the earliest first. */
  get states(): readonly State[] {
    return [...this.#byName.values()]
  }

  /** Publishes a new state. Versions may stay or decrease, as in an environment that is restored. */
  publish(): State {
    const items = new Map(this.current.items)
    const changes = Array.from({ length: this.#random.int(0, 3) }, () => this.#change(items))
    const state = this.#state(this.current.index + 1, items, changes, this.current.items)
    this.#reachable.push(state)
    return state
  }

  /** Restarts the server: the data stays, but its state gets a new name, and earlier names are unknown. */
  restart(): void {
    this.#epoch++
    this.#reachable = [this.#state(this.current.index + 1, this.current.items, [])]
  }

  /** Discards all states but the present one. */
  forget(): void {
    this.#reachable = [this.current]
  }

  answer(basis: string | undefined, history: 'used' | 'ignored', form: Form): Answer {
    const target = this.current
    if (basis === target.name) return this.#encode({ type: 'none' }, target, 'up-to-date')
    const since = this.#reachable.findIndex(({ name }) => name === basis) + 1
    const from = this.#reachable[since - 1]
    if (!from || history === 'ignored') return this.full(basis ? 'cant-catchup' : 'payload-missing')
    const changes = this.#reachable.slice(since).flatMap((state) => state.changes)
    return this.#delta(changes, from.items, form, 'stale')
  }

  full(reason: string): Answer {
    const target = this.current
    return this.#encode({ type: 'full', changes: [...target.items.values()] }, target, reason)
  }

  /** Returns the delta to a new state for a client with the state before. */
  update({ changes, before }: State, form: Form): Answer {
    return this.#delta(changes, before, form, 'update')
  }

  /** Returns a delta. Every second put is a patch for clients that accept patches. */
  #delta(
    changes: readonly Change[],
    from: ReadonlyMap<string, PutChange>,
    form: Form,
    reason: string,
  ): Answer {
    const { target, events } = this.#encode({ type: 'partial', changes: [] }, this.current, reason)
    const items = new Map(from)
    const sent = changes.map((change) => {
      const held = items.get(idOf(change))
      if (change.op === 'delete') items.delete(idOf(change))
      else items.set(idOf(change), change)
      const isPatched = form === 'patches' && change.op === 'put' && Number(change.object.salt) % 2 === 0
      return (isPatched && held && patched(held.object, change)) || changeEvent(change)
    })
    return { target, events: [...events.slice(0, 1), ...sent, ...events.slice(1)] }
  }

  #encode(changeSet: ChangeSet, target: State, reason: string): Answer {
    const info = { id: `p${this.#epoch}`, target: { state: target.name, version: target.index }, reason }
    return { target, events: encodeChangeSet(changeSet, info) }
  }

  #state(
    index: number,
    items: ReadonlyMap<string, PutChange>,
    changes: readonly Change[],
    before = items,
  ): State {
    // The name has characters that a client must percent-encode.
    const state = { name: `(p:${this.#epoch}&x=y+z %:${index})`, index, items, changes, before }
    this.#byName.set(state.name, state)
    return state
  }

  #change(items: Map<string, PutChange>): Change {
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
    // Earlier salts, so that a patch of another version would be visible.
    const past = [...pastOf(held).slice(-2), held?.object.salt ?? '']
    const put: PutChange = { op: 'put', kind, key, version, object: { key, version, salt, past } as Flag }
    items.set(idOf(put), put)
    return put
  }
}

function pastOf(put: PutChange | undefined): readonly string[] {
  return (put?.object as { readonly past?: readonly string[] } | undefined)?.past ?? []
}

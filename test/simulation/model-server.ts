import type { Change, ChangeSet, PutChange } from '../../src/model/change-set.ts'
import type { Flag } from '../../src/model/flag.ts'
import { changeEvent, encodeChangeSet } from '../../src/protocol/encoder.ts'
import type { WireEvent } from '../../src/protocol/events.ts'
import type { Random } from '../support/random.ts'
import { patched } from './patched.ts'

/** What the service held at one time; never changes. */
export interface State {
  /** The selector that names it; no two states of a run share one. */
  readonly name: string
  /** Its place in the order of time, restarts included. */
  readonly index: number
  readonly items: ReadonlyMap<string, PutChange>
  /** What led to it, from the state before. */
  readonly changes: readonly Change[]
  readonly before: ReadonlyMap<string, PutChange>
}

/** Whether a client can be told how objects differ from those it holds (D19). */
export type Form = 'puts' | 'patches'

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
    const state = this.#state(this.current.index + 1, items, changes, this.current.items)
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

  /** What a client that was current is told of a new state. */
  update({ changes, before }: State, form: Form): Answer {
    return this.#delta(changes, before, form, 'update')
  }

  /** Whoever takes patches is told every second put as one. */
  #delta(
    changes: readonly Change[],
    from: ReadonlyMap<string, PutChange>,
    form: Form,
    reason: string,
  ): Answer {
    const { target, events } = this.#encode({ type: 'partial', changes: [] }, this.current, reason)
    const items = new Map(from)
    const told = changes.map((change) => {
      const held = items.get(idOf(change))
      if (change.op === 'delete') items.delete(idOf(change))
      else items.set(idOf(change), change)
      const isPatched = form === 'patches' && change.op === 'put' && Number(change.object.salt) % 2 === 0
      return (isPatched && held && patched(held.object, change)) || changeEvent(change)
    })
    return { target, events: [...events.slice(0, 1), ...told, ...events.slice(1)] }
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
    // What a careless client would not encode is part of the name.
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
    // What it was called before, so that a patch upon something else would show.
    const past = [...pastOf(held).slice(-2), held?.object.salt ?? '']
    const put: PutChange = { op: 'put', kind, key, version, object: { key, version, salt, past } as Flag }
    items.set(idOf(put), put)
    return put
  }
}

function pastOf(put: PutChange | undefined): readonly string[] {
  return (put?.object as { readonly past?: readonly string[] } | undefined)?.past ?? []
}

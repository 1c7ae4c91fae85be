import type { Snapshot } from '../../src/model/change-set.ts'
import { isEqual } from '../../src/model/json.ts'
import { idOf, type ModelServer, type State } from './model-server.ts'
import { ensure } from './violation.ts'

/** Compares the served data with the states of the server. */
export class ServedCheck {
  readonly #server: ModelServer
  #seen: Snapshot | undefined
  #at = -1

  constructor(server: ModelServer) {
    this.#server = server
  }

  /** Checks that the data is one complete state of the server, the one of its selector, and not older than the last one. */
  check(snapshot: Snapshot): void {
    if (snapshot === this.#seen) return
    this.#seen = snapshot
    const { selector } = snapshot
    if (selector) this.#checkNamed(snapshot, selector.state)
    else this.#checkUnnamed(snapshot)
  }

  #checkNamed(snapshot: Snapshot, name: string): void {
    const state = this.#server.find(name)
    ensure(state !== undefined, () => `the selector ${name} is no state of the server`)
    const difference = state && differenceBetween(snapshot, state)
    ensure(difference === undefined, () => `the served data is not ${name}: ${difference}`)
    this.#forward(state as State)
  }

  /** Checks that data without a selector is a complete state, and not older than the last one. */
  #checkUnnamed(snapshot: Snapshot): void {
    if (snapshot.flags.size + snapshot.segments.size === 0 && this.#at < 0) return
    const same = this.#server.states.filter((state) => differenceBetween(snapshot, state) === undefined)
    // Several states may have the same data: the check accepts the data if one of them is new enough.
    const state = same.find(({ index }) => index >= this.#at) ?? same.at(-1)
    ensure(state !== undefined, () => 'the served data without a selector is no state of the server')
    this.#forward(state as State)
  }

  #forward({ index, name }: State): void {
    ensure(index >= this.#at, () => `served ${name} after a state that is ${this.#at - index} newer`)
    this.#at = index
  }
}

/** Returns a description of the first difference between the data and a state, or `undefined`. */
export function differenceBetween({ flags, segments }: Snapshot, { items }: State): string | undefined {
  for (const [id, { kind, key, version, object }] of items) {
    const held = (kind === 'flag' ? flags : segments).get(key)
    if (!held) return `${id} is missing`
    if (held.version !== version || !isEqual(held.object, object))
      return `${id} is ${JSON.stringify(held)} instead of ${JSON.stringify({ version, object })}`
  }
  if (flags.size + segments.size === items.size) return undefined
  const ids = [...flags.keys()].map((key) => idOf({ kind: 'flag', key }))
  return `there are additional items: ${ids.concat([...segments.keys()]).join(', ')}`
}

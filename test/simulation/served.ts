import type { Snapshot } from '../../src/model/change-set.ts'
import { isEqual } from '../../src/model/json.ts'
import { idOf, type ModelServer, type State } from './model-server.ts'
import { insist } from './violation.ts'

/** Holds what is served to what the server really had. */
export class ServedCheck {
  readonly #server: ModelServer
  #seen: Snapshot | undefined
  #at = -1

  constructor(server: ModelServer) {
    this.#server = server
  }

  /** It is a state the server had, whole, the one the selector names, and none from before the last. */
  check(snapshot: Snapshot): void {
    if (snapshot === this.#seen) return
    this.#seen = snapshot
    const { selector } = snapshot
    if (selector) this.#checkNamed(snapshot, selector.state)
    else this.#checkUnnamed(snapshot)
  }

  #checkNamed(snapshot: Snapshot, name: string): void {
    const state = this.#server.find(name)
    insist(state !== undefined, () => `the selector ${name} names nothing the server ever had`)
    const difference = state && differenceBetween(snapshot, state)
    insist(difference === undefined, () => `what is served is not ${name}: ${difference}`)
    this.#forward(state as State)
  }

  /** Without a selector it is some state at least, and not older than what was served before. */
  #checkUnnamed(snapshot: Snapshot): void {
    if (snapshot.flags.size + snapshot.segments.size === 0 && this.#at < 0) return
    const same = this.#server.states.filter((state) => differenceBetween(snapshot, state) === undefined)
    // Several states may hold the same: the doubt speaks for the data system.
    const state = same.find(({ index }) => index >= this.#at) ?? same.at(-1)
    insist(state !== undefined, () => 'what is served without a selector is no state the server ever had')
    this.#forward(state as State)
  }

  #forward({ index, name }: State): void {
    insist(index >= this.#at, () => `served ${name} after a state that came ${this.#at - index} later`)
    this.#at = index
  }
}

/** How what is served differs from a state; undefined when it does not. */
export function differenceBetween({ flags, segments }: Snapshot, { items }: State): string | undefined {
  for (const [id, { kind, key, version, object }] of items) {
    const held = (kind === 'flag' ? flags : segments).get(key)
    if (!held) return `${id} is missing`
    if (held.version !== version || !isEqual(held.object, object))
      return `${id} is ${JSON.stringify(held)} instead of ${JSON.stringify({ version, object })}`
  }
  if (flags.size + segments.size === items.size) return undefined
  const ids = [...flags.keys()].map((key) => idOf({ kind: 'flag', key }))
  return `there is more than that: ${ids.concat([...segments.keys()]).join(', ')}`
}

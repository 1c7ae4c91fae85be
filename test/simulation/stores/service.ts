import type { AppliedChangeSet, Change } from '../../../src/model/change-set.ts'
import type { Selector } from '../../../src/selector/selector.ts'
import type { Random } from '../../support/random.ts'

/** Versions of all items of a state by key; negative for a deleted item. */
export type Versions = ReadonlyMap<string, number>

export const KEYS = ['a', 'b', 'c', 'd', 'e']

/** The service: a sequence of states. */
export class Service {
  readonly states: Versions[] = [new Map(KEYS.slice(0, 3).map((key) => [key, 1]))]
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  get latest(): number {
    return this.states.length - 1
  }

  change(): void {
    const next = new Map(this.states[this.latest])
    const version = this.states.length + 1
    for (let count = this.#random.int(1, 2); count > 0; count--) {
      next.set(this.#random.pick(KEYS), this.#random.chance(0.25) ? -version : version)
    }
    this.states.push(next)
  }

  versions(state: number): Versions {
    return this.states[state] ?? new Map()
  }

  /** Returns true if the item was deleted after this version. It may have been created again since. */
  wasDeleted(key: string, version: number): boolean {
    return this.states.some((state) => (state.get(key) ?? 0) < -version)
  }

  /** Returns the changes from one state to another, or a full payload if there is no first state. */
  changeSet(from: number | undefined, to: number): AppliedChangeSet {
    const before = from === undefined ? new Map<string, number>() : this.versions(from)
    const changes = [...this.versions(to)]
      .filter(([key, version]) => (from === undefined ? version > 0 : before.get(key) !== version))
      .map(([key, version]) => changeOf(key, version))
    return { type: from === undefined ? 'full' : 'partial', changes }
  }

  selector(state: number): Selector {
    return { state: `s${state}`, version: state + 1 }
  }
}

function changeOf(key: string, version: number): Change {
  return version > 0
    ? { op: 'put', kind: 'flag', key, version, object: { key, version } }
    : { op: 'delete', kind: 'flag', key, version: -version }
}

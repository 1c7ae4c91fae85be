import type { AppliedChangeSet, Change, ChangedKeys, ItemKind } from '../../model/change-set.ts'
import { Dependents, type ItemReader } from '../../store/dependents.ts'
import type { Audience } from '../addresses.ts'
import { isVisible } from './visibility.ts'

/** A kind of client that sees only the flags that are available to it. Servers see all. */
type ClientAudience = Exclude<Audience, 'server'>

const CLIENT_AUDIENCES: readonly ClientAudience[] = ['mobile', 'browser']

export const AUDIENCES: readonly Audience[] = ['server', ...CLIENT_AUDIENCES]

const NO_ITEMS: ItemReader = { get: () => undefined, all: () => new Map() }

/** Determines which kinds of client a change concerns. It remembers which flags each kind sees, and what flags depend on. */
export class VisibleChanges {
  readonly #visible: Readonly<Record<ClientAudience, Set<string>>> = { mobile: new Set(), browser: new Set() }
  #dependents = new Dependents(NO_ITEMS)

  /**
   * Applies a difference to the data of the environment. Returns the kinds of client that saw or now see a flag which changed,
   * or which depends on a changed flag or segment, directly or indirectly. A full payload concerns all.
   */
  apply({ type, changes }: AppliedChangeSet): ReadonlySet<Audience> {
    if (type === 'full') this.#clear()
    const before = this.#audiencesOf(flagKeysOf(changes))
    for (const change of changes) if (change.kind === 'flag') this.#mark(change)
    const keys = keysOf(changes)
    this.#dependents.update(keys, readerOf(changes))
    if (type === 'full') return new Set(AUDIENCES)
    return new Set([...before, ...this.dependingOn(keys)])
  }

  /** Returns the kinds of client that see one of these flags, or a flag that depends on one of the flags and segments. */
  dependingOn(keys: ChangedKeys): ReadonlySet<Audience> {
    return this.#audiencesOf(this.#dependents.expand(keys).flags)
  }

  #audiencesOf(flags: ReadonlySet<string>): ReadonlySet<Audience> {
    const sees = (audience: Audience): boolean => {
      if (audience === 'server') return flags.size > 0
      for (const key of flags) if (this.#visible[audience].has(key)) return true
      return false
    }
    return new Set(AUDIENCES.filter(sees))
  }

  #mark(change: Change): void {
    for (const audience of CLIENT_AUDIENCES) {
      if (change.op === 'put' && isVisible(change.object, audience)) this.#visible[audience].add(change.key)
      else this.#visible[audience].delete(change.key)
    }
  }

  #clear(): void {
    for (const audience of CLIENT_AUDIENCES) this.#visible[audience].clear()
    this.#dependents = new Dependents(NO_ITEMS)
  }
}

function flagKeysOf(changes: readonly Change[]): ReadonlySet<string> {
  return keysOf(changes).flags
}

function keysOf(changes: readonly Change[]): ChangedKeys {
  const of = (kind: ItemKind): ReadonlySet<string> =>
    new Set(changes.filter((change) => change.kind === kind).map(({ key }) => key))
  return { flags: of('flag'), segments: of('segment') }
}

/** Returns a reader of the items after the changes, for the keys that they contain. */
function readerOf(changes: readonly Change[]): ItemReader {
  const items = new Map(changes.map((change) => [`${change.kind}/${change.key}`, change]))
  return {
    get(kind, key) {
      const change = items.get(`${kind}/${key}`)
      return change?.op === 'put' ? change : undefined
    },
    all: () => new Map(),
  }
}

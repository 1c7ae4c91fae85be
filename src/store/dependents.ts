import { type ChangedKeys, type Item, type ItemKind, KINDS } from '../model/change-set.ts'
import type { Flag, TargetingClause } from '../model/flag.ts'

interface Node {
  readonly kind: ItemKind
  readonly key: string
  readonly usedBy: Set<Node>
  uses: readonly Node[]
}

export interface ItemReader {
  get(kind: ItemKind, key: string): Item | undefined
  all(kind: ItemKind): ReadonlyMap<string, Item>
}

/**
 * An index of the items that use an item, by prerequisites and segments. It is built once from all items; an update costs
 * as much as the change.
 */
export class Dependents {
  readonly #nodes: Readonly<Record<ItemKind, Map<string, Node>>> = { flag: new Map(), segment: new Map() }

  constructor(reader: ItemReader) {
    for (const kind of KINDS) for (const [key, item] of reader.all(kind)) this.#link(kind, key, item)
  }

  update({ flags, segments }: ChangedKeys, reader: ItemReader): void {
    for (const key of flags) this.#link('flag', key, reader.get('flag', key))
    for (const key of segments) this.#link('segment', key, reader.get('segment', key))
  }

  /** Returns the keys, and every flag that depends on one of them, directly or indirectly. */
  expand({ flags, segments }: ChangedKeys): ChangedKeys {
    const reached = new Set(flags)
    const visited = new Set<Node>()
    const pending = [...this.#existing('flag', flags), ...this.#existing('segment', segments)]
    for (let node = pending.pop(); node; node = pending.pop()) {
      if (visited.has(node)) continue
      visited.add(node)
      if (node.kind === 'flag') reached.add(node.key)
      pending.push(...node.usedBy)
    }
    return { flags: reached, segments }
  }

  #existing(kind: ItemKind, keys: ReadonlySet<string>): Node[] {
    return [...keys].flatMap((key) => this.#nodes[kind].get(key) ?? [])
  }

  #link(kind: ItemKind, key: string, item: Item | undefined): void {
    const uses = item ? this.#usesOf(kind, item) : []
    const known = this.#nodes[kind].get(key)
    // Most flags have no dependencies in either direction and need no node.
    if (!known && uses.length === 0) return
    const node = known ?? this.#node(kind, key)
    for (const used of node.uses) used.usedBy.delete(node)
    node.uses = uses
    for (const used of uses) used.usedBy.add(node)
    if (!item && node.usedBy.size === 0) this.#nodes[kind].delete(key)
  }

  #usesOf(kind: ItemKind, { object }: Item): Node[] {
    const uses: Node[] = []
    // A key that is not a string refers to nothing, and converting it could throw.
    const use = (used: ItemKind, key: unknown): void => {
      if (typeof key === 'string') uses.push(this.#node(used, key))
    }
    if (kind === 'flag') for (const each of list((object as Flag).prerequisites)) use('flag', each?.key)
    for (const rule of list<{ readonly clauses?: readonly TargetingClause[] | null }>(object.rules)) {
      for (const clause of list(rule?.clauses)) {
        if (clause?.op === 'segmentMatch') for (const key of list(clause.values)) use('segment', key)
      }
    }
    return uses
  }

  #node(kind: ItemKind, key: string): Node {
    const nodes = this.#nodes[kind]
    let node = nodes.get(key)
    if (!node) {
      node = { kind, key, usedBy: new Set(), uses: [] }
      nodes.set(key, node)
    }
    return node
  }
}

/** Returns an empty list for any other value, because data of a service is not validated. */
function list<T>(value: readonly T[] | null | undefined): readonly T[] {
  return Array.isArray(value) ? value : []
}

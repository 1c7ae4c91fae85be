import { isDeepStrictEqual } from 'node:util'
import type {
  AppliedChangeSet,
  Change,
  DeleteChange,
  FullChangeSet,
  ItemKind,
  PutChange,
} from '../model/change-set.ts'
import type { Flag, Segment } from '../model/flag.ts'
import type { FlagFile } from './parse.ts'

/**
 * Converts successive contents of a flag file to change sets. It raises the version of each changed object, because people
 * seldom raise it when they edit a file, and SDKs ignore an object with an old version.
 */
export class Reviser {
  readonly #flags = new Revisions('flag')
  readonly #segments = new Revisions('segment')
  #started = false

  /** Returns a full change set for the first content, then the differences, or `undefined` if there are none. */
  revise(file: FlagFile): AppliedChangeSet | undefined {
    const changes = [...this.#flags.revise(file.flags), ...this.#segments.revise(file.segments)]
    const type = this.#started ? 'partial' : 'full'
    this.#started = true
    return type === 'full' || changes.length > 0 ? { type, changes } : undefined
  }

  full(): FullChangeSet {
    return { type: 'full', changes: [...this.#flags.puts(), ...this.#segments.puts()] }
  }
}

/** The latest objects of one kind. Tombstones stay, so that a key that comes back gets a higher version. */
class Revisions {
  readonly #kind: ItemKind
  readonly #served = new Map<string, Change>()

  constructor(kind: ItemKind) {
    this.#kind = kind
  }

  revise(objects: ReadonlyMap<string, Flag | Segment>): Change[] {
    const changes: Change[] = []
    for (const [key, object] of objects) {
      const served = this.#served.get(key)
      if (served?.op !== 'put' || !sameValue(served.object, object)) changes.push(this.#put(key, object))
    }
    for (const { key } of this.puts()) if (!objects.has(key)) changes.push(this.#delete(key))
    for (const change of changes) this.#served.set(change.key, change)
    return changes
  }

  puts(): PutChange[] {
    return [...this.#served.values()].filter((change) => change.op === 'put')
  }

  #put(key: string, object: Flag | Segment): PutChange {
    const version = Math.max(object.version ?? 1, this.#next(key))
    return { op: 'put', kind: this.#kind, key, version, object: { ...object, version } }
  }

  #delete(key: string): DeleteChange {
    return { op: 'delete', kind: this.#kind, key, version: this.#next(key) }
  }

  #next(key: string): number {
    return (this.#served.get(key)?.version ?? 0) + 1
  }
}

function sameValue(a: Flag | Segment, b: Flag | Segment): boolean {
  return isDeepStrictEqual({ ...a, version: 0 }, { ...b, version: 0 })
}

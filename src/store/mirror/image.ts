import type { AppliedChangeSet, Change } from '../../model/change-set.ts'
import { KINDS, type Kind } from '../../model/kind.ts'
import type { Selector } from '../../selector/selector.ts'

/** Something to write, and where the data stands once it is written. */
export interface Batch {
  readonly type: 'full' | 'delta'
  readonly changes: readonly Change[]
  readonly selector: Selector | undefined
}

type Changes = Readonly<Record<Kind, Map<string, Change>>>

/**
 * What a database is to hold: each object, and each tombstone since the last full payload. Shares its objects with
 * memory. Knows what has not been written yet, the last change of a key only.
 */
export class Image {
  #changes: Changes = { flag: new Map(), segment: new Map() }
  #unwritten: Changes | 'everything' | 'nothing' = 'nothing'
  #selector: Selector | undefined
  #held: 'nothing' | 'parts' | 'everything' = 'nothing'

  apply({ type, changes }: AppliedChangeSet, selector: Selector | undefined): void {
    this.#selector = selector
    if (type === 'full') this.#held = 'everything'
    else if (this.#held === 'nothing') this.#held = 'parts'
    if (type === 'full') {
      this.#changes = { flag: new Map(), segment: new Map() }
      this.#unwritten = 'everything'
    } else if (this.#unwritten === 'nothing') {
      this.#unwritten = { flag: new Map(), segment: new Map() }
    }
    for (const change of changes) {
      this.#changes[change.kind].set(change.key, change)
      if (typeof this.#unwritten === 'object') this.#unwritten[change.kind].set(change.key, change)
    }
  }

  /** All that is held is in the database already: it came from there. */
  settle(): void {
    this.#unwritten = 'nothing'
  }

  /** Nobody knows what the database holds: everything is to be written again. */
  doubt(): void {
    if (this.#held !== 'nothing') this.#unwritten = 'everything'
  }

  /** A full payload was applied. Without one nothing may be replaced by what is held. */
  get complete(): boolean {
    return this.#held === 'everything'
  }

  get written(): boolean {
    return this.#unwritten === 'nothing'
  }

  /** What is unwritten, which then counts as written. */
  take(): Batch | undefined {
    const unwritten = this.#unwritten
    if (unwritten === 'nothing') return undefined
    this.#unwritten = 'nothing'
    const type = unwritten === 'everything' && this.complete ? 'full' : 'delta'
    const from = unwritten === 'everything' ? this.#changes : unwritten
    return { type, changes: KINDS.flatMap((kind) => [...from[kind].values()]), selector: this.#selector }
  }
}

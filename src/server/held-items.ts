import type { Change } from '../model/change-set.ts'
import { type ChangeFrame, changeFrameOf, idOf } from './frame.ts'
import type { Touch } from './step.ts'

/** The published items, each encoded once. */
export class HeldItems {
  #frames = new Map<string, ChangeFrame>()
  #size = 0

  /** How long all of them are, in characters of JSON. */
  get size(): number {
    return this.#size
  }

  all(): readonly ChangeFrame[] {
    return [...this.#frames.values()]
  }

  /** What brings an item that was touched to the present. */
  since(touch: Touch): ChangeFrame {
    return this.#frames.get(idOf(touch)) ?? changeFrameOf({ op: 'delete', ...pick(touch) })
  }

  apply(changes: readonly Change[]): readonly Touch[] {
    for (const change of changes) this.#set(idOf(change), changeFrameOf(change))
    return changes.map(pick)
  }

  /** Holds these and nothing else. Touched is what differs: an item that came again as it was is none. */
  replace(changes: readonly Change[]): readonly Touch[] {
    const before = this.#frames
    this.#frames = new Map()
    this.#size = 0
    for (const change of changes) this.#set(idOf(change), changeFrameOf(change))
    const touches: Touch[] = []
    for (const [id, { json, change }] of this.#frames) {
      if (before.get(id)?.json !== json) touches.push(pick(change))
    }
    for (const [id, { change }] of before) {
      if (!this.#frames.has(id)) touches.push({ ...pick(change), version: change.version + 1 })
    }
    return touches
  }

  #set(id: string, frame: ChangeFrame): void {
    this.#size -= this.#frames.get(id)?.json.length ?? 0
    if (frame.change.op === 'delete') {
      this.#frames.delete(id)
    } else {
      this.#frames.set(id, frame)
      this.#size += frame.json.length
    }
  }
}

function pick({ kind, key, version }: Touch): Touch {
  return { kind, key, version }
}

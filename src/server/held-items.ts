import type { Change, Put } from '../model/change-set.ts'
import { patchEvent, patchOf } from '../protocol/encoder.ts'
import { MOST_OPERATIONS } from '../protocol/patch.ts'
import { type ChangeFrame, changeFrameOf, type FoldedFrame, type Frame, frameOf, idOf } from './frame.ts'
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

  /**
   * What brings items that were touched to the present, each once and as it is now; for those who take patches how it
   * differs from what it was before all of that, where that is shorter.
   */
  fold(touches: readonly Touch[]): readonly FoldedFrame[] {
    return Array.from(Map.groupBy(touches, idOf).values(), (ofItem) => {
      const whole = this.since(ofItem.at(-1) as Touch)
      const patched = whole.change.op === 'put' ? together(ofItem, whole.change) : undefined
      return patched && patched.json.length < whole.json.length
        ? { whole, patched }
        : { whole, patched: whole }
    })
  }

  apply(changes: readonly Change[]): readonly Touch[] {
    return changes.map((change) => {
      const id = idOf(change)
      const before = this.#frames.get(id)
      const frame = changeFrameOf(change)
      this.#set(id, frame)
      return { ...pick(change), ...(before && shortened(before.change, frame)) }
    })
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

/** A change as a patch, where that is shorter. */
function shortened(before: Change, { change, json }: ChangeFrame): Pick<Touch, 'patch'> {
  if (before.op !== 'put' || change.op !== 'put') return {}
  const operations = patchOf(before.object, change)
  const length = operations ? JSON.stringify(operations).length : Infinity
  return operations && length < json.length ? { patch: { operations, length } } : {}
}

/** All patches of an item as one; `undefined` where one of the touches was none. */
function together(touches: readonly Touch[], change: Put): Frame | undefined {
  const patches = touches.flatMap(({ patch }) => patch ?? [])
  const operations = patches.flatMap((patch) => patch.operations)
  const isWhole = patches.length < touches.length || operations.length > MOST_OPERATIONS
  return isWhole ? undefined : frameOf(patchEvent(change, operations))
}

function pick({ kind, key, version }: Touch): Touch {
  return { kind, key, version }
}

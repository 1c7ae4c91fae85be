import { hash } from 'node:crypto'
import type { Change, PutChange } from '../model/change-set.ts'
import { patchEvent, patchOf } from '../protocol/encoder.ts'
import { MOST_OPERATIONS } from '../protocol/patch.ts'
import type { Selector } from '../selector/selector.ts'
import { type ChangeFrame, changeFrameOf, type FoldedFrame, type Frame, frameOf, idOf } from './answer.ts'
import type { DirectedStep, TouchedItem } from './history.ts'

/** Deletions that are remembered; whoever takes a flag up again after so many more pays with nothing but bytes. */
const MAX_TOMBSTONES = 10_000

/**
 * The published items, each encoded once. Many SDKs leave out what comes in a version that is not later, except in the
 * midst of everything: where an item goes back, there is no list of what was touched.
 */
export class PublishedItems {
  #frames = new Map<string, ChangeFrame>()
  /** The versions items were deleted with. */
  readonly #gone = new Map<string, number>()
  #size = 0

  /** How long all of them are, in characters of JSON. */
  get size(): number {
    return this.#size
  }

  /** Returns the selector of data whose source gave it none. */
  contentSelector(): Selector {
    return contentSelector(this.#frames.values())
  }

  all(): readonly ChangeFrame[] {
    return [...this.#frames.values()]
  }

  /** What brings an item that was touched to the present. */
  since(touch: TouchedItem): ChangeFrame {
    return this.#frames.get(idOf(touch)) ?? changeFrameOf({ op: 'delete', ...itemOf(touch) })
  }

  /**
   * What brings items that were touched to the present, each once and as it is now; for those who take patches how it
   * differs from what it was before all of that, where that is shorter. `undefined` where one was in a later version.
   */
  fold(touches: readonly TouchedItem[]): readonly FoldedFrame[] | undefined {
    const ofItems = [...Map.groupBy(touches, idOf).values()]
    if (!ofItems.every(isRising)) return undefined
    return ofItems.map((ofItem) => {
      const whole = this.since(ofItem.at(-1) as TouchedItem)
      const patched = whole.change.op === 'put' ? mergePatches(ofItem, whole.change) : undefined
      return patched && patched.json.length < whole.json.length
        ? { whole, patched }
        : { whole, patched: whole }
    })
  }

  /**
   * Compares with what a client holds that took other steps. Returns what is later here, each item once; nothing if the
   * client holds everything in the same or a later version; `undefined` if each is later somewhere.
   */
  compare(legs: readonly DirectedStep[]): readonly TouchedItem[] | undefined {
    const touched = legs.flatMap(({ step: { touches = [] }, direction }) =>
      touches.map((touch) => ({ touch, direction })),
    )
    const later: TouchedItem[] = []
    let isBehind = false
    for (const ofItem of Map.groupBy(touched, ({ touch }) => idOf(touch)).values()) {
      const [first] = ofItem
      const last = ofItem.findLast(({ direction }) => direction === 'forth')
      if (!first) continue
      const held = this.#frames.get(idOf(first.touch))?.change.version ?? last?.touch.version ?? -Infinity
      const theirs = first.direction === 'back' ? first.touch.version : -Infinity
      if (held > theirs) later.push({ ...itemOf(first.touch), version: held })
      else if (held < theirs) isBehind = true
    }
    return later.length > 0 && isBehind ? undefined : later
  }

  /** Returns what was touched: what came again as it was is not; `undefined` where an item went back. */
  apply(changes: readonly Change[]): readonly TouchedItem[] | undefined {
    let isBack = false
    const touches: TouchedItem[] = []
    for (const change of changes) {
      const before = this.#frames.get(idOf(change))
      const frame = changeFrameOf(change)
      if (before?.json === frame.json) continue
      isBack ||= this.#goesBack(frame)
      this.#set(frame)
      touches.push({ ...itemOf(change), ...(before && shortened(before.change, frame)) })
    }
    return isBack ? undefined : touches
  }

  /** Holds these and nothing else. Returns what was touched, as {@link apply} does. */
  replace(changes: readonly Change[]): readonly TouchedItem[] | undefined {
    const before = this.#frames
    const frames = changes.map(changeFrameOf)
    const isBack = frames.some((frame) => this.#goesBack(frame))
    this.#frames = new Map()
    this.#size = 0
    for (const frame of frames) this.#set(frame)
    const touches: TouchedItem[] = []
    for (const [id, frame] of this.#frames) {
      const known = before.get(id)
      if (known?.json !== frame.json) touches.push(itemOf(frame.change))
      else if (known.digest) frame.digest = known.digest
    }
    for (const [id, { change }] of before) {
      if (this.#frames.has(id)) continue
      const touch = { ...itemOf(change), version: change.version + 1 }
      this.#bury(id, touch.version)
      touches.push(touch)
    }
    return isBack ? undefined : touches
  }

  #goesBack({ change, json }: ChangeFrame): boolean {
    const id = idOf(change)
    const held = this.#frames.get(id)
    // Where there is nothing to delete nobody loses a deletion.
    if (!held && change.op === 'delete') return false
    const version = held?.change.version ?? this.#gone.get(id) ?? -Infinity
    return change.version <= version && held?.json !== json
  }

  #set(frame: ChangeFrame): void {
    const { change, json } = frame
    const id = idOf(change)
    this.#size -= this.#frames.get(id)?.json.length ?? 0
    if (change.op === 'delete') {
      this.#frames.delete(id)
      this.#bury(id, change.version)
    } else {
      this.#frames.set(id, frame)
      this.#gone.delete(id)
      this.#size += json.length
    }
  }

  #bury(id: string, version: number): void {
    // Who deleted it with the later version still waits for a later one.
    this.#gone.set(id, Math.max(version, this.#gone.get(id) ?? version))
    if (this.#gone.size > MAX_TOMBSTONES) this.#gone.delete(this.#gone.keys().next().value ?? '')
  }
}

function itemOf({ kind, key, version }: TouchedItem): TouchedItem {
  return { kind, key, version }
}

/** A change as a patch, where that is shorter (D19). */
function shortened(before: Change, { change, json }: ChangeFrame): Pick<TouchedItem, 'patch'> {
  if (before.op !== 'put' || change.op !== 'put') return {}
  const operations = patchOf(before.object, change)
  const length = operations ? JSON.stringify(operations).length : Infinity
  return operations && length < json.length ? { patch: { operations, length } } : {}
}

/** All patches of an item as one; `undefined` where one of the touches was none. */
function mergePatches(touches: readonly TouchedItem[], change: PutChange): Frame | undefined {
  const patches = touches.flatMap(({ patch }) => patch ?? [])
  const operations = patches.flatMap((patch) => patch.operations)
  const isWhole = patches.length < touches.length || operations.length > MOST_OPERATIONS
  return isWhole ? undefined : frameOf(patchEvent(change, operations))
}

/** Whether each touch of an item brought a later version. */
function isRising(touches: readonly TouchedItem[]): boolean {
  return touches.every(({ version }, index) => index === 0 || version > (touches[index - 1]?.version ?? 0))
}

/**
 * Returns the selector of data whose source gave it none, such as FDv1 or rows of other software: its content alone,
 * so that servers of the same data agree, before and after a restart (decision 25). The order of the items does not
 * matter. After a change only the changed items are hashed again.
 */
function contentSelector(frames: Iterable<ChangeFrame>): Selector {
  let sum = 0n
  for (const frame of frames) {
    frame.digest ??= BigInt(`0x${hash('sha256', frame.json, 'hex').slice(0, 32)}`)
    // XOR needs no order, and loses nothing because each item occurs once.
    sum ^= frame.digest
  }
  return { state: `halyard-content:${sum.toString(16)}`, version: 1 }
}

import { hash } from 'node:crypto'
import type { Change, PutChange } from '../model/change-set.ts'
import { patchEvent, patchOf } from '../protocol/encoder.ts'
import { MOST_OPERATIONS } from '../protocol/patch.ts'
import type { Selector } from '../selector/selector.ts'
import { type ChangeFrame, changeFrameOf, type EncodedChange, type Frame, frameOf, idOf } from './answer.ts'
import type { DirectedStep, TouchedItem } from './history.ts'

/**
 * The property by which states of the data are named. With `versions`, two states differ if an item has another version. With
 * `content`, for data of flag files, they differ only if an item has another content.
 */
export type Naming = 'versions' | 'content'

/** Number of tombstones that are kept. Evicting one only costs a full payload if that item is created again. */
const MAX_TOMBSTONES = 10_000

/**
 * The published items, each encoded once. Many SDKs ignore a change in a delta unless its version is greater than the one they
 * have. Therefore `apply`, `replace` and `fold` return undefined if an item goes back to an earlier version; the caller then
 * sends a full payload.
 */
export class PublishedItems {
  #frames = new Map<string, ChangeFrame>()
  /** The versions of deleted items. */
  readonly #tombstones = new Map<string, number>()
  #size = 0
  #keepsPatches = false

  /** The length of all items, in characters of JSON. */
  get size(): number {
    return this.#size
  }

  /** From now on, {@link apply} determines patches. It does not before, because most environments have no client that accepts them. */
  keepPatches(): void {
    this.#keepsPatches = true
  }

  contentSelector(): Selector {
    return contentSelector(this.#frames.values())
  }

  all(): readonly ChangeFrame[] {
    return [...this.#frames.values()]
  }

  current(touch: TouchedItem): ChangeFrame {
    return this.#frames.get(idOf(touch)) ?? changeFrameOf({ op: 'delete', ...itemOf(touch) })
  }

  /**
   * Returns one change for each touched item that brings it to its current state, as a patch if that is shorter. Returns
   * undefined if an item had a greater version in between.
   */
  fold(touches: readonly TouchedItem[], naming: Naming): readonly EncodedChange[] | undefined {
    const groups = [...Map.groupBy(touches, idOf).values()]
    const isSafe = naming === 'versions' ? hasRisingVersions : this.#isLatest.bind(this)
    if (!groups.every(isSafe)) return undefined
    return groups.map((group) => {
      const whole = this.current(latestOf(group))
      const canPatch = whole.change.op === 'put' && hasRisingVersions(group)
      const patched = canPatch ? mergePatches(group, whole.change) : undefined
      return patched && patched.json.length < whole.json.length
        ? { whole, patched }
        : { whole, patched: whole }
    })
  }

  /** A path may pass a content that has returned, so that its versions do not rise. Only the current one must be the greatest. */
  #isLatest(group: readonly TouchedItem[]): boolean {
    const { change } = this.current(latestOf(group))
    return group.every(({ version }) => version <= change.version)
  }

  /**
   * Compares these items with those of a client whose state is the start of the path. Returns the items of which this server has
   * a later version: none if the client has all of them in the same or a later version. Returns undefined if both sides have
   * later items.
   */
  compare(path: readonly DirectedStep[]): readonly TouchedItem[] | undefined {
    const touched = path.flatMap(({ step: { touches = [] }, direction }) =>
      touches.map((touch) => ({ touch, direction })),
    )
    const later: TouchedItem[] = []
    let isBehind = false
    for (const group of Map.groupBy(touched, ({ touch }) => idOf(touch)).values()) {
      const [first] = group
      const last = group.findLast(({ direction }) => direction === 'forward')
      if (!first) continue
      const held = this.#frames.get(idOf(first.touch))?.change.version ?? last?.touch.version ?? -Infinity
      const theirs = first.direction === 'backward' ? first.touch.version : -Infinity
      if (held > theirs) later.push({ ...itemOf(first.touch), version: held })
      else if (held < theirs) isBehind = true
    }
    return later.length > 0 && isBehind ? undefined : later
  }

  /** Applies a delta. Returns the items that have changed, or undefined if one went back to an earlier version. */
  apply(changes: readonly Change[], naming: Naming): readonly TouchedItem[] | undefined {
    let isBack = false
    const touches: TouchedItem[] = []
    for (const change of changes) {
      const before = this.#frames.get(idOf(change))
      const frame = changeFrameOf(change)
      if (before?.json === frame.json) continue
      isBack ||= this.#goesBack(frame)
      this.#set(frame)
      const patch = before && this.#keepsPatches ? patchIfShorter(before.change, frame, naming) : {}
      touches.push({ ...itemOf(change), ...patch })
    }
    return isBack ? undefined : touches
  }

  /** Replaces all items. Returns the same as {@link apply}. */
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
      this.#addTombstone(id, touch.version)
      touches.push(touch)
    }
    return isBack ? undefined : touches
  }

  #goesBack({ change, json }: ChangeFrame): boolean {
    const id = idOf(change)
    const held = this.#frames.get(id)
    // Deleting an item that does not exist changes nothing.
    if (!held && change.op === 'delete') return false
    const version = held?.change.version ?? this.#tombstones.get(id) ?? -Infinity
    return change.version <= version && held?.json !== json
  }

  #set(frame: ChangeFrame): void {
    const { change, json } = frame
    const id = idOf(change)
    this.#size -= this.#frames.get(id)?.json.length ?? 0
    if (change.op === 'delete') {
      // A full payload may contain the item and its deletion with an earlier version.
      this.#addTombstone(id, Math.max(change.version, this.#frames.get(id)?.change.version ?? change.version))
      this.#frames.delete(id)
    } else {
      this.#frames.set(id, frame)
      this.#tombstones.delete(id)
      this.#size += json.length
    }
  }

  #addTombstone(id: string, version: number): void {
    // A client may have either of two deletions, and ignores changes up to the greater version.
    this.#tombstones.set(id, Math.max(version, this.#tombstones.get(id) ?? version))
    if (this.#tombstones.size > MAX_TOMBSTONES)
      this.#tombstones.delete(this.#tombstones.keys().next().value ?? '')
  }
}

function itemOf({ kind, key, version }: TouchedItem): TouchedItem {
  return { kind, key, version }
}

function patchIfShorter(
  before: Change,
  { change, json }: ChangeFrame,
  naming: Naming,
): Pick<TouchedItem, 'patch'> {
  if (before.op !== 'put' || change.op !== 'put') return {}
  const patch = patchOf(before.object, change)
  // A client with this content may have it in another version, from another server.
  const operations = naming === 'content' ? patch?.filter(({ op }) => op !== 'test') : patch
  const length = operations ? JSON.stringify(operations).length : Infinity
  return operations && length < json.length ? { patch: { operations, length } } : {}
}

/** Returns the patches of an item as one event, or undefined if one of its changes was not a patch. */
function mergePatches(touches: readonly TouchedItem[], change: PutChange): Frame | undefined {
  const patches = touches.flatMap(({ patch }) => patch ?? [])
  const operations = patches.flatMap((patch) => patch.operations)
  const isWhole = patches.length < touches.length || operations.length > MOST_OPERATIONS
  return isWhole ? undefined : frameOf(patchEvent(change, operations))
}

function latestOf(group: readonly TouchedItem[]): TouchedItem {
  return group.reduce((latest, touch) => (touch.version > latest.version ? touch : latest))
}

function hasRisingVersions(touches: readonly TouchedItem[]): boolean {
  return touches.every(({ version }, index) => index === 0 || version > (touches[index - 1]?.version ?? 0))
}

/**
 * Returns the selector of data whose source has none, for example FDv1 or the rows of other software. It is a hash of the
 * content, so that all servers of the same data agree, also after a restart (decision 25). The order of the items does not
 * matter. After a change only the changed items are hashed again.
 */
function contentSelector(frames: Iterable<ChangeFrame>): Selector {
  let sum = 0n
  for (const frame of frames) {
    frame.digest ??= BigInt(`0x${hash('sha256', frame.json, 'hex').slice(0, 32)}`)
    // XOR does not depend on the order. Equal digests would cancel out, but each item occurs only once.
    sum ^= frame.digest
  }
  return { state: `halyard-content:${sum.toString(16)}`, version: 1 }
}

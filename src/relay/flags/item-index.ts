import type { Clock } from '../../async/clock.ts'
import { timeSlices } from '../../async/slices.ts'
import type { Item, ItemKind, Snapshot } from '../../model/change-set.ts'
import type { Flag, Segment } from '../../model/flag.ts'
import { SearchText, valueTypeOf } from './item-search.ts'

/** The flags or segments to select. Members that are absent select all. */
export interface ItemFilter {
  readonly kind: ItemKind
  /** Text in the key, or in the targeting, without regard to case. */
  readonly search?: string
  /** The type of the values of a flag, or `big` for big segments. */
  readonly type?: string
  readonly state?: 'on' | 'off'
  /** `changed`: the last change first. `used`: those with the most evaluations first. */
  readonly sort: 'key' | 'changed' | 'used'
}

export interface Match {
  readonly item: Item
  /** The text in the targeting that contains the search text. Absent if the key contains it. */
  readonly found?: string
}

export interface SelectOptions {
  /** The keys that come first, in their order. */
  readonly firstKeys: readonly string[]
  /** Ends the selection; it then rejects with the reason. */
  readonly signal: AbortSignal
}

/** Selections that are kept for the next pages. */
const MAX_KEPT = 4

/** Elements that are sorted without a pause. */
const RUN_LENGTH = 256

/** Selects flags and segments of an environment, sorted, in time slices. Keeps the last selections until the data changes. */
export class ItemIndex {
  readonly #clock: Clock
  #snapshot: Snapshot | undefined
  #sorted = new Map<ItemKind, Promise<readonly Item[]>>()
  #selections = new Map<string, readonly Match[]>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Returns the matches, those in the key before those in the targeting. */
  async select(snapshot: Snapshot, filter: ItemFilter, options: SelectOptions): Promise<readonly Match[]> {
    if (snapshot !== this.#snapshot) {
      this.#snapshot = snapshot
      this.#sorted = new Map()
      this.#selections = new Map()
    }
    const name = JSON.stringify([filter.kind, filter.search, filter.type, filter.state])
    const selections = this.#selections
    const known = selections.get(name)
    if (known) return inOrder(known, options.firstKeys)
    const items = this.#sorted.get(filter.kind) ?? sortByKey(itemsOf(snapshot, filter.kind), this.#clock)
    this.#sorted.set(filter.kind, items)
    const matches = await this.#filter(await items, filter, options)
    selections.set(name, matches)
    if (selections.size > MAX_KEPT) selections.delete(selections.keys().next().value ?? '')
    return inOrder(matches, options.firstKeys)
  }

  async #filter(
    items: readonly Item[],
    filter: ItemFilter,
    { signal }: SelectOptions,
  ): Promise<readonly Match[]> {
    const { search = '' } = filter
    const wanted = new SearchText(search)
    const pause = timeSlices(this.#clock)
    const inKey: Match[] = []
    const inText: Match[] = []
    for (const item of items) {
      const paused = pause()
      if (paused) await paused
      signal.throwIfAborted()
      if (!isOf(item, filter)) continue
      if (wanted.isIn(item.key)) {
        inKey.push({ item })
        continue
      }
      const found = wanted.findIn(item.object)
      if (found !== undefined) inText.push({ item, found })
    }
    return inKey.concat(inText)
  }
}

function itemsOf({ flags, segments }: Snapshot, kind: ItemKind): readonly Item[] {
  return [...(kind === 'flag' ? flags : segments).values()]
}

function isOf({ object }: Item, { kind, type, state }: ItemFilter): boolean {
  if (kind === 'segment')
    return type === undefined || Boolean((object as Segment).unbounded) === (type === 'big')
  const flag: Flag = object
  if (state !== undefined && Boolean(flag.on) !== (state === 'on')) return false
  return type === undefined || valueTypeOf(flag) === type
}

/** Moves the items with these keys to the beginning, in the order of the keys. */
function inOrder(matches: readonly Match[], firstKeys: readonly string[]): readonly Match[] {
  if (firstKeys.length === 0) return matches
  const ranks = new Map(firstKeys.map((key, rank) => [key, rank]))
  const rankOf = ({ item }: Match): number => ranks.get(item.key) ?? Infinity
  const first = matches.filter((match) => ranks.has(match.item.key))
  const others = matches.filter((match) => !ranks.has(match.item.key))
  return first.sort((a, b) => rankOf(a) - rankOf(b)).concat(others)
}

/** Sorts by key without blocking the event loop for long: a merge sort in time slices. */
async function sortByKey(items: readonly Item[], clock: Clock): Promise<readonly Item[]> {
  const pause = timeSlices(clock)
  let runs: Item[][] = []
  for (let start = 0; start < items.length; start += RUN_LENGTH) {
    runs.push(items.slice(start, start + RUN_LENGTH).sort((a, b) => (a.key < b.key ? -1 : 1)))
    const paused = pause()
    if (paused) await paused
  }
  while (runs.length > 1) {
    const merged: Item[][] = []
    for (let index = 0; index < runs.length; index += 2)
      merged.push(await merge(runs[index] ?? [], runs[index + 1] ?? [], pause))
    runs = merged
  }
  return runs[0] ?? []
}

async function merge(
  left: readonly Item[],
  right: readonly Item[],
  pause: ReturnType<typeof timeSlices>,
): Promise<Item[]> {
  const merged: Item[] = []
  let [fromLeft, fromRight] = [0, 0]
  while (merged.length < left.length + right.length) {
    const [a, b] = [left[fromLeft], right[fromRight]]
    if (a && (!b || a.key <= b.key)) {
      merged.push(a)
      fromLeft++
    } else if (b) {
      merged.push(b)
      fromRight++
    }
    const paused = merged.length % RUN_LENGTH === 0 ? pause() : undefined
    if (paused) await paused
  }
  return merged
}

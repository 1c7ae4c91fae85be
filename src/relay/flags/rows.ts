import type { ItemKind } from '../../model/change-set.ts'
import type { Flag, Segment } from '../../model/flag.ts'
import type { UsageReader } from '../events/usage-view.ts'
import { cut } from './bounded-json.ts'
import { summaryWords } from './flag-words.ts'
import type { FlagsReader } from './flags-reader.ts'
import type { ItemFilter, Match } from './item-index.ts'
import { type ValueType, valueTypeOf } from './item-search.ts'
import { segmentSummary } from './segment-words.ts'
import type { Sentence } from './sentence.ts'

/** A flag or segment in the list. */
export interface ItemRow {
  /** Cut after {@link MAX_KEY_LENGTH} characters. */
  readonly key: string
  /** The type of the values of a flag, or the kind of a segment. */
  readonly type: ValueType | 'segment' | 'big segment'
  /** Absent for segments. */
  readonly on?: boolean
  readonly version: number
  /** Present if a file of overrides replaces the item. */
  readonly overridden?: true
  readonly summary: Sentence
  /** The time of the last change, in milliseconds since the Unix epoch. Absent if there was none since the start, or if it was forgotten. */
  readonly changedAt?: number
  /** Number of evaluations in the last 60 minutes. Absent for segments, and if the relay does not count evaluations. */
  readonly evaluations?: number
  /** The text in the targeting that was searched for. Absent if the key has it. */
  readonly found?: string
}

/** A part of the list of flags or segments. */
export interface ItemPage {
  readonly environment: string
  readonly kind: ItemKind
  /** Number of flags or segments in the environment. */
  readonly all: number
  /** Number of those that match the filter. */
  readonly total: number
  readonly offset: number
  /** True if the relay counts the evaluations of these flags. */
  readonly isCounted: boolean
  readonly rows: readonly ItemRow[]
}

export interface PageRange {
  readonly offset: number
  readonly limit: number
}

/** Keys of flags are much shorter; the page links to an item only by its whole key. */
const MAX_KEY_LENGTH = 1_000

const MAX_FOUND_LENGTH = 120

/** Returns a page of the list; `undefined` if there is no data yet. */
export async function itemPage(
  reader: FlagsReader,
  filter: ItemFilter,
  range: PageRange,
  signal: AbortSignal,
): Promise<Omit<ItemPage, 'environment'> | undefined> {
  const snapshot = reader.snapshot()
  if (!snapshot) return undefined
  const { changes, index } = reader
  const usage = filter.kind === 'flag' ? reader.usage() : undefined
  const firstKeys = firstKeysOf(filter, changes, usage)
  const matches = await index.select(snapshot, filter, { firstKeys, signal })
  const shown = matches.slice(range.offset, range.offset + range.limit)
  return {
    kind: filter.kind,
    all: (filter.kind === 'flag' ? snapshot.flags : snapshot.segments).size,
    total: matches.length,
    offset: range.offset,
    isCounted: usage !== undefined,
    rows: shown.map((match) => ({
      ...rowOf(match, filter.kind, reader),
      ...(usage && { evaluations: usage.lastHourOf(match.item.key) }),
    })),
  }
}

function firstKeysOf(
  { kind, sort }: ItemFilter,
  changes: FlagsReader['changes'],
  usage: UsageReader | undefined,
): readonly string[] {
  switch (sort) {
    case 'key':
      return []
    case 'changed':
      return changes.changedKeys(kind)
    case 'used':
      return usage?.mostUsed() ?? []
    default:
      return sort satisfies never
  }
}

function rowOf(
  { item, found }: Match,
  kind: ItemKind,
  { changes, isOverridden }: Pick<FlagsReader, 'changes' | 'isOverridden'>,
): ItemRow {
  const changedAt = changes.lastChangeAt(kind, item.key)
  const flag: Flag = item.object
  const segment: Segment = item.object
  return {
    key: cut(item.key, MAX_KEY_LENGTH),
    ...(kind === 'flag'
      ? { type: valueTypeOf(flag), on: Boolean(flag.on), summary: summaryWords(flag) }
      : { type: segment.unbounded ? 'big segment' : 'segment', summary: segmentSummary(segment) }),
    version: item.version,
    ...(isOverridden(kind, item.key) && { overridden: true }),
    ...(changedAt !== undefined && { changedAt }),
    ...(found !== undefined && { found: cut(found, MAX_FOUND_LENGTH) }),
  }
}

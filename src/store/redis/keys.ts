import { MARKER, NAMESPACES, SIDECAR } from '../../layout/row.ts'
import type { ItemKind } from '../../model/change-set.ts'
import { type BatchLimits, inBatches } from '../batching.ts'

/** The keys of one prefix. Rows and marker are those of LaunchDarkly's SDKs. */
export interface RedisKeys {
  readonly rows: Readonly<Record<ItemKind, string>>
  readonly marker: string
  readonly sidecar: string
  readonly lease: string
  /** The greatest fencing token that was issued or used for a write. */
  readonly fencingToken: string
  /** A list of changes that relays share, and a string with its number of entries and bytes. */
  readonly history: string
  readonly historySize: string
  readonly channel: string
}

/**
 * Staging hashes that a full write fills before it renames them, and the names for the replaced hashes until they are
 * freed.
 */
export interface StagingKeys {
  readonly filled: Readonly<Record<ItemKind, string>>
  readonly replaced: Readonly<Record<ItemKind, string>>
}

export function redisKeys(prefix: string): RedisKeys {
  const own = `${prefix}:${SIDECAR}`
  return {
    rows: rowKeys(prefix),
    marker: `${prefix}:${MARKER}`,
    sidecar: own,
    lease: `${own}:lease`,
    fencingToken: `${own}:fence`,
    history: `${own}:history`,
    historySize: `${own}:history:size`,
    channel: own,
  }
}

export function stagingKeys({ sidecar }: RedisKeys, id: string): StagingKeys {
  const place = `${sidecar}:staging:${id}`
  return { filled: rowKeys(place), replaced: rowKeys(`${place}:old`) }
}

function rowKeys(place: string): Record<ItemKind, string> {
  return { flag: `${place}:${NAMESPACES.flag}`, segment: `${place}:${NAMESPACES.segment}` }
}

const HASH_TAG = /^[^{]*\{[^}]+\}/

/** Checks that all keys of a prefix are on one node of a cluster, so that one transaction can write them. */
export function hasHashTag(prefix: string): boolean {
  return HASH_TAG.test(prefix)
}

/**
 * Maximum size of one command in characters. Redis runs one command at a time, so a larger one would block other
 * clients.
 */
const MAX_CHARACTERS = 4_000_000

export function chunks<T extends { readonly text: string }>(
  rows: Iterable<T>,
  { maxItems, maxSize = MAX_CHARACTERS }: Pick<BatchLimits<T>, 'maxItems' | 'maxSize'>,
): Iterable<readonly T[]> {
  return inBatches(rows, { maxItems, maxSize, sizeOf: ({ text }) => text.length })
}

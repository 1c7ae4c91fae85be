import { MARKER, NAMESPACES, SIDECAR } from '../../layout/row.ts'
import type { ItemKind } from '../../model/change-set.ts'
import { type BatchLimits, inBatches } from '../batching.ts'

/** Where everything lies under one prefix. The first two and the marker are those of LaunchDarkly's SDKs. */
export interface RedisKeys {
  /** Hashes: a field for each row. */
  readonly rows: Readonly<Record<ItemKind, string>>
  readonly marker: string
  readonly sidecar: string
  readonly lease: string
  /** The greatest fence that was given out or written with. */
  readonly fencingToken: string
  /** A list that relays share, and beside it how many entries it has and how many bytes they are. */
  readonly history: string
  readonly historySize: string
  /** Not a key but a channel: what was written is told of here. */
  readonly channel: string
}

/** Hashes that are filled before they take the place of others, and what they replaced until it is freed. */
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

/** For one write, told apart from all others by `id`. */
export function stagingKeys({ sidecar }: RedisKeys, id: string): StagingKeys {
  const place = `${sidecar}:staging:${id}`
  return { filled: rowKeys(place), replaced: rowKeys(`${place}:old`) }
}

function rowKeys(place: string): Record<ItemKind, string> {
  return { flag: `${place}:${NAMESPACES.flag}`, segment: `${place}:${NAMESPACES.segment}` }
}

/** What of a key decides which node of a cluster holds it: `{…}`, where it has one. */
const HASH_TAG = /^[^{]*\{[^}]+\}/

/** Whether all keys under a prefix lie on one node of a cluster, so that they can be written at once. */
export function hasHashTag(prefix: string): boolean {
  return HASH_TAG.test(prefix)
}

/** A server answers nobody else while it reads one of these. Characters, which are bytes as a rule. */
const MOST_CHARACTERS = 4_000_000

/** The same rows in portions of at most `most`, and of a size a server takes in at once. */
export function chunks<T extends { readonly text: string }>(
  rows: Iterable<T>,
  { maxItems, maxSize = MOST_CHARACTERS }: Pick<BatchLimits<T>, 'maxItems' | 'maxSize'>,
): Iterable<readonly T[]> {
  return inBatches(rows, { maxItems, maxSize, sizeOf: ({ text }) => text.length })
}

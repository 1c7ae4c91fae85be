import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { MARKER, NAMESPACES, SIDECAR } from '../../layout/row.ts'
import type { ItemKind } from '../../model/change-set.ts'
import type { Row, VersionedRow } from '../../model/persistent-store.ts'

export type Attributes = Record<string, AttributeValue>

export function attributesOf({ namespace, key }: ItemKey): Attributes {
  return { namespace: { S: namespace }, key: { S: key } }
}

export function toItem(namespace: string, { key, version, text }: VersionedRow): Attributes {
  return { ...attributesOf({ namespace, key }), version: { N: String(version) }, item: { S: text } }
}

/** Returns the row of an item. An item without a text yields an unreadable row. */
export function toRow(kind: ItemKind, { key, version, item }: Attributes): Row {
  const held = Number(version?.N ?? Number.NaN)
  return {
    kind,
    key: key?.S ?? '',
    text: item?.S ?? (item?.NULL ? 'null' : ''),
    ...(Number.isFinite(held) && { version: held }),
  }
}

/** Limits of DynamoDB for an item, including attribute names, and for a sort key, in bytes. */
const MAX_BYTES = 400 * 1_024
const MAX_KEY_BYTES = 1_024

/** Sizes of the four attribute names and of the longest number, in bytes. */
const NAME_BYTES = 'namespace'.length + 'key'.length + 'version'.length + 'item'.length
const NUMBER_BYTES = 21

/** Limits of a number in DynamoDB, with a reserve. */
const LARGEST = 1e125
const SMALLEST = 1e-125

/** Returns the reason why the table cannot hold a row, or `undefined`. Counts bytes as AWS does. */
export function reasonToRefuse(namespace: string, { key, version, text }: VersionedRow): string | undefined {
  const bytes =
    NAME_BYTES + NUMBER_BYTES + [namespace, key, text].reduce((sum, part) => sum + Buffer.byteLength(part), 0)
  if (bytes > MAX_BYTES) return `it would take ${bytes} bytes; DynamoDB accepts at most ${MAX_BYTES} per item`
  const size = Math.abs(version)
  if (size > LARGEST || (size < SMALLEST && size > 0)) return 'DynamoDB cannot hold its version'
  return keyProblem(key)
}

export function keyProblem(key: string): string | undefined {
  if (key === '') return 'its key is empty, which DynamoDB does not allow'
  if (!key.isWellFormed()) return 'its key is not valid Unicode'
  const bytes = Buffer.byteLength(key)
  return bytes > MAX_KEY_BYTES
    ? `its key takes ${bytes} bytes; DynamoDB accepts at most ${MAX_KEY_BYTES} for a sort key`
    : undefined
}

export interface ItemKey {
  readonly namespace: string
  readonly key: string
}

export interface TableNames {
  readonly partition: (kind: ItemKind) => string
  readonly marker: ItemKey
  readonly sidecar: ItemKey
  readonly lease: ItemKey
  /** The time of the last synchronization of big segments. */
  readonly bigSegments: ItemKey
  /** The partition with one item for each member of a big segment. */
  readonly bigSegmentMembers: string
}

/**
 * Returns the keys of a prefix, as LaunchDarkly's SDKs build them. Halyard's own items are in a separate partition.
 */
export function tableNames(prefix: string): TableNames {
  const named = (name: string): string => (prefix === '' ? name : `${prefix}:${name}`)
  const own = named(SIDECAR)
  return {
    partition: (kind) => named(NAMESPACES[kind]),
    marker: { namespace: named(MARKER), key: named(MARKER) },
    sidecar: { namespace: own, key: 'sidecar' },
    lease: { namespace: own, key: 'lease' },
    bigSegments: { namespace: named('big_segments_metadata'), key: named('big_segments_metadata') },
    bigSegmentMembers: named('big_segments_user'),
  }
}

import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { MARKER, NAMESPACES, SIDECAR } from '../../layout/row.ts'
import type { ItemKind } from '../../model/change-set.ts'
import type { Row, VersionedRow } from '../../model/persistent-store.ts'

/** An item of a table, as the AWS SDK has it. */
export type Attributes = Record<string, AttributeValue>

export function attributesOf({ namespace, key }: ItemKey): Attributes {
  return { namespace: { S: namespace }, key: { S: key } }
}

export function toItem(namespace: string, { key, version, text }: VersionedRow): Attributes {
  return { ...attributesOf({ namespace, key }), version: { N: String(version) }, item: { S: text } }
}

/** Takes what is there, whoever wrote it: what is no text comes through as one nobody can read. */
export function toRow(kind: ItemKind, { key, version, item }: Attributes): Row {
  const held = Number(version?.N ?? Number.NaN)
  return {
    kind,
    key: key?.S ?? '',
    text: item?.S ?? (item?.NULL ? 'null' : ''),
    ...(Number.isFinite(held) && { version: held }),
  }
}

/** What DynamoDB holds in an item, names of attributes included, and in a sort key. */
const MOST_BYTES = 400 * 1_024
const MOST_KEY_BYTES = 1_024

/** Names of the four attributes, and the most a number takes. */
const NAME_BYTES = 'namespace'.length + 'key'.length + 'version'.length + 'item'.length
const NUMBER_BYTES = 21

/** Magnitudes a number of DynamoDB has, with room to spare. */
const LARGEST = 1e125
const SMALLEST = 1e-125

/** Why the table cannot hold a row, if it cannot. Bytes are counted as AWS counts them. */
export function reasonToRefuse(namespace: string, { key, version, text }: VersionedRow): string | undefined {
  const bytes =
    NAME_BYTES + NUMBER_BYTES + [namespace, key, text].reduce((sum, part) => sum + Buffer.byteLength(part), 0)
  if (bytes > MOST_BYTES) return `it would take ${bytes} bytes, and an item of DynamoDB ${MOST_BYTES} at most`
  const size = Math.abs(version)
  if (size > LARGEST || (size < SMALLEST && size > 0)) return 'its version is no number DynamoDB can hold'
  return keyProblem(key)
}

/** Why no row has this key, if none can have it. */
export function keyProblem(key: string): string | undefined {
  if (key === '') return 'its key is empty, which DynamoDB does not allow'
  if (!key.isWellFormed()) return 'its key is not valid Unicode'
  const bytes = Buffer.byteLength(key)
  return bytes > MOST_KEY_BYTES
    ? `its key takes ${bytes} bytes, and a sort key of DynamoDB ${MOST_KEY_BYTES} at most`
    : undefined
}

/** Which item of a table is meant. */
export interface ItemKey {
  readonly namespace: string
  readonly key: string
}

/** What everything under a prefix is called. */
export interface TableNames {
  readonly partition: (kind: ItemKind) => string
  readonly marker: ItemKey
  readonly sidecar: ItemKey
  readonly lease: ItemKey
}

/** Names as LaunchDarkly's SDKs make them; what is Halyard's lies in a partition of its own. */
export function tableNames(prefix: string): TableNames {
  const named = (name: string): string => (prefix === '' ? name : `${prefix}:${name}`)
  const own = named(SIDECAR)
  return {
    partition: (kind) => named(NAMESPACES[kind]),
    marker: { namespace: named(MARKER), key: named(MARKER) },
    sidecar: { namespace: own, key: 'sidecar' },
    lease: { namespace: own, key: 'lease' },
  }
}

import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { Kind } from '../../model/change-set.ts'
import type { Row, VersionedRow } from '../../model/persistent-store.ts'
import type { ItemKey } from './names.ts'

/** An item of a table, as the AWS SDK has it. */
export type Attributes = Record<string, AttributeValue>

export function attributesOf({ namespace, key }: ItemKey): Attributes {
  return { namespace: { S: namespace }, key: { S: key } }
}

export function toItem(namespace: string, { key, version, text }: VersionedRow): Attributes {
  return { ...attributesOf({ namespace, key }), version: { N: String(version) }, item: { S: text } }
}

/** Takes what is there, whoever wrote it: what is no text comes through as one nobody can read. */
export function toRow(kind: Kind, { key, version, item }: Attributes): Row {
  const held = Number(version?.N ?? Number.NaN)
  return {
    kind,
    key: key?.S ?? '',
    text: item?.S ?? (item?.NULL ? 'null' : ''),
    ...(Number.isFinite(held) && { version: held }),
  }
}

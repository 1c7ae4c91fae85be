import { StoreError } from '../../model/errors.ts'
import type { Attributes, ItemKey } from './items.ts'
import type { Table } from './table.ts'

/**
 * The item with the sidecar and the greatest fencing token that has written. Both are in one item, so that no writer
 * with a smaller token can write a sidecar. A writer that loses its lease during a write may still put rows; their
 * digest then differs from that of the next sidecar, so that readers do not resume from them.
 */
export class SidecarItem {
  readonly #table: Table
  readonly #key: ItemKey
  readonly #fencingToken: number | undefined

  constructor(table: Table, key: ItemKey, fencingToken: number | undefined) {
    this.#table = table
    this.#key = key
    this.#fencingToken = fencingToken
  }

  async remove(signal: AbortSignal): Promise<void> {
    await this.#update({ set: {}, remove: ['item'] }, signal)
  }

  write(text: string, signal: AbortSignal): Promise<string | undefined> {
    return this.#update({ set: { item: { S: text } }, remove: [] }, signal)
  }

  /** Rejects if another writer has a greater fencing token. Sends nothing without a token. */
  async confirm(signal: AbortSignal): Promise<void> {
    if (this.#fencingToken !== undefined) await this.#update({ set: {}, remove: [] }, signal)
  }

  /** Each change records its fencing token, on the condition that no greater one is recorded. */
  async #update(change: Change, signal: AbortSignal): Promise<string | undefined> {
    const fencingToken = this.#fencingToken
    const set = { ...change.set, ...(fencingToken !== undefined && { fence: { N: String(fencingToken) } }) }
    const names = [...Object.keys(set), ...change.remove]
    const values = Object.entries(set).map(([name, value]) => [`:${name}`, value] as const)
    const update = {
      UpdateExpression: [
        clause('SET', Object.keys(set).map(assignment)),
        clause('REMOVE', change.remove.map(alias)),
      ].join(' '),
      ExpressionAttributeNames: Object.fromEntries(names.map((name) => [alias(name), name])),
      ...(values.length > 0 && { ExpressionAttributeValues: Object.fromEntries(values) }),
      ...(fencingToken !== undefined && {
        ConditionExpression: 'attribute_not_exists(#fence) OR #fence <= :fence',
      }),
    }
    const before = await this.#table.update(this.#key, { ...update, returned: 'ALL_OLD' }, signal)
    if (before) return before.item?.S
    throw new StoreError(
      'fenced',
      `another writer holds the lease, with a greater fencing token than ${fencingToken}`,
    )
  }
}

interface Change {
  readonly set: Attributes
  readonly remove: readonly string[]
}

const alias = (name: string): string => `#${name}`
const assignment = (name: string): string => `#${name} = :${name}`
const clause = (verb: string, parts: readonly string[]): string =>
  parts.length > 0 ? `${verb} ${parts.join(', ')}` : ''

import { StoreError } from '../../model/errors.ts'
import type { Attributes, ItemKey } from './items.ts'
import type { Table } from './table.ts'

/**
 * The item of the sidecar, which also keeps the greatest fence that wrote: in one item, so that nobody with a smaller
 * fence can ever write a sidecar. Whose lease passes on between two looks may still put rows; they are then not what
 * the digest in its successor's sidecar says, so nobody resumes from them.
 */
export class SidecarItem {
  readonly #table: Table
  readonly #key: ItemKey
  readonly #fence: number | undefined

  constructor(table: Table, key: ItemKey, fence: number | undefined) {
    this.#table = table
    this.#key = key
    this.#fence = fence
  }

  /** Takes the sidecar away, before the rows cease to be what it says. */
  async remove(signal: AbortSignal): Promise<void> {
    await this.#update({ set: {}, remove: ['item'] }, signal)
  }

  /** Returns the text that was replaced. */
  write(text: string, signal: AbortSignal): Promise<string | undefined> {
    return this.#update({ set: { item: { S: text } }, remove: [] }, signal)
  }

  /** Rejects where another writer has a greater fence. Asks nothing where there is none. */
  async confirm(signal: AbortSignal): Promise<void> {
    if (this.#fence !== undefined) await this.#update({ set: {}, remove: [] }, signal)
  }

  /** Every change says which fence it comes with, and happens only where there is no greater one. */
  async #update(change: Change, signal: AbortSignal): Promise<string | undefined> {
    const fence = this.#fence
    const set = { ...change.set, ...(fence !== undefined && { fence: { N: String(fence) } }) }
    const names = [...Object.keys(set), ...change.remove]
    const values = Object.entries(set).map(([name, value]) => [`:${name}`, value] as const)
    const update = {
      UpdateExpression: [
        clause('SET', Object.keys(set).map(assignment)),
        clause('REMOVE', change.remove.map(alias)),
      ].join(' '),
      ExpressionAttributeNames: Object.fromEntries(names.map((name) => [alias(name), name])),
      ...(values.length > 0 && { ExpressionAttributeValues: Object.fromEntries(values) }),
      ...(fence !== undefined && { ConditionExpression: 'attribute_not_exists(#fence) OR #fence <= :fence' }),
    }
    const before = await this.#table.update(this.#key, { ...update, returned: 'ALL_OLD' }, signal)
    if (before) return before.item?.S
    throw new StoreError('fenced', `another writer holds the lease, with a greater fence than ${fence}`)
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

import { isDeepStrictEqual } from 'node:util'

/** Performs one operation on the server, with the body of its answer. */
export type Perform = (
  name: string,
  input: object,
) => Promise<{ readonly status: number; readonly text: string }>

interface Write {
  readonly TableName: string
  readonly Key: Record<string, unknown>
  readonly UpdateExpression?: string
  readonly ConditionExpression?: string
  readonly ExpressionAttributeValues?: Record<string, unknown>
}

interface TransactItem {
  readonly Update?: Write
  readonly ConditionCheck?: Write
}

/** The most items in a transaction of DynamoDB. */
const MAX_ITEMS = 100

/**
 * Performs TransactWriteItems, which dynalite lacks: one transaction at a time, by reads for the conditions and an UpdateItem for
 * each update. Knows the conditions that Halyard uses: `attribute_not_exists(NAME)` and `NAME = :value`.
 */
export class Transactions {
  readonly #perform: Perform
  #last: Promise<unknown> = Promise.resolve()

  constructor(perform: Perform) {
    this.#perform = perform
  }

  run(input: object): Promise<{ readonly status: number; readonly text: string }> {
    const result = this.#last.then(() =>
      this.#run(input as { readonly TransactItems: readonly TransactItem[] }),
    )
    this.#last = result.catch(() => undefined)
    return result
  }

  async #run({ TransactItems: items }: { readonly TransactItems: readonly TransactItem[] }) {
    const writes = items.map(({ Update, ConditionCheck }) => Update ?? ConditionCheck)
    if (!writes.every((write) => write !== undefined))
      throw new Error('only Update and ConditionCheck are known')
    const keys = writes.map(({ Key }) => JSON.stringify(Key))
    if (items.length > MAX_ITEMS || new Set(keys).size < keys.length) {
      return failed('ValidationException', {
        message: 'Transaction request cannot include multiple operations on one item',
      })
    }
    const unused = writes.some(
      ({ UpdateExpression = '', ConditionExpression = '', ExpressionAttributeValues: values = {} }) =>
        !Object.keys(values).every((name) => `${UpdateExpression} ${ConditionExpression}`.includes(name)),
    )
    if (unused) return failed('ValidationException', { message: 'Value provided is unused in expressions' })
    const holds = await Promise.all(writes.map((write) => this.#holds(write)))
    if (holds.includes(false)) {
      const CancellationReasons = holds.map((held) => ({ Code: held ? 'None' : 'ConditionalCheckFailed' }))
      return failed('TransactionCanceledException', { CancellationReasons })
    }
    for (const { Update } of items) {
      if (!Update) continue
      const { ConditionExpression: _, ExpressionAttributeValues: values = {}, ...update } = Update
      // DynamoDB refuses values that the expression does not use.
      const used = Object.entries(values).filter(([name]) => update.UpdateExpression?.includes(name))
      const answer = await this.#perform('UpdateItem', {
        ...update,
        ExpressionAttributeValues: Object.fromEntries(used),
      })
      if (answer.status !== 200) return answer
    }
    return { status: 200, text: '{}' }
  }

  async #holds({
    TableName,
    Key,
    ConditionExpression = '',
    ExpressionAttributeValues = {},
  }: Write): Promise<boolean> {
    if (ConditionExpression === '') return true
    const { text } = await this.#perform('GetItem', { TableName, Key, ConsistentRead: true })
    const { Item = {} } = JSON.parse(text) as { readonly Item?: Record<string, unknown> }
    const [, absent] = /^attribute_not_exists\((\w+)\)$/.exec(ConditionExpression) ?? []
    if (absent !== undefined) return Item[absent] === undefined
    const [, name = '', value = ''] = /^(\w+) = (:\w+)$/.exec(ConditionExpression) ?? []
    if (name === '') throw new Error(`unknown condition: ${ConditionExpression}`)
    return isDeepStrictEqual(Item[name], ExpressionAttributeValues[value])
  }
}

function failed(type: string, rest: object) {
  const body = { __type: `com.amazonaws.dynamodb.v20120810#${type}`, ...rest }
  return { status: 400, text: JSON.stringify(body) }
}

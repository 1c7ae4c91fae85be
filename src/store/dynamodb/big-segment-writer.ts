import type { TransactWriteItem } from '@aws-sdk/client-dynamodb'
import { withDeadline } from '../../async/signals.ts'
import {
  type BigSegmentPatch,
  type BigSegmentWriter,
  type MemberChange,
  memberChanges,
} from '../../model/big-segment-patch.ts'
import type { StoreContext } from '../../model/persistent-store.ts'
import { DynamodbConnection } from './connection.ts'
import { attributesOf, tableNames } from './items.ts'
import type { DynamodbSettings } from './options.ts'
import { Table } from './table.ts'
import { Transactions } from './transactions.ts'

/** Longest time of one request with its retries, in milliseconds. */
const CALL_MS = 10_000

/** Contexts in one transaction. LaunchDarkly's Relay Proxy writes as many. */
const CONTEXTS_PER_TRANSACTION = 24

/** Opens a writer with a connection of its own. It connects on the first call. */
export function openDynamodbBigSegmentWriter(
  settings: DynamodbSettings,
  context: StoreContext,
): BigSegmentWriter {
  const { tableName, prefix } = settings
  const connection = new DynamodbConnection(settings, context.clock)
  const table = new Table(connection)
  const transactions = new Transactions(connection, context)
  const { bigSegments: metadata, bigSegmentMembers: namespace } = tableNames(prefix)
  const inTime = <T>(signal: AbortSignal, call: (signal: AbortSignal) => Promise<T>): Promise<T> =>
    withDeadline(context.clock, CALL_MS, signal, call)

  const version = async (signal: AbortSignal): Promise<string | undefined> =>
    (await inTime(signal, (limited) => table.get(metadata, 'strong', limited)))?.lastVersion?.S

  const update = (hash: string, changes: ContextChanges, reference: string): TransactWriteItem => ({
    Update: {
      TableName: tableName,
      Key: attributesOf({ namespace, key: hash }),
      UpdateExpression: expressionOf(changes),
      ExpressionAttributeValues: { ':segment': { SS: [reference] } },
    },
  })

  return {
    name: describePlace(settings),
    version,
    async apply(patch, expected, signal) {
      for (const { contexts, isLast } of partsOf(patch)) {
        const items = [...contexts].map(([hash, changes]) => update(hash, changes, patch.reference))
        const condition = {
          TableName: tableName,
          Key: attributesOf(metadata),
          ...versionCondition(expected, isLast ? patch.version : undefined),
        }
        const check = isLast
          ? { Update: { UpdateExpression: 'SET lastVersion = :version', ...condition } }
          : { ConditionCheck: condition }
        const result = await inTime(signal, (limited) => transactions.write([check, ...items], limited))
        if (result === 'refused') return { type: 'refused', version: await version(signal) }
      }
      return { type: 'applied' }
    },
    async setSynchronizedOn(time, signal) {
      const write = {
        UpdateExpression: 'SET synchronizedOn = :time',
        ExpressionAttributeValues: { ':time': { N: String(time) } },
      }
      await inTime(signal, (limited) => table.update(metadata, write, limited))
    },
    close: () => Promise.resolve(connection.close()),
  }
}

export function describePlace({ tableName, prefix }: DynamodbSettings): string {
  return `DynamoDB table "${tableName}"${prefix && `, prefix "${prefix}"`}`
}

/** Returns an update of the lists of a context. Each kind of operation may occur once in an expression. */
function expressionOf(changes: ContextChanges): string {
  const sections = (['add', 'remove'] as const).map((operation) => {
    const lists = [...changes].filter(([, each]) => each === operation).map(([list]) => `${list} :segment`)
    return lists.length > 0 ? `${ACTIONS[operation]} ${lists.join(', ')}` : ''
  })
  return sections.filter(Boolean).join(' ')
}

const ACTIONS = { add: 'ADD', remove: 'DELETE' } as const

/** Returns the condition that the stored version is the expected one, with the value of a new version. */
function versionCondition(expected: string | undefined, version: string | undefined) {
  const values = {
    ...(expected !== undefined && { ':expected': { S: expected } }),
    ...(version !== undefined && { ':version': { S: version } }),
  }
  return {
    ConditionExpression:
      expected === undefined ? 'attribute_not_exists(lastVersion)' : 'lastVersion = :expected',
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
  }
}

/** The last operation on each list of a context. A transaction may contain an item only once. */
type ContextChanges = ReadonlyMap<MemberChange['list'], MemberChange['operation']>

interface Part {
  readonly contexts: ReadonlyMap<string, ContextChanges>
  readonly isLast: boolean
}

/** Divides a patch into transactions. The order of the changes of a context is kept. */
function* partsOf(patch: BigSegmentPatch): Generator<Part, void, undefined> {
  let contexts = new Map<string, Map<MemberChange['list'], MemberChange['operation']>>()
  for (const { list, operation, hash } of memberChanges(patch)) {
    const known = contexts.get(hash)
    if (!known && contexts.size === CONTEXTS_PER_TRANSACTION) {
      yield { contexts, isLast: false }
      contexts = new Map()
    }
    contexts.set(hash, (known ?? new Map()).set(list, operation))
  }
  yield { contexts, isLast: true }
}

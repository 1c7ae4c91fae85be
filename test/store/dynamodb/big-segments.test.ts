import { afterAll, beforeEach, expect, it, onTestFinished } from 'vitest'
import { bigSegmentHash } from '../../../src/big-segments/big-segments.ts'
import type { BigSegmentStore } from '../../../src/model/big-segment-store.ts'
import {
  type DynamodbBigSegmentStoreOptions,
  dynamodbBigSegmentStore,
} from '../../../src/store/dynamodb/dynamodb-store.ts'
import { notes } from '../../client/starting.ts'
import { awsError, type Item, SECRETS, startDynalite } from '../../support/dynalite.ts'
import { freshPrefix, never } from '../../support/store-writes.ts'
import { hurried, TABLE } from './opened.ts'

const database = await startDynalite()
await database.createTable(TABLE)
afterAll(() => database.close())
beforeEach(() => database.script())

/** Opens a store that is closed at the end of the test. */
function open(options: Partial<DynamodbBigSegmentStoreOptions> = {}): {
  store: BigSegmentStore
  log: readonly string[]
} {
  const { log, logger } = notes()
  const store = dynamodbBigSegmentStore({
    tableName: TABLE,
    ...(options.client ? {} : { clientOptions: database.clientOptions }),
    ...options,
  }).openBigSegments({ clock: hurried, random: () => 0, logger })
  onTestFinished(() => store.close())
  return { store, log }
}

/** Writes items as LaunchDarkly's Relay Proxy does. */
async function writeAsRelay(prefix: string): Promise<void> {
  const named = (name: string): string => (prefix === '' ? name : `${prefix}:${name}`)
  const metadata = { S: named('big_segments_metadata') }
  const items: Item[] = [
    { namespace: metadata, key: metadata, synchronizedOn: { N: '1700000000123' }, lastVersion: { S: 'v5' } },
    member(named, 'u-1', { included: { SS: ['s.g1', 'both.g2'] }, excluded: { SS: ['t.g1', 'both.g2'] } }),
    member(named, 'u-2', { excluded: { SS: ['s.g1'] } }),
  ]
  for (const item of items) await database.put(TABLE, item)
}

function member(named: (name: string) => string, key: string, lists: Item): Item {
  return { namespace: { S: named('big_segments_user') }, key: { S: bigSegmentHash(key) }, ...lists }
}

const OF_FIRST = new Map([
  ['t.g1', false],
  ['both.g2', true],
  ['s.g1', true],
])

it.each(['with a prefix', 'without a prefix'])(
  '(BS7.2, BS7.3, BS7.4) reads the items of the Relay Proxy %s, and writes nothing',
  async (how) => {
    const prefix = how === 'with a prefix' ? freshPrefix() : ''
    await writeAsRelay(prefix)
    database.script()
    const { store } = open(prefix === '' ? {} : { prefix })
    expect(await store.metadata(never)).toEqual({ synchronizedOn: 1_700_000_000_123 })
    expect(await store.membership(bigSegmentHash('u-1'), never)).toEqual(OF_FIRST)
    expect(await store.membership(bigSegmentHash('u-2'), never)).toEqual(new Map([['s.g1', false]]))
    expect(await store.membership(bigSegmentHash('u-3'), never)).toEqual(new Map())
    expect(new Set(database.operations.map(({ name }) => name))).toEqual(
      new Set(['DescribeTable', 'GetItem']),
    )
    expect(database.operations.at(-1)?.input).toMatchObject({ ConsistentRead: true })
  },
)

it('(BS7.2) has no time before the first synchronization, or if it is not a number', async () => {
  const prefix = freshPrefix()
  const { store } = open({ prefix })
  expect(await store.metadata(never)).toEqual({ synchronizedOn: undefined })
  const metadata = { S: `${prefix}:big_segments_metadata` }
  await database.put(TABLE, { namespace: metadata, key: metadata, synchronizedOn: { S: 'soon' } })
  expect(await store.metadata(never)).toEqual({ synchronizedOn: undefined })
})

it('reads with eventual consistency if that is configured, and with the client of the application', async () => {
  const prefix = freshPrefix()
  await writeAsRelay(prefix)
  const { store } = open({ prefix, client: database.client, consistentReads: false })
  expect(await store.membership(bigSegmentHash('u-1'), never)).toEqual(OF_FIRST)
  expect(database.operations.at(-1)?.input).toMatchObject({ ConsistentRead: false })
  await store.close()
  expect(await database.items(TABLE, `${prefix}:big_segments_user`)).toHaveLength(2)
})

it('explains failures without credentials', async () => {
  const { store: missing } = open({ tableName: 'other' })
  await expect(missing.metadata(never)).rejects.toMatchObject({
    kind: 'refused',
    message: expect.stringContaining('Halyard needs a table with the partition key "namespace"'),
  })
  const { store } = open()
  database.script(({ name }) => (name === 'GetItem' ? awsError('AccessDeniedException') : undefined))
  const failure = await store.membership(bigSegmentHash('a'), never).catch((error: unknown) => error)
  expect(failure).toMatchObject({ kind: 'refused', message: expect.stringContaining('grant GetItem') })
  for (const secret of Object.values(SECRETS)) expect(String(failure)).not.toContain(secret)
  database.script(({ name }) => (name === 'GetItem' ? awsError('ThrottlingException') : undefined))
  await expect(store.membership(bigSegmentHash('a'), never)).rejects.toMatchObject({ kind: 'unavailable' })
})

it('warns about options that have no effect, and refuses wrong ones by the name of the function', () => {
  const { log } = open({ cacheTTL: 30, ...({ feedIntervalMs: 2_000 } as object) })
  expect(log).toEqual([
    'warn: dynamodbBigSegmentStore.cacheTTL has no effect: the option bigSegments of the client has the cache of big segments',
    'warn: dynamodbBigSegmentStore.feedIntervalMs has no effect: the option bigSegments of the client has the cache of big segments',
  ])
  expect(() => dynamodbBigSegmentStore({ tableName: '' })).toThrow(
    'dynamodbBigSegmentStore.tableName: expected',
  )
})

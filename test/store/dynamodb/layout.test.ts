import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { afterAll, expect, it } from 'vitest'
import { decodeRow, encodeTombstone } from '../../../src/layout/row.ts'
import { startDynalite } from '../../support/dynalite.ts'
import { freshPrefix, never, row } from '../../support/store-writes.ts'
import { opened, TABLE, write } from './opened.ts'

const database = await startDynalite()
await database.createTable(TABLE)
afterAll(() => database.close())

it('(S76, D16) stores rows and marker where the SDKs of LaunchDarkly read them, and the sidecar beside them', async () => {
  const prefix = freshPrefix()
  const { store } = opened(database, { prefix })
  const full = write('full', [row('s', 3, 'segment'), row('a', 1)])
  await store.write(full, never)
  await store.write({ ...write('delta', [encodeTombstone('flag', 'b', 2)]), sidecar: full.sidecar }, never)
  const at = (name: string) => ({ S: `${prefix}:${name}` })
  expect(await database.items(TABLE, `${prefix}:features`)).toEqual([
    {
      namespace: at('features'),
      key: { S: 'a' },
      version: { N: '1' },
      item: { S: '{"key":"a","version":1}' },
    },
    {
      namespace: at('features'),
      key: { S: 'b' },
      version: { N: '2' },
      item: { S: '{"key":"$deleted","version":2,"deleted":true}' },
    },
  ])
  expect(await database.items(TABLE, `${prefix}:segments`)).toEqual([
    {
      namespace: at('segments'),
      key: { S: 's' },
      version: { N: '3' },
      item: { S: '{"key":"s","version":3}' },
    },
  ])
  expect(await database.items(TABLE, `${prefix}:$inited`)).toEqual([
    { namespace: at('$inited'), key: at('$inited') },
  ])
  expect(await database.items(TABLE, `${prefix}:$halyard`)).toEqual([
    { namespace: at('$halyard'), key: { S: 'sidecar' }, item: { S: full.sidecar } },
  ])
})

it('(S76) stores keys without a prefix and without a colon if there is no prefix', async () => {
  const { store } = opened(database)
  await store.write(write('full', [row('a', 1)]), never)
  for (const namespace of ['features', '$inited', '$halyard']) {
    expect(await database.items(TABLE, namespace)).toHaveLength(1)
  }
  expect(store.name).toBe('DynamoDB table "flags"')
})

it('(S76, D17) reads rows of other software in any format', async () => {
  const prefix = freshPrefix()
  const features = { namespace: { S: `${prefix}:features` } }
  const minimal = '{"key":"python","version":4,"deleted":true}'
  const whole = '{"key":"$deleted","version":3,"deleted":true,"on":false,"salt":"","variations":[]}'
  const rows = [
    { key: { S: 'go' }, version: { N: '3' }, item: { S: whole } },
    { key: { S: 'python' }, version: { N: '4' }, item: { S: minimal } },
    { key: { S: 'keyless' }, version: { N: '5' }, item: { S: '{"version":5,"deleted":true}' } },
    { key: { S: 'java' }, version: { N: '6' }, item: { S: 'null' } },
    { key: { S: 'absent' }, version: { N: '7' }, item: { NULL: true } },
    { key: { S: 'alive' }, version: { N: '8' }, item: { S: '{"key":"other","version":8,"on":true}' } },
    { key: { S: 'by-hand' }, item: { S: '{"key":"by-hand","version":9}' } },
    { key: { S: 'map' }, version: { N: '1' }, item: { M: {} } },
    { key: { S: 'bare' } },
  ]
  for (const item of rows) await database.put(TABLE, { ...features, ...item })
  const { store } = opened(database, { prefix })
  const decoded = (await store.readAll(never)).rows.map((each) => [each.key, decodeRow(each)] as const)
  const alive = { key: 'alive', version: 8, object: { key: 'other', version: 8, on: true } }
  const byHand = { key: 'by-hand', version: 9, object: { key: 'by-hand', version: 9 } }
  expect(new Map(decoded)).toEqual(
    new Map<string, unknown>([
      ['go', { type: 'tombstone', version: 3 }],
      ['python', { type: 'tombstone', version: 4 }],
      ['keyless', { type: 'tombstone', version: 5 }],
      ['java', { type: 'tombstone', version: 6 }],
      ['absent', { type: 'tombstone', version: 7 }],
      ['alive', { type: 'item', item: alive }],
      ['by-hand', { type: 'item', item: byHand }],
      ['map', { type: 'unreadable', reason: 'it is not JSON' }],
      ['bare', { type: 'unreadable', reason: 'it is not JSON' }],
    ]),
  )
  expect(await store.get('flag', 'by-hand', never)).toEqual({
    kind: 'flag',
    key: 'by-hand',
    text: '{"key":"by-hand","version":9}',
  })
  expect(await store.get('flag', 'java', never)).toEqual({
    kind: 'flag',
    key: 'java',
    version: 6,
    text: 'null',
  })
})

it('(S76) keeps big segments and rows of other prefixes in a full write', async () => {
  const prefix = freshPrefix()
  const foreign = [
    { namespace: { S: `${prefix}:big_segments_user` }, key: { S: 'hash' }, included: { SS: ['a.g1'] } },
    { namespace: { S: `${prefix}-2:features` }, key: { S: 'x' }, version: { N: '1' }, item: { S: '{}' } },
  ]
  for (const item of foreign) await database.put(TABLE, item)
  await opened(database, { prefix }).store.write(write('full', [row('a', 1)]), never)
  for (const item of foreign) expect(await database.items(TABLE, item.namespace.S)).toEqual([item])
})

it('(S76) reads all pages of a listing, and deletes leftover rows of the last page', async () => {
  const { store } = opened(database, { prefix: freshPrefix() })
  const rows = Array.from({ length: 30 }, (_, index) =>
    row(`flag-${index}`, 1, 'flag', { note: 'x'.repeat(100_000) }),
  )
  await store.write(write('full', rows), never)
  database.script()
  expect((await store.readAll(never)).rows).toHaveLength(30)
  expect(database.operations.filter(({ name }) => name === 'Query').length).toBeGreaterThan(3)
  await store.write(write('full', rows.slice(0, 1)), never)
  expect((await store.readAll(never)).rows).toHaveLength(1)
})

it('(S76) reads consistently by default, and always before a full write', async () => {
  const consistencies = async (consistentReads: boolean): Promise<readonly unknown[]> => {
    const { store } = opened(database, { prefix: freshPrefix(), consistentReads })
    await store.initialized(never)
    database.script()
    await store.get('flag', 'a', never)
    await store.readAll(never)
    const reads = database.operations.map(({ input }) => input.ConsistentRead)
    await store.write(write('full', []), never)
    const queries = database.operations.slice(reads.length).filter(({ name }) => name === 'Query')
    expect(queries.map(({ input }) => input.ConsistentRead)).toEqual([true, true])
    return reads
  }
  expect(await consistencies(true)).toEqual([true, true, true, true, true])
  expect(await consistencies(false)).toEqual([false, false, false, false, false])
})

it('reads the marker before the rows, so that an unfinished write never seems complete', async () => {
  const { store } = opened(database, { prefix: freshPrefix() })
  await store.initialized(never)
  database.script()
  await store.readAll(never)
  expect(database.operations.map(({ name }) => name)).toEqual(['GetItem', 'GetItem', 'Query', 'Query'])
})

it('returns an impossible key as absent without a request', async () => {
  const { store } = opened(database, { prefix: freshPrefix() })
  await store.initialized(never)
  database.script()
  for (const key of ['', 'x'.repeat(1_025), '\ud800'])
    expect(await store.get('flag', key, never)).toBeUndefined()
  expect(database.operations).toEqual([])
})

it('(S75) closes its own client, but not a client of the application', async () => {
  const client = new DynamoDBClient(database.clientOptions)
  const { store } = opened(database, { client, prefix: freshPrefix() })
  const other = opened(database, { dynamoDBClient: client, prefix: freshPrefix() })
  await store.initialized(never)
  await store.close()
  await expect(store.initialized(never)).rejects.toMatchObject({
    kind: 'unavailable',
    message: 'DynamoDB table "flags": the store is closed',
  })
  const before = database.connections
  expect(await other.store.initialized(never)).toBe(false)
  expect(database.connections).toBe(before)
  client.destroy()
})

it('reuses one connection for sequential reads', async () => {
  const { store } = opened(database, { prefix: freshPrefix() })
  const before = database.connections
  for (let index = 0; index < 20; index++) await store.get('flag', `flag-${index}`, never)
  expect(database.connections).toBe(before + 1)
})

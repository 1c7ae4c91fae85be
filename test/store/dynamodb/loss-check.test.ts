import { DeleteItemCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { dynamodbStore } from '../../../src/store/dynamodb/dynamodb-store.ts'
import { VirtualClock } from '../../../src/testing/virtual-clock.ts'
import { awsError, type Operation, startDynalite } from '../../support/dynalite.ts'
import { freshPrefix, never, row } from '../../support/store-writes.ts'
import { COMPLETE, prepare, writing } from '../writing.ts'
import { opened, TABLE, write } from './opened.ts'

const database = await startDynalite()
await database.createTable(TABLE)
afterEach(() => database.script())
afterAll(() => database.close())

const isCount = ({ input }: Operation): boolean => input.Select === 'COUNT'

/** Makes each count cost this many read units, half of them for flags and half for segments. */
function chargeForCounts(units: number): void {
  database.script((operation) =>
    isCount(operation)
      ? {
          type: 'change',
          answer: (body) => ({ ...(body as object), ConsumedCapacity: { CapacityUnits: units / 2 } }),
        }
      : undefined,
  )
}

/** Looks at a store of three rows every 5 s, and returns the seconds at which the rows were counted. */
async function countedAt(prefix: string, duration = 600): Promise<number[]> {
  const clock = new VirtualClock()
  const { store } = opened(database, { prefix, clock })
  const seconds: number[] = []
  for (let second = 0; second <= duration; second += 5) {
    const { counts } = await store.summary(never)
    if (counts) seconds.push(second)
    if (counts) expect(counts).toEqual({ flag: 2, segment: 1 })
    await clock.advance(5_000)
  }
  return seconds
}

describe('the row counts of a table', () => {
  const prefix = freshPrefix()
  const fill = () =>
    opened(database, { prefix }).store.write(
      write('full', [row('a', 1), row('b', 1), row('s', 1, 'segment')]),
      never,
    )

  it('(S170.3) come with every look while they cost 5 read units or less', async () => {
    await fill()
    expect(await countedAt(prefix, 20)).toEqual([0, 5, 10, 15, 20])
    chargeForCounts(5)
    expect(await countedAt(prefix, 20)).toEqual([0, 5, 10, 15, 20])
  })

  it('(S170.3) cost one read unit per second on average', async () => {
    await fill()
    chargeForCounts(150)
    expect(await countedAt(prefix)).toEqual([0, 150, 300, 450, 600])
  })

  it('(S170.3) come every 5 min at least', async () => {
    await fill()
    chargeForCounts(100_000)
    expect(await countedAt(prefix)).toEqual([0, 300, 600])
  })

  it('(S170.3) are not requested soon after a read of all rows', async () => {
    await fill()
    const clock = new VirtualClock()
    const { store } = opened(database, { prefix, clock })
    await store.readAll(never, 'strong')
    expect(await store.summary(never)).not.toHaveProperty('counts')
    await clock.advance(5_000)
    expect(await store.summary(never)).toHaveProperty('counts')
  })

  it('(S170.3) are left out of a look, and for 5 min, if the table is throttled', async () => {
    await fill()
    database.script((operation) => (isCount(operation) ? awsError('ThrottlingException') : undefined))
    expect(await countedAt(prefix)).toEqual([])
    expect(database.operations.filter(isCount)).toHaveLength(2 * 3)
  })
})

it('(S170, S171) writes a lost row and a lost marker again after the next look', async () => {
  const prefix = freshPrefix()
  const { clientOptions, client } = database
  const writer = writing(dynamodbStore({ tableName: TABLE, prefix, clientOptions }))
  await prepare(writer)
  for (const [namespace, key] of [
    [`${prefix}:features`, 'b'],
    [`${prefix}:$inited`, `${prefix}:$inited`],
  ] as const) {
    const before = writer.clock.monotonic()
    const Key = { namespace: { S: namespace }, key: { S: key } }
    await client.send(new DeleteItemCommand({ TableName: TABLE, Key }))
    await writer.until(COMPLETE)
    // Far less than the 5 min until all rows are read.
    expect(writer.clock.monotonic() - before).toBeLessThan(150_000)
  }
  expect(writer.lossesLogged()).toBe(2)
})

it('(S76.5) an eventually consistent store that lags behind does not seem to have gone back in time', async () => {
  const prefix = freshPrefix()
  const { clientOptions } = database
  const writer = writing(dynamodbStore({ tableName: TABLE, prefix, clientOptions, consistentReads: false }))
  let earlier: unknown
  await prepare(writer, async () => {
    ;[earlier] = await database.items(TABLE, `${prefix}:$halyard`)
  })
  database.script(({ name, input }) => {
    const isLagging = name === 'GetItem' && input.ConsistentRead !== true
    const isSidecar = JSON.stringify(input.Key ?? '').includes('"sidecar"')
    return isLagging && isSidecar ? { type: 'change', answer: () => ({ Item: earlier }) } : undefined
  })
  const reads = (): number =>
    database.operations.filter(({ name, input }) => name === 'Query' && !('Select' in input)).length
  // Two reads of all rows by the writer, 5 min apart.
  await expect
    .poll(
      async () => {
        await writer.clock.advance(5_000)
        return reads()
      },
      { interval: 5, timeout: 60_000 },
    )
    .toBeGreaterThanOrEqual(4)
  expect(writer.lossesLogged()).toBe(0)
  expect(database.operations.filter(({ name }) => !['GetItem', 'Query'].includes(name))).toEqual([])
})

it('(S76.3, S76.5) only the looks of a writer are consistent if consistentReads is false', async () => {
  const prefix = freshPrefix()
  const { store } = opened(database, { prefix, consistentReads: false })
  const consistencyOf = async (call: () => Promise<unknown>): Promise<unknown[]> => {
    database.script()
    await call()
    return [
      ...new Set(
        database.operations.filter((each) => !isCount(each)).map(({ input }) => input.ConsistentRead),
      ),
    ]
  }
  await store.initialized(never)
  expect(await consistencyOf(() => store.summary(never))).toEqual([true])
  expect(await consistencyOf(() => store.readAll(never, 'strong'))).toEqual([true])
  expect(await consistencyOf(() => store.readAll(never))).toEqual([false])
  expect(await consistencyOf(() => store.get('flag', 'a', never))).toEqual([false])
})

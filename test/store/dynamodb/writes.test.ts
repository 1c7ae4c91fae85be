import { afterAll, afterEach, expect, it } from 'vitest'
import { readSidecar } from '../../../src/layout/sidecar.ts'
import type { PersistentStore } from '../../../src/model/persistent-store.ts'
import { awsError, type Fate, type Operation, startDynalite } from '../../support/dynalite.ts'
import { digestOf, freshPrefix, never, row } from '../../support/store-writes.ts'
import { opened, TABLE, texts, write } from './opened.ts'

const database = await startDynalite()
await database.createTable(TABLE)
afterAll(() => database.close())
afterEach(() => database.script())

const flags = (count: number, version: number) =>
  Array.from({ length: count }, (_, index) => row(`flag-${index}`, version))

/** Returns a short description of an operation, for example `BatchWriteItem put features a b`. */
function describeOperation({ name, input }: Operation): string {
  const key = input.Key as { namespace: { S: string }; key: { S: string } } | undefined
  const item = input.Item as typeof key
  const at = key ?? item
  const batch = Object.values((input.RequestItems ?? {}) as Record<string, readonly Requested[]>).flat()
  const parts = batch.map(({ PutRequest, DeleteRequest }) => {
    const { key: own } = PutRequest?.Item ?? DeleteRequest?.Key ?? { key: { S: '?' } }
    return `${PutRequest ? 'put' : 'delete'} ${own.S}`
  })
  return [name, at?.key.S.replace(/^.*:/, ''), ...parts].filter(Boolean).join(' ')
}

interface Requested {
  readonly PutRequest?: { readonly Item: { readonly key: { readonly S: string } } }
  readonly DeleteRequest?: { readonly Key: { readonly key: { readonly S: string } } }
}

const operations = (): string[] => database.operations.map(describeOperation)

it('(S77) removes the sidecar, puts segments and flags, deletes other rows, then puts marker and sidecar', async () => {
  const { store } = opened(database, { prefix: freshPrefix() })
  await store.write(write('full', [row('old', 1), row('old', 1, 'segment')]), never)
  database.script()
  await store.write(write('full', [row('s', 1, 'segment'), row('b', 1), row('a', 1)]), never)
  expect(operations()).toEqual([
    'UpdateItem sidecar',
    'Query',
    'Query',
    'BatchWriteItem put s',
    'BatchWriteItem put b put a',
    'BatchWriteItem delete old',
    'BatchWriteItem delete old',
    'PutItem $inited',
    'UpdateItem sidecar',
  ])
})

it('(S77) does not write unchanged rows again', async () => {
  const { store } = opened(database, { prefix: freshPrefix() })
  await store.write(write('full', flags(60, 1)), never)
  database.script()
  await store.write(write('full', [...flags(59, 1), row('flag-59', 2)]), never)
  expect(operations().filter((what) => what.startsWith('Batch'))).toEqual(['BatchWriteItem put flag-59'])
})

it('(S77) writes a row again if it has the same version but another text', async () => {
  const prefix = freshPrefix()
  const { store } = opened(database, { prefix })
  const namespace = { S: `${prefix}:features` }
  await database.put(TABLE, { namespace, key: { S: 'a' }, version: { N: '1' }, item: { S: '{"version":1}' } })
  await database.put(TABLE, {
    namespace,
    key: { S: 'b' },
    version: { N: '9' },
    item: { S: row('b', 1).text },
  })
  await store.write(write('full', [row('a', 1), row('b', 1)]), never)
  const { rows } = await store.readAll(never)
  expect(rows).toEqual([row('a', 1), row('b', 1)])
})

it('(S77, D16) leaves no false sidecar if a full write ends at any operation, and the next one completes it', async () => {
  const before = [row('stays', 1), row('changes', 5), row('goes', 1), row('s-goes', 1, 'segment')]
  const after = [row('s', 1, 'segment'), row('stays', 1), row('changes', 2), ...flags(30, 1)]
  let ended = false
  for (let failing = 0; !ended; failing++) {
    for (const type of ['cut', 'lost'] as const) {
      const { store } = opened(database, { prefix: freshPrefix() })
      await store.write(write('full', before), never)
      database.script(() => (database.operations.length > failing ? { type } : undefined))
      const outcome = await store.write(write('full', after), never).catch(() => 'failed')
      database.script()
      ended = outcome !== 'failed'
      const { rows, sidecar } = await store.readAll(never)
      if (sidecar !== undefined) expect(readSidecar(sidecar)?.digest).toBe(digestOf(rows))
      await store.write(write('full', after), never)
      expect(texts((await store.readAll(never)).rows)).toEqual(texts(after))
    }
  }
})

it('(S77) sets no marker before all rows exist if the first full write ends at any operation', async () => {
  const all = [row('s', 1, 'segment'), ...flags(60, 1)]
  let ended = false
  for (let failing = 0; !ended; failing++) {
    const { store } = opened(database, { prefix: freshPrefix() })
    await store.initialized(never)
    database.script(() => (database.operations.length > failing ? { type: 'lost' } : undefined))
    const outcome = await store.write(write('full', all), never).catch(() => 'failed')
    database.script()
    ended = outcome !== 'failed'
    const { initialized, rows } = await store.readAll(never)
    if (initialized) expect(rows).toHaveLength(all.length)
    else expect(ended).toBe(false)
  }
})

it('(S77) sends unprocessed items again before the marker', async () => {
  const { store } = opened(database, { prefix: freshPrefix() })
  database.script(onlyTheFirst)
  await store.write(write('full', flags(60, 1)), never)
  const written = operations()
  expect(written.filter((what) => what.startsWith('Batch'))).toHaveLength(60)
  expect(written.slice(-2)).toEqual(['PutItem $inited', 'UpdateItem sidecar'])
  expect((await store.readAll(never)).rows).toHaveLength(60)
  await store.write(write('full', flags(2, 1)), never)
  expect((await store.readAll(never)).rows).toHaveLength(2)
})

it('(S77) ends a write without marker and sidecar if no item is ever processed', async () => {
  const { store } = opened(database, { prefix: freshPrefix() })
  database.script(({ name, input }) =>
    name === 'BatchWriteItem'
      ? { type: 'answer', status: 200, body: { UnprocessedItems: input.RequestItems } }
      : undefined,
  )
  await expect(store.write(write('full', flags(30, 1)), never)).rejects.toMatchObject({
    kind: 'unavailable',
    message: expect.stringMatching(/overloaded: \d+ writes/) as unknown,
  })
  database.script()
  expect(await store.readAll(never)).toEqual({ initialized: false, rows: [] })
})

it('(S77) rejects a failed write only after all of its operations have ended', async () => {
  const { store } = opened(database, { prefix: freshPrefix() })
  let begun = 0
  let ended = 0
  database.script(async ({ name }) => {
    if (name !== 'BatchWriteItem') return undefined
    if (begun++ === 0) return awsError('AccessDeniedException', 'no')
    await new Promise((resolve) => setTimeout(resolve, 50))
    ended++
    return undefined
  })
  const outcome = store.write(write('full', flags(75, 1)), never)
  await expect(outcome).rejects.toMatchObject({ kind: 'refused' })
  expect({ begun, ended }).toEqual({ begun: 3, ended: 2 })
})

it.each(['ProvisionedThroughputExceededException', 'ThrottlingException', 'RequestLimitExceeded'])(
  'writes that meet %s wait and are sent again, in a full write and in a delta (S77)',
  async (error) => {
    const { store } = opened(database, { prefix: freshPrefix() })
    await store.initialized(never)
    for (const type of ['full', 'delta'] as const) {
      let refusals = 3
      database.script(({ name, input }) => {
        const isRow = name === 'BatchWriteItem' || (name === 'PutItem' && 'item' in (input.Item as object))
        return isRow && refusals-- > 0 ? awsError(error) : undefined
      })
      const rows = flags(3, type === 'full' ? 1 : 2)
      expect(await store.write(write(type, rows), never)).toMatchObject({ refused: [], older: 0 })
      expect(texts((await store.readAll(never)).rows)).toEqual(texts(rows))
    }
  },
)

it('(S78) writes a delta with segments before flags, prerequisites first, and the sidecar last', async () => {
  const { store } = opened(database, { prefix: freshPrefix() })
  await store.initialized(never)
  database.script()
  const dependent = row('a', 1, 'flag', { prerequisites: [{ key: 'z', variation: 0 }] })
  await store.write(write('delta', [dependent, row('s', 1, 'segment'), row('z', 1)]), never)
  expect(operations()).toEqual(['PutItem s', 'PutItem z', 'PutItem a', 'UpdateItem sidecar'])
})

it('(S78, D16) writes the sidecar of a delta only after all rows if the delta ends at any operation', async () => {
  let ended = false
  for (let failing = 0; !ended; failing++) {
    const { store } = opened(database, { prefix: freshPrefix() })
    await store.write(write('full', flags(12, 1)), never)
    const delta = write('delta', flags(12, 2))
    database.script(() => (database.operations.length > failing ? { type: 'lost' } : undefined))
    const outcome = await store.write(delta, never).catch(() => 'failed')
    database.script()
    ended = outcome !== 'failed'
    const { rows, sidecar } = await store.readAll(never)
    if (sidecar === delta.sidecar) expect(texts(rows)).toEqual(texts(flags(12, 2)))
    else expect(ended).toBe(false)
  }
})

it('(S78) replaces a row without a version, and keeps a row of other software with the same version', async () => {
  const prefix = freshPrefix()
  const namespace = { S: `${prefix}:features` }
  await database.put(TABLE, { namespace, key: { S: 'by-hand' }, item: { S: '{"version":9}' } })
  await database.put(TABLE, { namespace, key: { S: 'java' }, version: { N: '2' }, item: { S: 'null' } })
  const { store } = opened(database, { prefix })
  const report = await store.write(write('delta', [row('by-hand', 2), row('java', 2)]), never)
  expect(report).toMatchObject({ refused: [], older: 1 })
  expect(texts((await store.readAll(never)).rows)).toEqual({
    'flag by-hand': row('by-hand', 2).text,
    'flag java': 'null',
  })
})

it('(S77) refuses a row that is too large with the reason, keeps its old row, and writes the others', async () => {
  const { store } = opened(database, { prefix: 'unfit' })
  await store.write(write('full', [row('big', 1), row('small', 1)]), never)
  const unfit = [
    row('big', 2, 'flag', { note: 'x'.repeat(409_600) }),
    row('', 1),
    row('k'.repeat(1_025), 1),
    row('\ud800', 1),
    { ...row('huge', 1), version: 1e300 },
  ]
  const reasons = [
    /^it would take 409696 bytes; DynamoDB accepts at most 409600 per item$/,
    /^its key is empty/,
    /^its key takes 1025 bytes; DynamoDB accepts at most 1024 for a sort key$/,
    /^its key is not valid Unicode$/,
    /^DynamoDB cannot hold its version$/,
  ]
  for (const type of ['full', 'delta'] as const) {
    const { refused } = await store.write(write(type, [...unfit, row('small', 2)]), never)
    expect(refused.map(({ key }) => key)).toEqual(unfit.map(({ key }) => key))
    expect(refused.map(({ reason }) => reason)).toEqual(
      reasons.map((reason) => expect.stringMatching(reason) as unknown),
    )
    expect(texts((await store.readAll(never)).rows)).toEqual({
      'flag big': row('big', 1).text,
      'flag small': row('small', 2).text,
    })
  }
})

it('(S77) writes a row of the largest size that DynamoDB accepts', async () => {
  const { store } = opened(database, { prefix: freshPrefix() })
  const sized = (length: number) => row('big', Number.MAX_SAFE_INTEGER, 'flag', { note: 'ä'.repeat(length) })
  let length = 204_700
  while ((await refusedOf(store, sized(length))) > 0) length -= 1
  expect(length).toBeGreaterThan(204_600)
  expect((await store.get('flag', 'big', never))?.text).toBe(sized(length).text)
})

async function refusedOf(store: PersistentStore, big: ReturnType<typeof row>): Promise<number> {
  return (await store.write(write('full', [big]), never)).refused.length
}

/** Processes the first request item and returns the others as unprocessed. */
function onlyTheFirst({ name, input }: Operation): Fate | undefined {
  if (name !== 'BatchWriteItem') return undefined
  const [first, ...others] = (input.RequestItems as Record<string, readonly unknown[]>)[TABLE] ?? []
  const left = others.length > 0 ? { [TABLE]: others } : {}
  return {
    type: 'change',
    input: { RequestItems: { [TABLE]: [first] } },
    answer: () => ({ UnprocessedItems: left }),
  }
}

import { afterAll, beforeEach, expect, it, onTestFinished } from 'vitest'
import type { BigSegmentPatch, BigSegmentWriter } from '../../../src/model/big-segment-patch.ts'
import { openDynamodbBigSegmentDatabase } from '../../../src/store/dynamodb/big-segments.ts'
import { notes } from '../../client/starting.ts'
import { awsError, type Fate, SECRETS, startDynalite } from '../../support/dynalite.ts'
import { freshPrefix, never } from '../../support/store-writes.ts'
import { hurried, TABLE } from './opened.ts'

const database = await startDynalite()
await database.createTable(TABLE)
afterAll(() => database.close())
beforeEach(() => database.script())

/** Opens a writer that is closed at the end of the test. */
function open(prefix: string): BigSegmentWriter {
  const { logger } = notes()
  const { reader, writer } = openDynamodbBigSegmentDatabase(
    { tableName: TABLE, prefix, clientOptions: database.clientOptions },
    { clock: hurried, random: () => 0, logger },
  )
  onTestFinished(async () => {
    await Promise.all([reader.close(), writer.close()])
  })
  return writer
}

/** The item of a context that is in no list any more. */
const NO_LISTS = [undefined, undefined]

function patchOf(version: string, lists: Partial<BigSegmentPatch>): BigSegmentPatch {
  const none = { add: [], remove: [] }
  return { reference: 'beta.g2', version, previousVersion: '', included: none, excluded: none, ...lists }
}

/** Returns the members by hash, and the metadata. */
async function stored(prefix: string): Promise<Record<string, unknown>> {
  const members = await database.items(TABLE, `${prefix}:big_segments_user`)
  const [metadata] = await database.items(TABLE, `${prefix}:big_segments_metadata`)
  const listsOf = ({ included, excluded }: (typeof members)[number]): unknown => [included?.SS, excluded?.SS]
  return {
    ...Object.fromEntries(members.map((item) => [item.key?.S, listsOf(item)])),
    version: metadata?.lastVersion?.S,
    time: metadata?.synchronizedOn?.N,
  }
}

it('(BS7.2, BS9.2) writes members, version and time in the layout of the Relay Proxy', async () => {
  const prefix = freshPrefix()
  const writer = open(prefix)
  expect(await writer.version(never)).toBeUndefined()
  const first = patchOf('v1', {
    included: { add: ['a', 'b'], remove: [] },
    excluded: { add: ['b'], remove: ['c'] },
  })
  expect(await writer.apply(first, undefined, never)).toEqual({ type: 'applied' })
  const second = patchOf('v2', {
    included: { add: ['c'], remove: ['a'] },
    excluded: { add: ['d'], remove: ['b'] },
  })
  expect(await writer.apply(second, 'v1', never)).toEqual({ type: 'applied' })
  await writer.setSynchronizedOn(1_700_000_000_123, never)
  expect(await stored(prefix)).toEqual({
    a: [undefined, undefined],
    b: [['beta.g2'], undefined],
    c: [['beta.g2'], undefined],
    d: [undefined, ['beta.g2']],
    version: 'v2',
    time: '1700000000123',
  })
  expect(await writer.version(never)).toBe('v2')
})

it('(BS9.2, BS9.3) divides a patch into transactions of 24 contexts, with the version in the last', async () => {
  const prefix = freshPrefix()
  const writer = open(prefix)
  const hashes = Array.from({ length: 60 }, (_, index) => `h${index}`)
  database.script()
  // A hash in several lists of a patch: the later one wins.
  const patch = patchOf('v1', { included: { add: hashes, remove: ['h1', 'h59'] } })
  expect(await writer.apply(patch, undefined, never)).toEqual({ type: 'applied' })
  const sizes = database.operations
    .filter(({ name }) => name === 'TransactWriteItems')
    .map(({ input }) => (input.TransactItems as readonly object[]).length)
  expect(sizes).toEqual([25, 25, 14])
  const { h1, h2, h59, version } = await stored(prefix)
  expect([h1, h2, h59, version]).toEqual([
    [undefined, undefined],
    [['beta.g2'], undefined],
    [undefined, undefined],
    'v1',
  ])
})

it('(BS9.4) refuses a patch and its further parts if another version is stored, and returns that version', async () => {
  const prefix = freshPrefix()
  const [slow, fast] = [open(prefix), open(prefix)]
  await fast.apply(patchOf('v1', {}), undefined, never)
  expect(await slow.apply(patchOf('v9', { included: { add: ['a'], remove: [] } }), 'v8', never)).toEqual({
    type: 'refused',
    version: 'v1',
  })
  expect(await slow.apply(patchOf('v9', {}), undefined, never)).toEqual({ type: 'refused', version: 'v1' })
  const hashes = Array.from({ length: 60 }, (_, index) => `h${index}`)
  let transactions = 0
  database.script(async ({ name }) => {
    if (name === 'TransactWriteItems' && ++transactions === 2) {
      await fast.apply(patchOf('v2', { included: { add: [], remove: hashes } }), 'v1', never)
    }
    return undefined
  })
  const patch = patchOf('v2', { included: { add: hashes, remove: [] } })
  expect(await slow.apply(patch, 'v1', never)).toEqual({ type: 'refused', version: 'v2' })
  const { h0, h30, h59, a, version } = await stored(prefix)
  expect([h0, h30, h59, a, version]).toEqual([NO_LISTS, NO_LISTS, NO_LISTS, undefined, 'v2'])
})

it('repeats a transaction that conflicts or is throttled', async () => {
  const prefix = freshPrefix()
  const cancelled = (...codes: readonly string[]): Fate => {
    const { status, body } = awsError('TransactionCanceledException') as Extract<Fate, { type: 'answer' }>
    return {
      type: 'answer',
      status,
      body: { ...(body as object), CancellationReasons: codes.map((Code) => ({ Code })) },
    }
  }
  const fates = [
    cancelled('TransactionConflict', 'None'),
    cancelled('None', 'ThrottlingError'),
    awsError('ProvisionedThroughputExceededException'),
  ]
  database.script(({ name }) => (name === 'TransactWriteItems' ? fates.shift() : undefined))
  const patch = patchOf('v1', { included: { add: ['a'], remove: [] } })
  expect(await open(prefix).apply(patch, undefined, never)).toEqual({ type: 'applied' })
  expect(fates).toEqual([])
  database.script(({ name }) =>
    name === 'TransactWriteItems' ? cancelled('TransactionConflict') : undefined,
  )
  await expect(open(prefix).apply(patch, 'v1', never)).rejects.toMatchObject({ kind: 'unavailable' })
})

it('explains failures without credentials', async () => {
  database.script(({ name }) =>
    name === 'TransactWriteItems' ? awsError('AccessDeniedException', 'not authorized') : undefined,
  )
  const failure = await open(freshPrefix())
    .apply(patchOf('v1', {}), undefined, never)
    .catch((error: unknown) => error)
  expect(failure).toMatchObject({
    kind: 'refused',
    message: expect.stringContaining('and for relays with big segments ConditionCheckItem'),
  })
  for (const secret of Object.values(SECRETS)) expect(String(failure)).not.toContain(secret)
})

import { inspect } from 'node:util'
import { afterAll, afterEach, expect, it, vi } from 'vitest'
import type { StoreError } from '../../../src/model/errors.ts'
import { VirtualClock } from '../../../src/testing/virtual-clock.ts'
import { awsError, SECRETS, startDynalite } from '../../support/dynalite.ts'
import { freshPrefix, never, row } from '../../support/store-writes.ts'
import { type Opening, opened, TABLE, write } from './opened.ts'

const database = await startDynalite()
await database.createTable(TABLE)
await database.createTable('other-keys', ['id', 'key'])
afterAll(() => database.close())
afterEach(() => database.script())

const { endpoint } = database.clientOptions
const at = endpoint.replace('http://', '')

/** Returns the error of the first read of a store. */
async function failureOf(options: Opening = {}): Promise<StoreError> {
  const { store } = opened(database, { prefix: freshPrefix(), ...options })
  const error: unknown = await store.get('flag', 'a', never).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'STORE' })
  const printed = inspect(error, { depth: Infinity, showHidden: true })
  for (const secret of Object.values(SECRETS)) expect(printed).not.toContain(secret)
  return error as StoreError
}

/** Answers every operation except the check of the table. */
const failing = (name: string, message?: string, status?: number): void =>
  database.script((operation) =>
    operation.name === 'DescribeTable' ? undefined : awsError(name, message, status),
  )

it('(S75) refuses a missing table with its name, its region and the keys that it needs', async () => {
  const { kind, message } = await failureOf({ tableName: 'nowhere' })
  expect(kind).toBe('refused')
  expect(message).toBe(
    `DescribeTable on DynamoDB table "nowhere" in eu-west-1 at ${at}: ResourceNotFoundException: Requested resource ` +
      'not found: Table: nowhere not found; Halyard needs a table with the partition key "namespace" (string) and ' +
      'the sort key "key" (string)',
  )
})

it('(S75) refuses a table with other keys, and names both those keys and the expected ones', async () => {
  const { kind, message } = await failureOf({ tableName: 'other-keys' })
  expect(kind).toBe('refused')
  expect(message).toContain(
    'has the keys HASH id (S), RANGE key (S); Halyard needs a table with the partition',
  )
})

it('(S75) is unavailable and checks the table again while the table is being created', async () => {
  const { store } = opened(database, { prefix: freshPrefix() })
  const status = (TableStatus: string) =>
    database.script(({ name }) =>
      name === 'DescribeTable'
        ? { type: 'answer', status: 200, body: { Table: { TableStatus } } }
        : undefined,
    )
  status('CREATING')
  await expect(store.initialized(never)).rejects.toMatchObject({
    kind: 'unavailable',
    message: expect.stringContaining('is not active: creating') as unknown,
  })
  database.script()
  expect(await store.initialized(never)).toBe(false)
})

it('(S75) checks the table once for concurrent calls, and not before the first call', async () => {
  const { store } = opened(database, { prefix: freshPrefix() })
  database.script()
  await Promise.all(Array.from({ length: 60 }, (_, index) => store.get('flag', `flag-${index}`, never)))
  await store.initialized(never)
  const looks = database.operations.filter(({ name }) => name === 'DescribeTable')
  expect(looks).toHaveLength(1)
})

it.each(['AccessDeniedException', 'ThrottlingException'])(
  'where looking at the table meets %s, it is used all the same (S75)',
  async (error) => {
    const { store } = opened(database, { prefix: freshPrefix() })
    database.script(({ name }) => (name === 'DescribeTable' ? awsError(error) : undefined))
    await store.write(write('full', [row('a', 1)]), never)
    expect(await store.initialized(never)).toBe(true)
  },
)

it('(S75) rejects denied access with the message of AWS and the permissions to grant', async () => {
  const words = 'User: arn:aws:iam::1:user/x is not authorized to perform: dynamodb:GetItem'
  failing('AccessDeniedException', words)
  const { kind, message } = await failureOf()
  expect(kind).toBe('refused')
  expect(message).toBe(
    `GetItem on DynamoDB table "flags" in eu-west-1 at ${at}: AccessDeniedException: ${words}; grant GetItem, Query, ` +
      'for writers PutItem, UpdateItem and BatchWriteItem, and for relays with big segments ConditionCheckItem',
  )
})

it('(S75) rejects expired, unknown and missing credentials', async () => {
  failing('ExpiredTokenException', 'The security token included in the request is expired')
  expect(await failureOf()).toMatchObject({
    kind: 'refused',
    message: expect.stringMatching(
      /token included in the request is expired; the AWS credentials have expired$/,
    ),
  })
  failing('UnrecognizedClientException', 'The security token included in the request is invalid.')
  expect(await failureOf()).toMatchObject({ kind: 'refused' })
  const credentials = (): Promise<never> =>
    Promise.reject(Object.assign(new Error('Could not load any'), { name: 'CredentialsProviderError' }))
  expect(await failureOf({ clientOptions: { ...database.clientOptions, credentials } })).toMatchObject({
    kind: 'refused',
    message: expect.stringContaining('Could not load any; provide AWS credentials') as unknown,
  })
})

it('(D21) rejects a wrong signature without the parts of the request that AWS quotes', async () => {
  const quote = `The Canonical String should have been\nx-amz-security-token:${SECRETS.sessionToken}`
  failing('InvalidSignatureException', `The signature does not match.\n\n${quote}`)
  expect(await failureOf()).toMatchObject({
    kind: 'refused',
    message: expect.stringMatching(/: The signature does not match.; check the secret access key/),
  })
})

it('(S75) rejects a missing region and explains how to set it', async () => {
  vi.stubEnv('AWS_REGION', undefined)
  vi.stubEnv('AWS_DEFAULT_REGION', undefined)
  vi.stubEnv('AWS_CONFIG_FILE', '/dev/null')
  const { kind, message } = await failureOf({ clientOptions: { credentials: SECRETS } })
  vi.unstubAllEnvs()
  expect(kind).toBe('refused')
  expect(message).toContain('Region is missing; set clientOptions.region or AWS_REGION')
})

it.each([
  ['ProvisionedThroughputExceededException', 400],
  ['ThrottlingException', 400],
  ['InternalServerError', 500],
  ['ServiceUnavailable', 503],
])('a read that meets %s is unavailable, not refused (S75)', async (name, status) => {
  failing(name, 'try later', status)
  expect(await failureOf()).toMatchObject({
    kind: 'unavailable',
    message: expect.stringContaining(`${name}: try later`) as unknown,
  })
})

it('(S75) reports a missing server or an interrupted answer as unavailable', async () => {
  const clientOptions = { ...database.clientOptions, endpoint: 'http://127.0.0.1:1' }
  expect(await failureOf({ clientOptions })).toMatchObject({
    kind: 'unavailable',
    message: expect.stringContaining('in eu-west-1 at 127.0.0.1:1: no server listens at') as unknown,
  })
  database.script(() => ({ type: 'cut' }))
  expect(await failureOf()).toMatchObject({ kind: 'unavailable' })
})

it.each([
  [200, '<html>Please log in</html>'],
  [403, '<html>Forbidden</html>'],
  [403, '{"proxy":"no"}'],
  [503, '{}'],
])('an answer of %i that is none of DynamoDB, as %s, is unavailable (S75)', async (status, body) => {
  database.script(() => ({ type: 'answer', status, body }))
  const { kind, message } = await failureOf()
  expect(kind).toBe('unavailable')
  expect(message).toContain(`: the server responded with ${status}, which is not a response of DynamoDB`)
})

it('(S75) rejects a hanging call and closes its connection when its signal aborts', async () => {
  const { store, lease } = opened(database, { prefix: freshPrefix() })
  await store.write(write('full', [row('a', 1)]), never)
  const calls = [
    (aborting: AbortSignal) => store.initialized(aborting),
    (aborting: AbortSignal) => store.get('flag', 'a', aborting),
    (aborting: AbortSignal) => store.readAll(aborting),
    (aborting: AbortSignal) => store.write(write('full', [row('a', 2)]), aborting),
    (aborting: AbortSignal) => store.write(write('delta', [row('a', 2)]), aborting),
    (aborting: AbortSignal) => lease.acquire('one', 1_000, aborting),
    (aborting: AbortSignal) => lease.release('one', aborting),
  ]
  for (const call of calls) {
    const controller = new AbortController()
    database.script(() => {
      controller.abort(new Error('no answer in 10 s'))
      return { type: 'hang' }
    })
    await expect(call(controller.signal)).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('no answer in 10 s') as unknown,
    })
    await expect.poll(() => database.underWay).toBe(0)
  }
})

it('(S75) sends no request if the signal is aborted before the call', async () => {
  const clock = new VirtualClock()
  const { store } = opened(database, { prefix: freshPrefix(), clock })
  const outcome = store.initialized(AbortSignal.abort())
  expect(clock.armed).toBe(0)
  await expect(outcome).rejects.toMatchObject({ kind: 'unavailable' })
})

it('(S75) cancels a hanging check of the table after 10 s, and the next call repeats it', async () => {
  const clock = new VirtualClock()
  const { store } = opened(database, { prefix: freshPrefix(), clock })
  database.script(async () => {
    await clock.advance(10_000)
    return { type: 'hang' }
  })
  await expect(store.initialized(never)).rejects.toMatchObject({
    kind: 'unavailable',
    message: expect.stringContaining('no answer in 10 s') as unknown,
  })
  await expect.poll(() => database.underWay).toBe(0)
  database.script()
  expect(await store.initialized(never)).toBe(false)
  expect(clock.armed).toBe(0)
})

it('(S75) continues a shared check of the table if one of its callers aborts', async () => {
  const { store } = opened(database, { prefix: freshPrefix() })
  const controller = new AbortController()
  const outcomes: Promise<unknown>[] = []
  database.script(({ name }) => {
    if (name === 'DescribeTable') controller.abort()
    return undefined
  })
  outcomes.push(store.initialized(controller.signal), store.initialized(never))
  expect(await Promise.allSettled(outcomes)).toMatchObject([{ status: 'rejected' }, { value: false }])
})

it('(S75) stops the retries of the SDK when the signal aborts', async () => {
  const clientOptions = { ...database.clientOptions, maxAttempts: 100 }
  const { store } = opened(database, { prefix: freshPrefix(), clientOptions })
  await store.initialized(never)
  const controller = new AbortController()
  database.script(() => {
    if (database.operations.length === 2) controller.abort()
    return awsError('InternalServerError', 'again', 500)
  })
  await expect(store.initialized(controller.signal)).rejects.toMatchObject({ code: 'STORE' })
  const asked = database.operations.length
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(database.operations).toHaveLength(asked)
})

it('(S75) cancels pending calls when the store is closed', async () => {
  const { store } = opened(database, { prefix: freshPrefix() })
  await store.initialized(never)
  const hanging = new Promise<void>((resolve) =>
    database.script(() => {
      resolve()
      return { type: 'hang' }
    }),
  )
  const reading = store.get('flag', 'a', never)
  const outcome = expect(reading).rejects.toMatchObject({
    message: 'DynamoDB table "flags": the store is closed',
  })
  await hanging
  await store.close()
  await outcome
})

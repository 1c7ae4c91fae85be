import { afterAll, expect, it, onTestFinished, vi } from 'vitest'
import { systemClock } from '../../../src/async/clock.ts'
import { bigSegmentHash } from '../../../src/big-segments/big-segments.ts'
import { dynamodbBigSegmentStore } from '../../../src/store/dynamodb/dynamodb-store.ts'
import { notes } from '../../client/starting.ts'
import { SECRETS, startDynalite } from '../../support/dynalite.ts'
import { SDK_KEY } from '../../support/engine.ts'
import { never } from '../../support/store-writes.ts'
import { base64 } from '../client-side/starting.ts'
import { ask, keyed } from '../starting.ts'
import { startBigSegmentRelay, startService, waiting } from './big-segment-relay.ts'

const TABLE = 'flags'
const database = await startDynalite()
await database.createTable(TABLE)
afterAll(() => database.close())

it('(BS7.2, BS8.2, BS10.3) a relay keeps members in DynamoDB, for SDKs and its own evaluations', async () => {
  vi.stubEnv('AWS_REGION', 'eu-west-1')
  vi.stubEnv('AWS_ACCESS_KEY_ID', SECRETS.accessKeyId)
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', SECRETS.secretAccessKey)
  onTestFinished(() => void vi.unstubAllEnvs())
  const service = await startService()
  const { bigSegments: patches } = service.origin
  const keys = Array.from({ length: 100 }, (_, index) => `key-${index}`)
  patches.change('beta.g2', { included: { add: keys }, excluded: { add: ['bob'] } })
  const { relay, bigSegments, log } = await startBigSegmentRelay(service, {
    store: { type: 'dynamodb', url: database.clientOptions.endpoint, localTtlMs: 0 },
    environments: [{ name: 'test', sdkKey: SDK_KEY, prefix: 'one', tableName: TABLE }],
  })
  await expect.poll(() => bigSegments()?.state, waiting).toBe('synchronized')
  patches.change('beta.g2', { included: { remove: ['key-7'] } })
  await expect.poll(() => bigSegments()?.patches, waiting).toBe(2)

  const store = dynamodbBigSegmentStore({
    tableName: TABLE,
    prefix: 'one',
    clientOptions: database.clientOptions,
  }).openBigSegments({ clock: systemClock, random: () => 0, logger: notes().logger })
  onTestFinished(() => store.close())
  const memberships = ['key-6', 'key-7', 'bob'].map((key) => store.membership(bigSegmentHash(key), never))
  expect(await Promise.all(memberships)).toEqual([
    new Map([['beta.g2', true]]),
    new Map(),
    new Map([['beta.g2', false]]),
  ])
  expect(await store.metadata(never)).toEqual({ synchronizedOn: expect.any(Number) })

  const path = `/sdk/evalx/contexts/${base64({ kind: 'user', key: 'key-6' })}?withReasons=true`
  expect((await ask(relay, path, keyed)).body['in-beta']).toMatchObject({
    value: true,
    reason: { bigSegmentsStatus: 'HEALTHY' },
  })
  expect(log.join('\n')).not.toContain(SECRETS.secretAccessKey)
})

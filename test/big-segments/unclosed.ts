import { type BigSegmentsOptions, createClient } from '../../src/index.ts'
import { dynamodbBigSegmentStore } from '../../src/store/dynamodb/dynamodb-store.ts'
import { redisBigSegmentStore } from '../../src/store/redis/redis-store.ts'
import { TestData } from '../../src/testing/index.ts'

/**
 * Evaluates a flag with a big segment and closes nothing. `node unclosed.ts redis URL` or `node unclosed.ts dynamodb ENDPOINT`;
 * a third argument ends the process without waiting for the evaluation.
 */
const [type, address = '', unanswered] = process.argv.slice(2)

function storeOf(): BigSegmentsOptions['store'] {
  if (type === 'redis') return redisBigSegmentStore({ url: address })
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' }
  return dynamodbBigSegmentStore({
    tableName: 'flags',
    clientOptions: { endpoint: address, region: 'eu-west-1', credentials },
  })
}

const clauses = [{ attribute: '', op: 'segmentMatch', values: ['s'] }]
const data = new TestData({
  flags: [
    {
      key: 'f',
      on: true,
      variations: ['a', 'b'],
      rules: [{ variation: 1, clauses }],
      fallthrough: { variation: 0 },
    },
  ],
  segments: [{ key: 's', unbounded: true, generation: 1 }],
})
const client = createClient('sdk-key', {
  dataSystem: { initializers: [], synchronizers: [data.synchronizer()] },
  bigSegments: { store: storeOf(), statusPollIntervalMs: 10 },
  logger: { debug() {}, info() {}, warn() {}, error() {} },
})
await client.waitForInitialization()
if (unanswered === undefined) {
  const { value, reason } = await client.stringVariationDetail('f', { kind: 'user', key: 'u' }, 'c')
  process.stdout.write(`${value} ${reason.bigSegmentsStatus}`)
}

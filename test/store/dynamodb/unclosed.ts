import { systemClock } from '../../../src/async/clock.ts'
import { dynamodbStore } from '../../../src/store/dynamodb/dynamodb-store.ts'

/** A process that reads from a store, listens to it, and closes nothing: `node unclosed.ts ENDPOINT`. */
const [endpoint = ''] = process.argv.slice(2)
const credentials = { accessKeyId: 'a', secretAccessKey: 'b' }
const { store, feed } = dynamodbStore({
  tableName: 'flags',
  clientOptions: { endpoint, region: 'eu-west-1', credentials },
}).open({ clock: systemClock, random: Math.random, logger: console })

const { signal } = new AbortController()
const changes = feed.changes(signal)[Symbol.asyncIterator]()
const { value } = await changes.next()
const row = await store.get('flag', 'a', signal)
process.stdout.write(`${JSON.stringify(value)} ${row?.text}`)
void changes.next()

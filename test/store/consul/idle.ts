import { systemClock } from '../../../src/async/clock.ts'
import { REPLACED } from '../../../src/layout/sidecar.ts'
import { consulStore } from '../../../src/store/consul/consul-store.ts'

/** A process that used a store and listens to its feed, and closes nothing: `node idle.ts URL`. */
const silent = { debug() {}, info() {}, warn() {}, error() {} }
const { store, feed, lease } = consulStore({ url: process.argv[2] ?? '', prefix: 'idle' }).open({
  clock: systemClock,
  random: Math.random,
  logger: silent,
})
const { signal } = new AbortController()
const hold = systemClock.hold()
await store.write({ type: 'full', rows: [], sidecar: '{}', notice: REPLACED }, signal)
const { initialized } = await store.readAll(signal)
await lease.acquire('me', 60_000, signal)
const changes = feed.changes(signal)[Symbol.asyncIterator]()
const first = await changes.next()
void changes.next()
setTimeout(hold, 100)
process.once('beforeExit', () => process.stdout.write(JSON.stringify({ initialized, first: first.value })))

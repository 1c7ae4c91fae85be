/** A process that reads from a store and listens to it, and does not close it. `node idle-process.ts OPTIONS`; the options of a store as JSON. */
import { systemClock } from '../../../src/async/clock.ts'
import { type RedisStoreOptions, redisStore } from '../../../src/store/redis/redis-store.ts'

const options = JSON.parse(process.argv[2] ?? '{}') as RedisStoreOptions
const signal = new AbortController().signal
const { store, feed } = redisStore(options).open({ clock: systemClock, random: Math.random, logger: console })

const release = systemClock.hold()
const first = feed.changes(signal)[Symbol.asyncIterator]().next()
const asked = store.initialized(signal).then(
  (initialized) => `initialized: ${initialized}`,
  (error: Error) => error.message,
)
if (process.argv[3] !== 'unanswered') {
  process.stdout.write(`${await asked}\n${JSON.stringify((await first).value)}\n`)
}
release()
// This timer does not keep the process alive.
systemClock.after(2_000, () => process.stdout.write('kept alive\n'))

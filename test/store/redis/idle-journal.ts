/** A process that appends and reads, and does not close the journal. `node idle-journal.ts OPTIONS`; the options of a store as JSON. */
import { systemClock } from '../../../src/async/clock.ts'
import { redisJournal } from '../../../src/store/redis/journal.ts'
import type { RedisStoreOptions } from '../../../src/store/redis/redis-store.ts'

const options = JSON.parse(process.argv[2] ?? '{}') as RedisStoreOptions
const signal = new AbortController().signal
const journal = redisJournal(options, { clock: systemClock, random: Math.random, logger: console })

const release = systemClock.hold()
await journal.append(['a', 'b'], signal)
process.stdout.write(`${(await journal.read(signal)).join(' ')}\n`)
release()
// This timer does not keep the process alive.
systemClock.after(2_000, () => process.stdout.write('kept alive\n'))

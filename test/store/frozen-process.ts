/** Prints `KIND TYPE` for each change that two feeds report: `node frozen-process.ts REDIS-URL FILE`. */
import { type Clock, systemClock } from '../../src/async/clock.ts'
import { fileStore } from '../../src/store/file/file-store.ts'
import { redisStore } from '../../src/store/redis/redis-store.ts'

/** A clock whose waits of 10 s and more never end, so that only the end of a suspension makes the feeds check. */
const clock: Clock = {
  ...systemClock,
  after: (ms, wake) => (ms < 10_000 ? systemClock.after(ms, wake) : () => {}),
}
const [url = '', path = ''] = process.argv.slice(2)
const logger = { debug() {}, info() {}, warn() {}, error() {} }
const { signal } = new AbortController()
const stores = [
  ['redis', redisStore({ url })],
  ['file', fileStore(path, { feedIntervalMs: 60_000 })],
] as const
for (const [name, description] of stores) {
  const { feed } = description.open({ clock, random: Math.random, logger })
  void (async () => {
    for await (const { type } of feed.changes(signal)) console.log(`${name} ${type}`)
  })()
}
// Stores do not keep the process alive.
setInterval(() => {}, 60_000)

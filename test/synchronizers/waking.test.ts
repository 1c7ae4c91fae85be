import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import type { Poll } from '../../src/exchange/poll.ts'
import { watchFile } from '../../src/flag-file/watch.ts'
import type { ChangeFeed } from '../../src/model/persistent-store.ts'
import type { SourceResult } from '../../src/model/source-result.ts'
import { pollingSynchronizer } from '../../src/synchronizers/polling.ts'
import { storeSynchronizer } from '../../src/synchronizers/store.ts'
import type { Synchronizer } from '../../src/synchronizers/synchronizer.ts'
import { MemoryDatabase } from '../../src/testing/memory-database.ts'
import { SleepyClock } from '../support/sleepy-clock.ts'
import { none } from '../support/words.ts'

const random = (): number => 0

/** Runs a source until the test ends. No alarm may be pending afterwards. */
function follow(source: Synchronizer, clock: SleepyClock): { readonly end: () => Promise<void> } {
  const controller = new AbortController()
  const reading = (async () => {
    for await (const _ of source.sync(undefined, controller.signal));
  })()
  return {
    async end() {
      controller.abort()
      await reading
      expect(clock.armed).toBe(0)
    },
  }
}

function polling(clock: SleepyClock, answer: SourceResult) {
  const asked: number[] = []
  const poll: Poll = async function* () {
    asked.push(clock.monotonic())
    yield answer
  }
  const source = pollingSynchronizer({
    name: 'polling',
    newPoll: () => poll,
    intervalMs: 30_000,
    clock,
    random,
  })
  return { asked, ...follow(source, clock) }
}

it('(S152) polls after a freeze of the process, and then at the interval', async () => {
  const clock = new SleepyClock()
  const { asked, end } = polling(clock, none)
  await clock.advance(10_000)
  await clock.freeze(3_000)
  expect(asked).toEqual([0, 14_000])
  await clock.advance(30_000)
  expect(asked).toEqual([0, 14_000, 44_000])
  await end()
})

it('(S152.4) waits for Retry-After also after a freeze', async () => {
  const clock = new SleepyClock()
  const error = { kind: 'error_response', message: 'busy', status: 503, retryAfterMs: 60_000 } as const
  const { asked, end } = polling(clock, { type: 'interrupted', error })
  await clock.advance(10_000)
  await clock.freeze(3_000)
  await clock.advance(20_000)
  expect(asked).toEqual([0])
  await end()
})

it('(S152.5) reads a database after a freeze, because reports of its feed may be lost', async () => {
  const clock = new SleepyClock()
  const database = new MemoryDatabase()
  database.marker = true
  const logger = { debug() {}, info() {}, warn() {}, error() {} }
  const { store } = database.description().open({ clock, random, logger })
  const feed: ChangeFeed = { async *changes() {} }
  const source = storeSynchronizer({
    store,
    feed,
    intervalMs: 60_000,
    startAfter: Promise.resolve(),
    onQuarantine: () => {},
    clock,
    random,
  })
  const { end } = follow(source, clock)
  await clock.advance(10_000)
  expect(database.calls).toEqual(['readAll'])
  await clock.freeze(3_000)
  expect(database.calls).toEqual(['readAll', 'readAll'])
  await end()
})

it('(S152.5) checks files after a freeze', async () => {
  const clock = new SleepyClock()
  const path = join(await mkdtemp(join(tmpdir(), 'halyard-')), 'flags.json')
  await writeFile(path, '{}')
  const controller = new AbortController()
  onTestFinished(() => controller.abort())
  const looks = watchFile(path, { clock, signal: controller.signal, intervalMs: 86_400_000 })
  let changed = false
  void looks.next().then(() => {
    changed = true
  })
  await writeFile(path, '{"flags":{}}')
  // Two checks must agree, and they read a real disk.
  await expect.poll(() => clock.freeze(3_000).then(() => changed)).toBe(true)
  expect(clock.monotonic()).toBeLessThan(86_400_000)
})

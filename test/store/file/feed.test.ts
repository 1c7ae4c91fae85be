import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import type { Undo } from '../../../src/async/clock.ts'
import type { StoreChange } from '../../../src/model/persistent-store.ts'
import { VirtualClock } from '../../../src/testing/virtual-clock.ts'
import { never } from '../../support/store-writes.ts'
import { newFolder, opened } from './opened.ts'
import { delta, flag, full, segment } from './writes.ts'

/** Differs from the interval of the suspension check of the process, which is 1 s. */
const INTERVAL_MS = 1_500

/** A clock that knows if a feed waits for its next check. */
class FeedClock extends VirtualClock {
  waiting = false

  override after(ms: number, wake: () => void): Undo {
    if (ms !== INTERVAL_MS) return super.after(ms, wake)
    this.waiting = true
    return super.after(ms, () => {
      this.waiting = false
      wake()
    })
  }
}

/** Returns the next change of a feed, or undefined after three checks without one. */
function listening(path: string) {
  const clock = new FeedClock()
  const { feed } = opened(path, { clock, feedIntervalMs: INTERVAL_MS })
  const controller = new AbortController()
  onTestFinished(() => controller.abort())
  const changes = feed.changes(controller.signal)[Symbol.asyncIterator]()
  let received: StoreChange | 'end' | undefined
  let asking = false
  const next = async (): Promise<StoreChange | 'end' | 'silence'> => {
    if (!asking) {
      asking = true
      void changes.next().then(({ done, value }) => {
        received = done ? 'end' : value
      })
    }
    for (let checks = 0; ; checks++) {
      await expect.poll(() => received !== undefined || clock.waiting, { interval: 1 }).toBe(true)
      if (received || checks === 3) break
      await clock.advance(INTERVAL_MS)
    }
    const result = received
    if (result) asking = false
    received = undefined
    return result ?? 'silence'
  }
  return { next, end: () => controller.abort() }
}

async function setup() {
  const path = join(await newFolder(), 'flags')
  const { store } = opened(path)
  return { path, store, ...listening(path) }
}

it('S87: reports the keys of each write once, and nothing for an unchanged file', async () => {
  const { store, next } = await setup()
  expect(await next()).toEqual({ type: 'replaced' })
  expect(await next()).toBe('silence')
  await store.write(full(1, flag('a')), never)
  expect(await next()).toEqual({ type: 'replaced' })
  await store.write(delta(2, flag('a', 2), segment('s')), never)
  expect(await next()).toEqual({ type: 'changed', flags: ['a'], segments: ['s'] })
  expect(await next()).toBe('silence')
})

it('S87: reports that any row may have changed if there were two writes between two checks', async () => {
  const { store, next } = await setup()
  await store.write(full(1, flag('a'), flag('b')), never)
  expect(await next()).toEqual({ type: 'replaced' })
  await store.write(delta(2, flag('a', 2)), never)
  await store.write(delta(3, flag('b', 2)), never)
  expect(await next()).toEqual({ type: 'replaced' })
  await store.write(delta(4, flag('b', 3)), never)
  expect(await next()).toEqual({ type: 'changed', flags: ['b'], segments: [] })
})

it('S87: reports a replacement for another generation, another file with the same sidecar, and a missing file', async () => {
  const { path, store, next } = await setup()
  await store.write(full(1, flag('a')), never)
  expect(await next()).toEqual({ type: 'replaced' })
  const foreign = delta(2, flag('a', 2))
  await store.write({ ...foreign, sidecar: foreign.sidecar.replace('"g"', '"h"') }, never)
  expect(await next()).toEqual({ type: 'replaced' })
  await writeFile(`${path}-copy`, await readFile(path))
  await rename(`${path}-copy`, path)
  expect(await next()).toEqual({ type: 'replaced' })
  await rm(path)
  expect(await next()).toEqual({ type: 'replaced' })
  expect(await next()).toBe('silence')
})

it('S87: reports one interruption for an invalid file, until there is a valid one', async () => {
  const { path, store, next } = await setup()
  await store.write(full(1, flag('a')), never)
  expect(await next()).toEqual({ type: 'replaced' })
  await writeFile(path, 'halyard-snapshot damaged')
  expect(await next()).toEqual({ type: 'interrupted', reason: 'it is not a snapshot' })
  await writeFile(path, 'halyard-snapshot damaged otherwise')
  expect(await next()).toBe('silence')
  await store.write(full(2, flag('a')), never)
  expect(await next()).toEqual({ type: 'replaced' })
})

it('S87: reports an interruption if the file cannot be read, and ends with the subscription', async () => {
  const folder = await newFolder()
  const { next, end } = listening(folder)
  expect(await next()).toEqual({
    type: 'interrupted',
    reason: `cannot read ${folder}: it is a folder`,
  })
  expect(await next()).toBe('silence')
  end()
  expect(await next()).toBe('end')
})

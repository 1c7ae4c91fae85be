import { expect, it } from 'vitest'
import { systemClock } from '../../src/async/clock.ts'
import { inParallel } from '../../src/store/batching.ts'

const { signal } = new AbortController()

it('processes items in their order, at most the given number at the same time', async () => {
  const begun: number[] = []
  let underWay = 0
  let most = 0
  await inParallel([0, 1, 2, 3, 4, 5, 6], 3, signal, async (item) => {
    begun.push(item)
    most = Math.max(most, ++underWay)
    await systemClock.breathe()
    underWay--
  })
  expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6])
  expect(most).toBe(3)
})

it('starts nothing after a failure, and rejects when the running items have ended', async () => {
  const ended: number[] = []
  const failing = inParallel([0, 1, 2, 3, 4, 5], 2, signal, async (item) => {
    await systemClock.breathe()
    if (item === 2) throw new Error('no')
    await systemClock.breathe()
    ended.push(item)
  })
  await expect(failing).rejects.toThrow('no')
  expect(ended).toEqual([0, 1, 3])
})

it('aborts running items after a failure, and rejects with the first error', async () => {
  const failing = inParallel([0, 1], 2, signal, async (item, inTime) => {
    if (item === 1) throw new Error('the first')
    await new Promise((_, reject) => inTime.addEventListener('abort', () => reject(new Error('cut'))))
  })
  await expect(failing).rejects.toThrow('the first')
})

it('resolves if there are no items', async () => {
  await inParallel([], 8, signal, () => Promise.reject(new Error('never')))
})

import { expect, it } from 'vitest'
import { systemClock } from '../../../src/async/clock.ts'
import { eachOf } from '../../../src/store/dynamodb/each-of.ts'

it('several items are worked on at once, no more than that, begun in their order', async () => {
  const begun: number[] = []
  let underWay = 0
  let most = 0
  await eachOf([0, 1, 2, 3, 4, 5, 6], 3, async (item) => {
    begun.push(item)
    most = Math.max(most, ++underWay)
    await systemClock.breathe()
    underWay--
  })
  expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6])
  expect(most).toBe(3)
})

it('after a failure nothing more is begun, and what was begun has ended when it is told', async () => {
  const ended: number[] = []
  const failing = eachOf([0, 1, 2, 3, 4, 5], 2, async (item) => {
    await systemClock.breathe()
    if (item === 2) throw new Error('no')
    await systemClock.breathe()
    ended.push(item)
  })
  await expect(failing).rejects.toThrow('no')
  expect(ended).toEqual([0, 1, 3])
})

it('nothing to do is done', async () => {
  await eachOf([], 8, () => Promise.reject(new Error('never')))
})

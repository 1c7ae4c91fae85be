import { expect, it } from 'vitest'
import { simulate } from './simulate.ts'

it('the same seed tells the same story', async () => {
  const first = await simulate(7, { trace: 'kept' })
  const second = await simulate(7, { trace: 'kept' })
  expect(first.trace.length).toBeGreaterThan(10)
  expect(second).toEqual(first)
})

it('different seeds tell different stories', async () => {
  const stories = new Set<string>()
  for (let seed = 1; seed <= 20; seed++)
    stories.add((await simulate(seed, { trace: 'kept' })).trace.join('\n'))
  expect(stories.size).toBe(20)
})

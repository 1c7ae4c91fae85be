import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pathBetween, type Step } from '../../src/server/history.ts'

const step = (from: string, to: string): Step => ({ from, to, at: 0, touches: [] })
const words = (steps: readonly Step[], from: string, to: string) =>
  pathBetween(steps, from, to)?.map((each) => `${each.from}>${each.to}`)

test('returns a path of several steps in order', () => {
  const steps = [step('c', 'd'), step('a', 'b'), step('b', 'c'), step('b', 'x')]
  expect(words(steps, 'a', 'd')).toEqual(['a>b', 'b>c', 'c>d'])
})

test('returns undefined if there is no path, and an empty path from a state to itself', () => {
  expect(words([step('a', 'b')], 'b', 'a')).toBeUndefined()
  expect(words([step('a', 'b')], 'elsewhere', 'b')).toBeUndefined()
  expect(words([], 'a', 'a')).toEqual([])
})

test('terminates if the steps form a cycle', () => {
  const steps = [step('a', 'b'), step('b', 'a'), step('b', 'c')]
  expect(words(steps, 'a', 'c')).toEqual(['a>b', 'b>c'])
  expect(words(steps, 'a', 'd')).toBeUndefined()
})

test('each step of a path begins where the previous one ended, for any steps', () => {
  const state = fc.constantFrom('a', 'b', 'c', 'd', 'e')
  fc.assert(
    fc.property(fc.array(fc.tuple(state, state)), state, state, (pairs, from, to) => {
      const steps = pairs.map(([a, b]) => step(a, b))
      const path = pathBetween(steps, from, to)
      const reached = new Set<string>([from])
      for (let grown = -1; grown !== reached.size; ) {
        grown = reached.size
        for (const each of steps) if (reached.has(each.from)) reached.add(each.to)
      }
      expect(path !== undefined).toBe(reached.has(to))
      if (!path) return
      expect([from, ...path.map((each) => each.to)].at(-1)).toBe(to)
      for (const [index, each] of path.entries()) expect(each.from).toBe(path[index - 1]?.to ?? from)
    }),
  )
})

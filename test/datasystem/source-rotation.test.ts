import { expect, it } from 'vitest'
import { SourceRotation } from '../../src/datasystem/source-rotation.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'

const minute = 60_000

function roster(names: string, random = 0) {
  const clock = new VirtualClock()
  return { clock, roster: new SourceRotation(names.split(''), { clock, random: () => random }) }
}

it.each<[names: string, retired: string, after: string | undefined, next: string | undefined]>([
  ['abc', '', undefined, 'a'],
  ['abc', '', 'a', 'b'],
  ['abc', '', 'c', 'a'],
  ['abc', 'a', undefined, 'b'],
  ['abc', 'a', 'c', 'b'],
  ['abc', 'bc', 'a', 'a'],
  ['abc', 'abc', 'a', undefined],
  ['a', '', 'a', 'a'],
])('(D4, D9) of %j without %j, after %j comes %j', (names, retired, after, next) => {
  const { roster: sources } = roster(names)
  for (const name of retired) sources.retire(name)
  expect(sources.next(after)).toBe(next)
})

it.each<[retired: string, current: string, preferred: string | undefined]>([
  ['', 'a', undefined],
  ['', 'c', 'a'],
  ['a', 'c', 'b'],
  ['ab', 'c', undefined],
])('(D5) without %j, %j gives way to %j', (retired, current, preferred) => {
  const { roster: sources } = roster('abc')
  for (const name of retired) sources.retire(name)
  expect(sources.preferredTo(current)).toBe(preferred)
})

it('(D9.2) a retirement lasts 10 min, then 20, 40, and never more than an hour, plus up to a quarter', async () => {
  for (const [random, factor] of [
    [0, 1],
    [1, 1.25],
  ] as const) {
    const { clock, roster: sources } = roster('a', random)
    for (const minutes of [10, 20, 40, 60, 60]) {
      sources.retire('a')
      expect(sources.returnsInMs).toBe(minutes * minute * factor)
      expect(sources.available).toEqual([])
      await clock.advance(minutes * minute * factor)
      expect(sources.next()).toBe('a')
    }
  }
})

it('(D9.4) data wipes the slate', () => {
  const { roster: sources } = roster('a')
  sources.retire('a')
  sources.retire('a')
  sources.redeem('a')
  sources.retire('a')
  expect(sources.returnsInMs).toBe(10 * minute)
})

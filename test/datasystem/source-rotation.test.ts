import { expect, it } from 'vitest'
import { SourceRotation } from '../../src/datasystem/source-rotation.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'

const minute = 60_000

function rotationOf(names: string, random = 0) {
  const clock = new VirtualClock()
  return { clock, rotation: new SourceRotation(names.split(''), { clock, random: () => random }) }
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
])(
  '(D4, D9) returns the next source of %j if %j are retired: after %j, %j',
  (names, retired, after, next) => {
    const { rotation } = rotationOf(names)
    for (const name of retired) rotation.retire(name)
    expect(rotation.next(after)).toBe(next)
  },
)

it.each<[retired: string, current: string, preferred: string | undefined]>([
  ['', 'a', undefined],
  ['', 'c', 'a'],
  ['a', 'c', 'b'],
  ['ab', 'c', undefined],
])('(D5) returns the preferred source if %j are retired: for %j, %j', (retired, current, preferred) => {
  const { rotation } = rotationOf('abc')
  for (const name of retired) rotation.retire(name)
  expect(rotation.preferredTo(current)).toBe(preferred)
})

it('(D9.2) retires a source for 10 min, then 20, 40 and at most 60, plus up to a quarter', async () => {
  for (const [random, factor] of [
    [0, 1],
    [1, 1.25],
  ] as const) {
    const { clock, rotation } = rotationOf('a', random)
    for (const minutes of [10, 20, 40, 60, 60]) {
      rotation.retire('a')
      expect(rotation.availableInMs).toBe(minutes * minute * factor)
      expect(rotation.available).toEqual([])
      await clock.advance(minutes * minute * factor)
      expect(rotation.next()).toBe('a')
    }
  }
})

it('(D9.4) resets the number of failures with a valid answer', () => {
  const { rotation } = rotationOf('a')
  rotation.retire('a')
  rotation.retire('a')
  rotation.succeeded('a')
  rotation.retire('a')
  expect(rotation.availableInMs).toBe(10 * minute)
})

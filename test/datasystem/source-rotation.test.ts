import { expect, it } from 'vitest'
import { SourceRotation } from '../../src/datasystem/source-rotation.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'

const minute = 60_000

interface Named {
  readonly name: string
  readonly fdv1Retry?: { readonly leastMs: number }
}

const NONE: Named = { name: 'none' }

function rotationOf(names: string, random = 0, fdv1Retry?: { readonly leastMs: number }) {
  const clock = new VirtualClock()
  const sources = names.split('').map((name): Named => ({ name, ...(fdv1Retry && { fdv1Retry }) }))
  const rotation = new SourceRotation(sources, { clock, random: () => random })
  const source = (wanted: string): Named => sources.find(({ name }) => name === wanted) ?? NONE
  return { clock, rotation, source }
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
    const { rotation, source } = rotationOf(names)
    for (const name of retired) rotation.retire(source(name))
    expect(rotation.next(after === undefined ? after : source(after))?.name).toBe(next)
  },
)

it.each<[retired: string, current: string, preferred: string | undefined]>([
  ['', 'a', undefined],
  ['', 'c', 'a'],
  ['a', 'c', 'b'],
  ['ab', 'c', undefined],
])('(D5) returns the preferred source if %j are retired: for %j, %j', (retired, current, preferred) => {
  const { rotation, source } = rotationOf('abc')
  for (const name of retired) rotation.retire(source(name))
  expect(rotation.preferredTo(source(current))?.name).toBe(preferred)
})

const fdv1 = { leastMs: 0 }

it.each([
  ['D9.2', 'FDv2: 10 min, doubling to 60', 0, undefined, [10, 20, 40, 60, 60]],
  ['D9.2', 'FDv2: plus a quarter at most', 1, undefined, [12.5, 25, 50, 75, 75]],
  ['D9.6', 'FDv1: 5 min, doubling to 60', 0, fdv1, [5, 10, 20, 40, 60, 60]],
  ['D9.6', 'FDv1: less half at most', 1, fdv1, [2.5, 5, 10, 20, 30, 30]],
  ['D9.7', 'FDv1: not before the interval', 1, { leastMs: 7 * minute }, [7, 7, 10, 20, 30, 30]],
] as const)('(%s) retires a source of %s', async (_rule, _of, random, fdv1Retry, times) => {
  const { clock, rotation, source } = rotationOf('a', random, fdv1Retry)
  for (const minutes of times) {
    rotation.retire(source('a'))
    expect(rotation.availableInMs).toBe(minutes * minute)
    expect(rotation.available).toEqual([])
    await clock.advance(minutes * minute)
    expect(rotation.next()?.name).toBe('a')
  }
})

it.each([
  ['D9.4', 'FDv2: at once', undefined, 0, 10],
  ['D9.8', 'FDv1: not before 60 s', fdv1, minute - 1, 20],
  ['D9.8', 'FDv1: after 60 s', fdv1, minute, 5],
] as const)(
  '(%s) resets the number of failures with a valid answer of %s',
  async (_rule, _of, fdv1Retry, validMs, minutes) => {
    const { clock, rotation, source } = rotationOf('a', 0, fdv1Retry)
    rotation.retire(source('a'))
    rotation.retire(source('a'))
    rotation.succeeded(source('a'))
    await clock.advance(validMs)
    rotation.retire(source('a'))
    expect(rotation.availableInMs).toBe(minutes * minute)
  },
)

import { expect, it } from 'vitest'
import { Rotation, type TurnOutcome } from '../../src/datasystem/rotation.ts'

it.each<
  [sources: string, outcomes: TurnOutcome[], current: string | undefined, preferred: string | undefined]
>([
  ['abc', [], 'a', 'a'],
  ['abc', ['fallback'], 'b', 'a'],
  ['abc', ['fallback', 'fallback', 'fallback'], 'a', 'a'],
  ['abc', ['ended'], 'b', 'a'],
  ['abc', ['retired'], 'b', 'b'],
  ['abc', ['fallback', 'retired'], 'c', 'a'],
  ['abc', ['fallback', 'fallback', 'retired'], 'a', 'a'],
  ['abc', ['retired', 'retired'], 'c', 'c'],
  ['abc', ['retired', 'retired', 'retired'], undefined, undefined],
  ['a', ['fallback'], 'a', 'a'],
  ['a', ['retired'], undefined, undefined],
  ['', [], undefined, undefined],
])('(D4, D9) of %j, after %j, it is the turn of %j', (sources, outcomes, current, preferred) => {
  let rotation = Rotation.of(sources.split(''))
  for (const outcome of outcomes) rotation = rotation?.after(outcome)
  expect(rotation?.current).toBe(current)
  expect(rotation?.preferred).toBe(preferred)
  expect(rotation?.isPreferred).toBe(rotation && current === preferred)
})

it('(D5) recovery leads back to the first that is left', () => {
  const rotation = Rotation.of(['a', 'b', 'c'])?.after('retired')?.after('fallback')
  expect(rotation?.current).toBe('c')
  expect(rotation?.recovered().current).toBe('b')
  expect(rotation?.size).toBe(2)
})

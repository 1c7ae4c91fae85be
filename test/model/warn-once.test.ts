import { expect, it } from 'vitest'
import { WarnOnce } from '../../src/model/warn-once.ts'

it('returns true for the first call with each key only', () => {
  const warned = new WarnOnce()
  expect([warned.isFirst('a'), warned.isFirst('b'), warned.isFirst('a')]).toEqual([true, true, false])
  expect([warned.isFirst(), warned.isFirst()]).toEqual([true, false])
})

it('treats every further key as a repetition once it remembers the maximum', () => {
  const warned = new WarnOnce(2)
  expect(['a', 'b', 'c', 'a'].map((key) => warned.isFirst(key))).toEqual([true, true, false, false])
})

it('starts again after a reset', () => {
  const warned = new WarnOnce()
  expect(warned.hasWarned).toBe(false)
  warned.isFirst('a')
  expect(warned.hasWarned).toBe(true)
  warned.reset()
  expect(warned.hasWarned).toBe(false)
  expect(warned.isFirst('a')).toBe(true)
})

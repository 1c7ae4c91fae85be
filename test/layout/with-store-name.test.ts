import { expect, it } from 'vitest'
import { withStoreName } from '../../src/layout/sidecar.ts'

it.each([
  ['Redis at h:1 (p)', 'Redis at h:1 does not answer', 'Redis at h:1 does not answer'],
  ['Redis at h:1', 'no answer in 1 s', 'Redis at h:1: no answer in 1 s'],
  ['memory', '', 'memory: '],
])('adds %s to "%s" unless it is there', (name, message, expected) => {
  expect(withStoreName(name, message)).toBe(expected)
})

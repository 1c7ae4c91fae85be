import { expect, it } from 'vitest'
import { differences } from '../../src/cli/relay-config.ts'

const named = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ name: `e${index}`, sdkKey: `k${index}` }))

it('names the differences and counts further ones', () => {
  const none = { added: [], changed: [], updated: [], removed: [], settings: [] }
  expect(differences(none)).toBe('no change')
  expect(differences({ ...none, added: named(1), changed: named(2) })).toBe('added e0; changed e0, e1')
  expect(differences({ ...none, updated: named(1) })).toBe('updated e0')
  expect(differences({ ...none, settings: ['port', 'ready'] })).toBe('applied ready')
  expect(differences({ ...none, removed: named(12) })).toMatch(/^removed e0, .+, e9 and 2 more$/)
})

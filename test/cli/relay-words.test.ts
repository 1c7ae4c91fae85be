import { expect, it } from 'vitest'
import { differences } from '../../src/cli/relay-config.ts'

const named = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ name: `e${index}`, sdkKey: `k${index}` }))

it('names what differs, and counts what is too much for a line', () => {
  const none = { added: [], changed: [], removed: [], settings: [] }
  expect(differences(none)).toBe('every environment stays as it is')
  expect(differences({ ...none, added: named(1), changed: named(2) })).toBe('added e0; changed e0, e1')
  expect(differences({ ...none, settings: ['port', 'ready'] })).toBe('ready as it says now')
  expect(differences({ ...none, removed: named(12) })).toMatch(/^removed e0, .+, e9 and 2 more$/)
})

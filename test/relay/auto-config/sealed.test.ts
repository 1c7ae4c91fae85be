import fc from 'fast-check'
import { expect, it } from 'vitest'
import { seal, unseal } from '../../../src/relay/auto-config/sealed.ts'

const CONFIG = { savedAt: 5, environments: { a: { sdkKey: { value: 'sdk-secret' }, version: 1 } } }
const DAMAGED = { fault: 'it is damaged, or was encrypted with another key' }
const OTHER_FORMAT = { fault: 'it has another format' }

it('(AC6.1) is read back with the same secret only', () => {
  const sealed = seal(CONFIG, 'rel-key')
  expect(unseal(sealed, 'rel-key')).toEqual(CONFIG)
  expect(unseal(sealed, 'rel-other')).toEqual(DAMAGED)
})

it('(AC6.1) is different each time, and contains no key as text', () => {
  const [one, two] = [seal(CONFIG, 'rel-key'), seal(CONFIG, 'rel-key')]
  expect(one).not.toBe(two)
  const bytes = Buffer.from(one.split('\n')[1] ?? '', 'base64').toString('latin1')
  expect(bytes).not.toContain('sdk-secret')
})

it('(AC6.3) refuses a copy in which any character was changed', () => {
  const sealed = seal(CONFIG, 'rel-key')
  const start = sealed.indexOf('\n') + 1
  fc.assert(
    fc.property(
      fc.integer({ min: start, max: sealed.length - 5 }),
      fc.constantFrom('A', 'z', '0'),
      (at, other) => {
        fc.pre(sealed[at] !== other)
        const changed = sealed.slice(0, at) + other + sealed.slice(at + 1)
        expect(unseal(changed, 'rel-key')).toEqual(DAMAGED)
      },
    ),
  )
})

it.each(['', 'x', 'halyard-auto-config:2\nAAAA', '{"environments":{}}'])(
  '(AC6.3) refuses another format: %j',
  (text) => {
    expect(unseal(text, 'rel-key')).toEqual(OTHER_FORMAT)
  },
)

it('(AC6.3) refuses a copy that was cut off', () => {
  const sealed = seal(CONFIG, 'rel-key')
  for (const length of [sealed.length - 8, sealed.indexOf('\n') + 9, sealed.indexOf('\n') + 1])
    expect(unseal(sealed.slice(0, length), 'rel-key')).toEqual(DAMAGED)
})

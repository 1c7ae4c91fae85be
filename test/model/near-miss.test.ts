import { expect, it } from 'vitest'
import { nearMiss } from '../../src/model/near-miss.ts'

const KNOWN = ['port', 'host', 'prefix', 'password', 'tls']

it.each([
  ['prot', 'port'],
  ['PORT', 'port'],
  ['ports', 'port'],
  ['pasword', 'password'],
  ['passwort', 'password'],
  ['tsl', 'tls'],
  ['x', undefined],
  ['', undefined],
  ['passworten', undefined],
  ['proxy', undefined],
])('(S91) %s is near %s', (name, meant) => {
  expect(nearMiss(name, KNOWN)).toBe(meant)
})

it('(S91) what is far too long is near nothing, at once', () => {
  expect(nearMiss('x'.repeat(10_000_000), Array(100).fill(KNOWN).flat())).toBeUndefined()
})

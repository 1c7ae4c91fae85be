import { expect, it } from 'vitest'
import { isForThisMachine, isLoopback } from '../../src/relay/loopback.ts'

it.each([
  'localhost',
  'LOCALHOST.',
  'app.localhost',
  '127.0.0.1',
  '127.8.9.10',
  '::1',
  '[::1]',
  '0:0:0:0:0:0:0:1',
])('(FS22.1) %s is a loopback address', (host) => {
  expect(isLoopback(host)).toBe(true)
})

it.each([
  '0.0.0.0',
  '::',
  '',
  '10.0.0.1',
  '::2',
  '1270.0.0.1',
  '127.0.0.1.example.com',
  'localhost.example.com',
  'notlocalhost',
  '127.0.0',
  '::ffff:10.0.0.1',
])('(FS22.1) %j is not a loopback address', (host) => {
  expect(isLoopback(host)).toBe(false)
})

it.each([
  [undefined, true],
  ['localhost', true],
  ['localhost:8765', true],
  ['127.0.0.1:8765', true],
  ['[::1]:8765', true],
  ['rebound.example.com', false],
  ['rebound.example.com:8765', false],
  ['localhost:8765.example.com', false],
  ['localhost@example.com', false],
  ['', false],
])('(FS22.2) the header Host %j is of this machine: %s', (host, expected) => {
  expect(isForThisMachine(host)).toBe(expected)
})

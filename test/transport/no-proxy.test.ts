import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readNoProxy } from '../../src/transport/no-proxy.ts'

it.each([
  ['10.0.0.0/8,127.0.0.0/8', 'https://10.1.2.3', true],
  ['10.0.0.0/8,127.0.0.0/8', 'http://127.0.0.1:8080', true],
  ['10.0.0.0/8 127.0.0.0/8', 'https://11.1.2.3', false],
  ['10.0.0.0/8', 'https://ten.example', false],
  ['192.168.1.0/25', 'https://192.168.1.127', true],
  ['192.168.1.0/25', 'https://192.168.1.128', false],
  ['0.0.0.0/0', 'https://1.2.3.4', true],
  ['0.0.0.0/0', 'https://[2001:db8::1]', false],
  ['10.0.0.0/33', 'https://10.0.0.1', false],
  ['10.0.0.0/x', 'https://10.0.0.0', false],
  ['10.0.0.0/8/8', 'https://10.0.0.1', false],
  ['10.0.0/8', 'https://10.0.0.1', false],
  ['10.0.0.0/8', 'https://[::ffff:10.1.2.3]', true],
  ['::ffff:10.0.0.0/104', 'https://10.1.2.3', true],
  ['::ffff:10.0.0.1', 'https://10.0.0.1', true],
  ['fd00::/8', 'https://[fd12:3456::1]', true],
  ['fd00::/8', 'https://[fe80::1]', false],
  ['[fd00::]/8', 'https://[fd12:3456::1]', true],
  ['::1', 'http://[::1]:8080', true],
  ['[::1]', 'http://[::1]:8080', true],
  ['[::1]:8080', 'http://[::1]:8080', true],
  ['[::1]:8080', 'http://[::1]:8081', false],
  ['[0:0:0:0:0:0:0:1]', 'http://[::1]', true],
  ['10.0.0.1:443', 'https://10.0.0.1', true],
  ['10.0.0.1:80', 'https://10.0.0.1', false],
  ['10.0.0.1', 'https://10.0.0.10', false],
  ['example.com', 'https://example.com', true],
  ['example.com', 'https://a.b.example.com', true],
  ['example.com', 'https://badexample.com', false],
  ['.example.com', 'https://a.example.com', true],
  ['*.example.com', 'https://a.example.com', true],
  ['EXAMPLE.com', 'https://Example.COM', true],
  ['example.com.', 'https://example.com', true],
  ['example.com', 'https://example.com.', true],
  ['host:8080', 'http://host:8080', true],
  ['host:8080', 'http://host', false],
  ['host:80', 'http://host', true],
  ['.example.com:443', 'https://a.example.com', true],
  ['a.example,\tb.example  c.example,', 'https://c.example', true],
  ['*', 'https://anything', true],
  ['', 'https://anything', false],
  [' , ,', 'https://anything', false],
  ['.', 'https://anything', false],
] as const)('(S153) NO_PROXY=%j and %s: %s', (text, url, expected) => {
  expect(readNoProxy(text)(new URL(url))).toBe(expected)
})

it('(S153) finds each address of a range, and none outside', () => {
  fc.assert(
    fc.property(
      fc.nat(2 ** 32 - 1),
      fc.nat(2 ** 32 - 1),
      fc.integer({ min: 0, max: 32 }),
      (base, other, bits) => {
        const dotted = (value: number): string =>
          [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.')
        const size = 2 ** (32 - bits)
        const isInside = Math.floor(base / size) === Math.floor(other / size)
        expect(readNoProxy(`${dotted(base)}/${bits}`)(new URL(`http://${dotted(other)}/`))).toBe(isInside)
      },
    ),
  )
})

it('(S153) takes any text', () => {
  fc.assert(fc.property(fc.string(), (text) => void readNoProxy(text)(new URL('http://[::1]:8080'))))
})

import { describe, expect, it } from 'vitest'
import { contextHeader, headerNames, origins } from '../../src/options/header-forms.ts'

describe('a list of origins', () => {
  it.each([
    ['https://a.example', ['https://a.example']],
    ['https://a.example, http://b.example:8080', ['https://a.example', 'http://b.example:8080']],
    [
      ['HTTPS://A.example/', 'https://b.example:443'],
      ['https://a.example', 'https://b.example'],
    ],
    ['*', ['*']],
    ['null', ['null']],
    ['chrome-extension://abcdef/', ['chrome-extension://abcdef']],
  ])('(S90) reads %j as browsers send it', (value, read) => {
    expect(origins.read(value)).toEqual(read)
  })

  it.each([
    'a.example',
    'https://a.example/path',
    'https://a.example?q',
    'https://',
    '',
    'https://a b',
    true,
    [1],
  ])('(S90) refuses %j', (value) => {
    expect(origins.read(value)).toBeUndefined()
  })
})

describe('a list of header names', () => {
  it('(S90) has names that a browser may send', () => {
    expect(headerNames.read('X-One, x-two')).toEqual(['X-One', 'x-two'])
    expect(headerNames.read(['X-One', 'X-Two'])).toEqual(['X-One', 'X-Two'])
  })

  it.each(['X One', 'X-One:', 'X-One\r\nX-Two', '', 1])('(S90) refuses %j', (value) => {
    expect(headerNames.read(value)).toBeUndefined()
  })
})

describe('the name of a header with a context', () => {
  it('(RO4.4) is a header of your own', () => {
    expect(contextHeader.read('X-Flag-Context')).toBe('X-Flag-Context')
  })

  it.each(['Authorization', 'x-api-key', 'Cookie', 'content-type', 'Host', 'If-None-Match', 'X One', '', 1])(
    '(RO4.4) is not %j',
    (value) => {
      expect(contextHeader.read(value)).toBeUndefined()
    },
  )
})

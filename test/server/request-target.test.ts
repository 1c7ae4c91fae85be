import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseRequestTarget } from '../../src/server/request-target.ts'

it.each([
  ['/', '/', ''],
  ['/sdk/poll?basis=a?b', '/sdk/poll', 'basis=a?b'],
  ['/sdk/poll?basis=//../%2e', '/sdk/poll', 'basis=//../%2e'],
  ['/sdk/flags/a%2Fb%20%C3%A9', '/sdk/flags/a%2Fb%20%C3%A9', ''],
  ['/sdk/flags/..a...', '/sdk/flags/..a...', ''],
  ['/sdk/flags/%252e%252e', '/sdk/flags/%252e%252e', ''],
  ['/healthz/', '/healthz/', ''],
  ['/%73tatus', '/%73tatus', ''],
  ['http://relay:8030/status?x', '/status', 'x'],
  ['HTTPS://relay', '/', ''],
  ['http://relay?x', '/', 'x'],
] as const)('(S192) %s is the path %s with the query %j', (target, path, query) => {
  expect(parseRequestTarget(target)).toEqual({ path, query })
})

it.each([
  '//',
  '//x/status',
  '/status//a',
  '/a/../status',
  '/./status',
  '/status/.',
  '/..',
  '/a/%2e%2e/status',
  '/a/.%2E/status',
  '/%2e/status',
  '/sdk/flags/%2e%2e',
  '/sdk/flags/a%2F..%2Fb',
  '/a\\..\\status',
  '/a%5c..%5Cstatus',
  '/sdk/flags/a%2F%2Fb',
  '/sdk/flags/%',
  '/sdk/flags/%zz',
  '/sdk/flags/%c3',
  '/sdk/flags/é',
  '/status#x',
  '/status?x#y',
  '',
  '*',
  '?',
  'relay:8030',
  'status',
  'ftp://relay/status',
  'http:///status',
  'http://relay//status',
  'http://relay/a/../status',
  'http://relay\\status',
  'http://user@relay/status',
  'http://relay%2f/status',
])('(S192) %j is refused', (target) => {
  expect(parseRequestTarget(target)).toBeUndefined()
})

const PIECES = [
  '/',
  '/',
  '/',
  '.',
  '..',
  '%2e',
  '%2E',
  '%2f',
  '%2F',
  '\\',
  '%5c',
  '%5C',
  '%',
  '%25',
  '?',
  '#',
  ';',
]
const NAMES = ['status', 'sdk', 'flags', 'a', '%73', '%c3%a9', '%ff', '%00', 'http://relay', 'é']
const target = fc
  .tuple(
    fc.constantFrom('/', '', 'http://relay', 'HTTP://relay/', '//'),
    fc.array(fc.constantFrom(...PIECES, ...NAMES), { maxLength: 8 }),
  )
  .map(([head, rest]) => head + rest.join(''))

/** Returns the path as a proxy such as nginx sees it, which decodes, resolves dot segments and merges slashes before it applies its rules. */
function normalised(target: string): string {
  const [path = ''] = target.replace(/^https?:\/\/[^/?#]+/i, '').split(/[?#]/)
  const kept: string[] = []
  for (const segment of decodeURIComponent(path).replaceAll('\\', '/').split('/')) {
    if (segment === '..') kept.pop()
    else if (segment !== '' && segment !== '.') kept.push(segment)
  }
  return `/${kept.join('/')}${path.length > 1 && path.endsWith('/') ? '/' : ''}`
}

it('(S192) an accepted path is the same for every proxy: as written, decoded and normalised, and as a URL', () => {
  let accepted = 0
  fc.assert(
    fc.property(target, (text) => {
      const parsed = parseRequestTarget(text)
      if (!parsed) return
      accepted++
      const { path, query } = parsed
      const asWritten = text.replace(/^https?:\/\/[^/?#]+/i, '')
      expect(asWritten === '' || asWritten.startsWith('?') ? `/${asWritten}` : asWritten).toBe(
        query === '' && !text.includes('?') ? path : `${path}?${query}`,
      )
      const url = URL.parse(text, 'http://relay')
      if (url) expect(url.pathname).toBe(path)
      expect(normalised(text).replace(/\/$/, '')).toBe(decodeURIComponent(path).replace(/\/$/, ''))
    }),
    { numRuns: 20_000 },
  )
  expect(accepted).toBeGreaterThan(1_000)
})

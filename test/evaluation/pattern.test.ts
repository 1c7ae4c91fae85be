import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compilePattern } from '../../src/evaluation/pattern.ts'
import { characterOfText, patternOfJavaScript } from './pattern-arbitrary.ts'

const long = 100_000

function refusal(pattern: string): string | undefined {
  const compiled = compilePattern(pattern)
  return compiled.type === 'refused' ? compiled.refusal.reason : undefined
}

/** Compiles a pattern that must not be refused. */
function matcher(pattern: string): (text: string) => boolean {
  const compiled = compilePattern(pattern)
  if (compiled.type === 'refused') throw new Error(compiled.refusal.reason)
  return compiled.matches
}

it('(S37) matches a pattern anywhere, unless it is anchored', () => {
  expect(matcher('b')('abc')).toBe(true)
  expect(matcher('^b')('abc')).toBe(false)
  expect(matcher('b$')('abc')).toBe(false)
  expect(matcher('c$')('abc\n')).toBe(false)
  expect(matcher('')('')).toBe(true)
})

it('matches patterns as JavaScript does', () => {
  const pattern = patternOfJavaScript.filter((source) => refusal(source) === undefined)
  fc.assert(
    fc.property(pattern, fc.array(fc.string({ unit: characterOfText, maxLength: 6 })), (source, texts) => {
      const matches = matcher(source)
      expect(texts.filter(matches)).toEqual(texts.filter((text) => new RegExp(source).test(text)))
    }),
    { numRuns: 5_000 },
  )
})

it.each([
  '.',
  '[.]',
  '\\s',
  '\\S',
  '[^\\s]',
  '[^\\S]',
  '\\w',
  '\\W',
  '\\d',
  '[\\D]',
  '[^]',
  '[]',
  '[\\u2000-\\uffff]',
  '[^\\udbff-\\udc00]',
])('%s means the same code units as in JavaScript', (set) => {
  const units = Array.from({ length: 0x10000 }, (_, unit) => String.fromCharCode(unit))
  const ours = matcher(`^${set}$`)
  const theirs = new RegExp(`^${set}$`)
  expect(units.filter((unit) => ours(unit) !== theirs.test(unit))).toEqual([])
})

it.each<[pattern: string, text: string, matches: boolean]>([
  ['(a+)+$', `${'a'.repeat(long)}!`, false],
  ['(.*)*x', 'a'.repeat(long), false],
  ['(.*)*x$', `x${'a'.repeat(long)}`, false],
  ['^(a|a)*$', `${'a'.repeat(long)}b`, false],
  ['^(\\w+\\s?)*$', `${'a'.repeat(long)}!`, false],
  ['.*.*.*.*.*=$', `=${'a'.repeat(long)}`, false],
  ['(a?){100}a{100}$', `${'a'.repeat(long)}!`, false],
  ['(?:a|b)*a(?:a|b){30}x$', `x${'aab'.repeat(long / 3)}`, false],
  ['([a-z]+)*\\d$', `${'a'.repeat(long)}1`, true],
  ['^(?!(a+)+$)', `${'a'.repeat(long)}!`, true],
])('ends for %s', (pattern, text, matches) => {
  expect(matcher(pattern)(text)).toBe(matches)
})

it('does not match a text that is too long for the size of the pattern', () => {
  const matches = matcher('[ab]{1000}$')
  expect(matches('ab'.repeat(5_000))).toBe(true)
  expect(matches('ab'.repeat(50_000))).toBe(false)
})

describe('lookaheads', () => {
  it.each<[pattern: string, matching: string[], others: string[]]>([
    ['^(?!admin)', ['user', ' admin', ''], ['admin', 'administrator']],
    ['^(?!.*@example\\.com$).*@', ['a@b.c', 'a@example.com.au'], ['a@example.com', 'a']],
    ['^(?=.*\\d)(?=.*[a-z]|x)(?!.* ).{3,}$', ['abc1'], ['abcd', '1234', 'a1', 'ab 1']],
    ['^(?!a|b)(c|d)', ['c', 'd'], ['a', 'ac', 'xc']],
  ])('%s right after ^ are separate conditions', (pattern, matching, others) => {
    expect(refusal(pattern)).toBeUndefined()
    expect(matching.filter(matcher(pattern))).toEqual(matching)
    expect(others.filter(matcher(pattern))).toEqual([])
  })
})

describe('a refused pattern has a reason', () => {
  it.each<[pattern: string, reason: RegExp]>([
    ['(', /^unterminated group/i],
    ['a**', /nothing to repeat/i],
    ['(?P<name>a)', /invalid group/i],
    ['a(?=b)', /lookahead/],
    ['(?!b)a', /lookahead/],
    ['^a(?!b)', /lookahead/],
    ['^(?!b)a|a', /lookahead/],
    ['^(?:(?!b)a)', /lookahead/],
    ['(^(?!b)a|a)', /lookahead/],
    ['^(?=a)*a', /lookahead/],
    ['(?<=a)b', /\(\?<=/],
    ['(?<!b)a', /\(\?<!/],
    ['(a)\\1', /back-reference/],
    ['(?<n>a)\\k<n>', /back-reference/],
    ['[\\101]', /octal/],
    ['\\c', /\\c/],
    ['a{0,1001}', /1000/],
    ['(a{1000}){1000}', /repetitions/],
    ['((a?){1000}b?){2}', /repeat/],
    ['a'.repeat(20_001), /longer than/],
  ])('%s', (pattern, reason) => {
    expect(refusal(pattern)).toMatch(reason)
  })

  it('but an accepted pattern does not', () => {
    for (const pattern of [
      '',
      'a',
      '^.*@example\\.com$',
      '^[\\w.+-]{1,1000}@[a-z.]{1,1000}$',
      '(?<name>\\d+)-',
      '('.repeat(500) + ')'.repeat(500),
    ]) {
      expect(refusal(pattern)).toBeUndefined()
    }
  })
})

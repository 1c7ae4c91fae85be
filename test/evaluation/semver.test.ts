import { describe, expect, it } from 'vitest'
import { compareVersions, parseVersion, type Version } from '../../src/evaluation/semver.ts'

const longest = '1'.padEnd(252, '-')

it.each<[text: string, version: string]>([
  ['1.2.3', '1 2 3'],
  ['0', '0 0 0'],
  ['2.5', '2 5 0'],
  ['2.5-beta', '2 5 0 beta'],
  ['2-0', '2 0 0 0'],
  ['2+build.01', '2 0 0'],
  ['2.0.1-beta.1-x.0a+build', '2 0 1 beta 1-x 0a'],
  ['1.2.3--', '1 2 3 -'],
  ['9007199254740991.0.0', '9007199254740991 0 0'],
  ['1.2 ', '1 2 0'],
  [' 1.2.3\n', '1 2 3'],
  // Only after white space, as in the official SDK.
  [' v1.2.3', '1 2 3'],
  [longest, `1 0 0 ${longest.slice(2)}`],
])('%j is a version', (text, version) => {
  const { major, minor, patch, prerelease } = parseVersion(text) as Version
  expect([major, minor, patch, ...prerelease].join(' ')).toBe(version)
})

const others = [
  'v1.2.3 V1.2.3 =1.2.3 1. .1 1..2 1.2. 1.2.3.4 1.2.3. x 1.x 1e3 01 1.02.3 1.2.00 -1 +1 ١',
  '1.2.3- 1.2.3+ 1.2.3-01 1.2.3-a..b 1.2.3-a+ 1.2.3-é 1.2.3+a+b 1.2.3_a',
  `9007199254740992 1.0.99999999999999999999 ${longest}- ${'1'.repeat(300)}`,
].flatMap((line) => line.split(' '))

it.each<unknown>([
  ...others,
  '',
  ' ',
  ' v1',
  ' 1.2',
  '1.2.3 -a',
  1,
  1.2,
  null,
  undefined,
  true,
  {},
  ['1.2.3'],
])('%j is no version', (text) => {
  expect(parseVersion(text)).toBeUndefined()
})

describe('the order of versions', () => {
  it('is that of semver.org', () => {
    const ascending = [
      '0.0.1 0.1 1.0.0-0 1.0.0-2 1.0.0-10 1.0.0-- 1.0.0-10a 1.0.0-B 1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.1.0',
      '1.0.0-alpha.beta 1.0.0-beta 1 1.0.1 1.9 1.10 10',
    ].flatMap((line) => line.split(' ').map((text) => parseVersion(text) as Version))
    for (const [i, a] of ascending.entries()) {
      for (const [j, b] of ascending.entries()) {
        expect(Math.sign(compareVersions(a, b)), `${i} and ${j}`).toBe(Math.sign(i - j))
      }
    }
  })

  it('ignores build metadata', () => {
    expect(compareVersions(parseVersion('1.0.0+a') as Version, parseVersion('1+b') as Version)).toBe(0)
  })
})

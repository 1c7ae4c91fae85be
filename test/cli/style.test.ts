import { expect, it } from 'vitest'
import { styleOf } from '../../src/cli/style.ts'

const styled = (isTerminal: boolean, env: NodeJS.ProcessEnv): string => styleOf({ isTerminal, env }).red('no')

it('(WA1.1) has colours on a terminal and none in a pipe', () => {
  expect(styled(true, {})).toBe('\u001b[31mno\u001b[39m')
  expect(styled(false, {})).toBe('no')
})

it('(WA1.2) NO_COLOR and TERM=dumb turn colours off', () => {
  expect(styled(true, { NO_COLOR: '1' })).toBe('no')
  expect(styled(true, { NO_COLOR: '' })).toContain('\u001b')
  expect(styled(true, { TERM: 'dumb' })).toBe('no')
})

it('(WA1.3) FORCE_COLOR turns colours on in a pipe, or off with 0 or false, and precedes NO_COLOR', () => {
  expect(styled(false, { FORCE_COLOR: '1', NO_COLOR: '1' })).toContain('\u001b')
  expect(styled(false, { FORCE_COLOR: '' })).toBe('no')
  for (const FORCE_COLOR of ['0', 'false']) expect(styled(true, { FORCE_COLOR })).toBe('no')
})

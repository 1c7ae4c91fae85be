import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, inject, it } from 'vitest'

it('the installed package has its command', () => {
  const main = join(inject('installed'), 'node_modules/.bin/halyard')
  expect(execFileSync(main, ['--help'], { encoding: 'utf8' })).toContain('halyard COMMAND')
})

import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { nodeVersionProblem } from '../../src/config/node-version.ts'

it('(S133) reports the minimum version and the actual one', () => {
  expect(nodeVersionProblem({ node: '20.20.2' })).toBe(
    'halyard needs Node.js 22.19 or newer, and this is Node.js 20.20.2',
  )
  expect(nodeVersionProblem({ node: '22.18.0' })).toMatch(/22\.19 or newer/)
  for (const node of ['22.19.0', '22.23.3', '24.0.0', '26.10.0']) {
    expect(nodeVersionProblem({ node })).toBeUndefined()
  }
})

it('(S133) accepts other runtimes with any version of Node.js', () => {
  expect(nodeVersionProblem({ node: '20.0.0', bun: '1.3.0' })).toBeUndefined()
  expect(nodeVersionProblem({ node: '20.0.0', deno: '2.0.0' })).toBeUndefined()
})

it('(S133) is the minimum of package.json', () => {
  const { engines } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    readonly engines: { readonly node: string }
  }
  const [, version = ''] = /^>=(\d+\.\d+)\.0$/.exec(engines.node) ?? []
  expect(nodeVersionProblem({ node: '0.0.0' })).toContain(`Node.js ${version} or newer`)
})

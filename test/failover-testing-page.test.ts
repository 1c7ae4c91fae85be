import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Installation, installPackage } from './support/installation.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '..')
const modules = join(root, 'node_modules')
const page = readFileSync(join(root, 'docs/failover-testing.md'), 'utf8')

/** The code blocks of the page that are files, by the name in their first line. */
const files = [...page.matchAll(/```ts\n\/\/ (\S+)\n([\s\S]*?)```/g)].map((match) => ({
  name: match[1] ?? '',
  text: match[2] ?? '',
}))

let installation: Installation

beforeAll(() => {
  installation = installPackage(['vitest', 'msw', '@mswjs/interceptors', '@types/node'])
  for (const { name, text } of files) writeFileSync(join(installation.directory, name), text)
})

afterAll(() => installation.remove())

/** Runs a program of this tree for the application; rejects with its output if it fails. */
async function node([program = '', ...args]: readonly string[]): Promise<void> {
  const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, VITEST: undefined }
  try {
    await run(process.execPath, [join(modules, program), ...args], { cwd: installation.directory, env })
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { readonly stdout?: string; readonly stderr?: string }
    throw new Error(`${program} failed:\n${stdout}\n${stderr}`, { cause: error })
  }
}

it('has an application and its tests on the page', () => {
  expect(files.map(({ name }) => name)).toEqual([
    'shop.ts',
    'shop.test.ts',
    'test-data.test.ts',
    'events.test.ts',
    'five-minutes.test.ts',
  ])
  expect(page.match(/```ts/g)).toHaveLength(files.length)
})

it('passes the tests of the page', async () => {
  const report = join(installation.directory, 'report.json')
  await node(['vitest/vitest.mjs', 'run', '--reporter', 'json', '--outputFile', report])
  const { success, numPassedTests } = JSON.parse(readFileSync(report, 'utf8')) as {
    readonly success: boolean
    readonly numPassedTests: number
  }
  expect(success).toBe(true)
  expect(numPassedTests).toBe([...page.matchAll(/^it\(/gm)].length)
})

it('compiles the code of the page', async () => {
  const compilerOptions = {
    target: 'es2024',
    module: 'nodenext',
    types: ['node'],
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
  }
  writeFileSync(join(installation.directory, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
  await node(['typescript/bin/tsc', '-p', installation.directory])
})

it('halyard/testing works where neither msw nor vitest is installed', async () => {
  const script =
    "const { scriptedOrigin } = await import('halyard/testing'); console.log(scriptedOrigin().url)"
  const args = ['--input-type=module', '--eval', script]
  const { stdout } = await run(process.execPath, args, { cwd: installation.directory })
  expect(stdout).toBe('http://flags.test\n')
})

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startDevServer } from '../../src/cli/dev.ts'
import { endWithTest } from '../support/child.ts'
import { type Installation, installPackage } from '../support/installation.ts'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/bridge.md'), 'utf8')
const example = page.match(/```ts\n\/\/ app\.ts\n([\s\S]*?)```/)?.[1] ?? ''
let installation: Installation

beforeAll(() => {
  installation = installPackage(['@launchdarkly/node-server-sdk', '@types/node'])
  // The SDK is a peer dependency, so Halyard uses the application's copy.
  const peers = join(installation.directory, '../node_modules/@launchdarkly')
  symlinkSync(join(installation.directory, 'node_modules/@launchdarkly'), peers)
  writeFileSync(join(installation.directory, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(installation.directory, 'app.ts'), example)
})

afterAll(() => installation.remove())

it('the example of the page runs as printed, follows the flag file, and exits on a signal', async () => {
  const file = join(installation.directory, 'flags.yaml')
  cpSync(join(root, 'fixtures/environments/tiny.yaml'), file)
  const silent = { info() {}, warn() {}, error() {} }
  const server = await startDevServer({ files: [file], port: 0, logger: silent, fileIntervalMs: 100 })
  const child = endWithTest(
    spawn(process.execPath, ['app.ts'], {
      cwd: installation.directory,
      env: { ...process.env, FLAGS_URL: server.url, PORT: '0' },
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  )
  const exited = once(child, 'exit')
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const seen = async (text: string): Promise<void> => {
    while (!output.includes(text)) await once(child.stdout, 'data')
  }
  await seen('at first: Ahoy')
  await seen('valid, by streaming')
  writeFileSync(file, readFileSync(file, 'utf8').replace('greeting: Ahoy', 'greeting: Hello'))
  await seen('now: Hello')
  child.kill('SIGTERM')
  expect(await exited).toEqual([0, null])
  await server.close()
})

it('the code of the page compiles', () => {
  const compilerOptions = {
    target: 'es2024',
    module: 'nodenext',
    types: ['node'],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
  }
  writeFileSync(join(installation.directory, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  execFileSync(process.execPath, [tsc, '-p', installation.directory], { stdio: 'inherit' })
})

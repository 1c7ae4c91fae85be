import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startDevServer } from '../../src/cli/dev.ts'
import { endWithTest } from '../support/child.ts'
import { type Installation, installPackage } from '../support/installation.ts'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/openfeature.md'), 'utf8')
const [application = '', ...calls] = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1])
let installation: Installation

beforeAll(() => {
  installation = installPackage(['@types/node'])
  // Installed beside the package, where both the application and the package find the peer.
  const peers = join(installation.directory, '../node_modules/@openfeature')
  symlinkSync(join(root, 'node_modules/@openfeature'), peers)
  writeFileSync(join(installation.directory, 'app.mts'), application)
})

afterAll(() => installation.remove())

it('(S60, S63) the example of the page runs as printed, with the output of the page', async () => {
  const file = join(installation.directory, 'flags.yaml')
  cpSync(join(root, 'fixtures/environments/tiny.yaml'), file)
  const silent = { info() {}, warn() {}, error() {} }
  const server = await startDevServer({ files: [file], port: 0, logger: silent, fileIntervalMs: 100 })
  const child = endWithTest(
    spawn(process.execPath, ['app.mts'], {
      cwd: installation.directory,
      env: { ...process.env, FLAGS_URL: server.url, PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  )
  const over = new AbortController()
  const exited = once(child, 'exit').finally(() => over.abort())
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const seen = async (text: string): Promise<void> => {
    while (!output.includes(text)) await once(child.stdout, 'data', over)
  }
  await seen('ready\n')
  writeFileSync(file, readFileSync(file, 'utf8').replace('greeting: Ahoy', 'greeting: Hello'))
  await seen('changed: greeting\n')
  await server.close()
  await seen('stale, ')
  child.kill('SIGTERM')
  expect(await exited).toEqual([0, null])
})

it('the code of the page compiles', async () => {
  const { directory } = installation
  const compilerOptions = {
    target: 'es2024',
    module: 'nodenext',
    types: ['node'],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
  }
  writeFileSync(join(directory, 'app.mts'), [application, ...calls.map((call) => `{\n${call}}`)].join('\n'))
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const { stdout } = await promisify(execFile)(process.execPath, [tsc, '-p', directory])
  expect(stdout).toBe('')
})

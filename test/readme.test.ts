import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startDevServer } from '../src/cli/dev-server.ts'
import { type Installation, installPackage } from './support/installation.ts'

const root = join(import.meta.dirname, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
let installation: Installation

beforeAll(() => {
  installation = installPackage()
}, 60_000)

afterAll(() => installation.remove())

it('the example of the README runs as printed, against the server the README starts', async () => {
  const example = readme.match(/```ts\n(import \{ createServer \}[\s\S]*?)```/)?.[1]
  const file = join(installation.directory, 'flags.yaml')
  cpSync(join(root, 'fixtures/environments/tiny.yaml'), file)
  writeFileSync(join(installation.directory, 'app.mts'), example ?? '')
  const silent = { info() {}, error() {} }
  const server = await startDevServer({ path: file, port: 0, logger: silent, pollIntervalMs: 20 })
  const child = spawn(process.execPath, ['app.mts'], {
    cwd: installation.directory,
    env: { ...process.env, FLAGS_URL: server.url, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const seen = async (text: string): Promise<void> => {
    while (!output.includes(text)) await once(child.stdout, 'data')
  }
  await seen('valid, by polling initializer')
  await seen('valid, by streaming')
  writeFileSync(file, readFileSync(file, 'utf8').replace('greeting: Ahoy', 'greeting: Hello'))
  await seen('changed: greeting')
  expect(output).toContain('variations: [ true ]')
  child.kill()
  await exited
  await server.close()
})

it('the commands of the README exist', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object }
  const named = [...readme.matchAll(/npm (?:run )?(demo|test|bench|halyard)\b/g)].map((match) => match[1])
  expect(new Set(named)).toEqual(new Set(['demo', 'test', 'bench', 'halyard']))
  for (const name of named) expect(scripts).toHaveProperty(String(name))
})

it('the runtime is the one the package asks for, whatever the machine has', () => {
  expect(Number(process.versions.node.split('.')[0])).toBeGreaterThanOrEqual(22)
})

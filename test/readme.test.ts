import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startDevServer } from '../src/cli/dev-server.ts'

const root = join(import.meta.dirname, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
let application: string

/** An application with the package installed as it is published: built, and nothing of this tree in reach. */
beforeAll(() => {
  application = mkdtempSync(join(tmpdir(), 'halyard-readme-'))
  const installed = join(application, 'node_modules', 'halyard')
  mkdirSync(installed, { recursive: true })
  cpSync(join(root, 'package.json'), join(installed, 'package.json'))
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  execFileSync(process.execPath, [
    tsc,
    '-p',
    join(root, 'tsconfig.build.json'),
    '--outDir',
    join(installed, 'dist'),
  ])
  for (const name of ['undici', 'eventsource-parser', 'zod', 'yaml']) {
    symlinkSync(join(root, 'node_modules', name), join(application, 'node_modules', name))
  }
}, 60_000)

afterAll(() => rmSync(application, { recursive: true, force: true }))

it('the example of the README runs as printed, against the server the README starts', async () => {
  const example = readme.match(/```ts\n(import \{ createServer \}[\s\S]*?)```/)?.[1]
  const file = join(application, 'flags.yaml')
  cpSync(join(root, 'fixtures/environments/tiny.yaml'), file)
  writeFileSync(join(application, 'app.mts'), example ?? '')
  const silent = { info() {}, error() {} }
  const server = await startDevServer({ path: file, port: 0, logger: silent, pollIntervalMs: 20 })
  const child = spawn(process.execPath, ['app.mts'], {
    cwd: application,
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

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { createApplication } from './support/application.ts'
import { run } from './support/runtime.ts'
import { FLAG, type Service, startService, USER } from './support/service.ts'

/** The package in tests of Jest without flags. Applications in CommonJS are in examples-*.deploy.ts. */
const JEST = `
const { writeFileSync } = require('node:fs')
const { name, exports: entries } = require('halyard/package.json')
const { createClient, presets, HalyardError } = require('halyard')
const user = ${JSON.stringify(USER)}
const logger = { debug() {}, info() {}, warn() {}, error() {} }

test.each(Object.keys(entries))('loads %s', (entry) => {
  expect(require(name + entry.slice(1))).toBeTruthy()
})

const custom = (path) => presets.custom({ initializers: [], synchronizers: [{ type: 'file', paths: [path] }] })
test.each([
  ['polling', presets.pollingOnly()],
  ['streaming', presets.streaming()],
  ['JSON', custom(process.env.FLAGS_FILE + '.json')],
  ['YAML', custom(process.env.FLAGS_FILE + '.yml')],
])('evaluates a flag, %s', async (_, dataSystem) => {
  const { URL_OF_SERVICE: url } = process.env
  const client = createClient('sdk-key', { dataSystem, endpoints: { polling: url, streaming: url }, logger })
  await client.waitForInitialization({ timeoutMs: 60_000 })
  expect(await client.variation('direct', user, 'fallback')).toBe('on')
  await client.close()
}, 90_000)

test('has one copy of a class in all entries', async () => {
  const { startRelay } = require('halyard/relay')
  await expect(startRelay({ port: 'none' })).rejects.toBeInstanceOf(HalyardError)
})

test('loads the optional packages', async () => {
  const { redisStore } = require('halyard/redis')
  const dataSystem = presets.daemon(redisStore({ url: 'redis://127.0.0.1:1', prefix: 'test' }))
  const errors = []
  const listener = { ...logger, warn: (text) => errors.push(text), error: (text) => errors.push(text) }
  const client = createClient('sdk-key', { dataSystem, logger: listener })
  await client.waitForInitialization({ timeoutMs: 100 }).catch(() => {})
  await client.close()
  expect(errors.join()).not.toContain('npm install')
}, 90_000)
`

let home: string
let application: string
let service: Service

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'halyard-jest-'))
  const peers = ['ioredis', '@launchdarkly/node-server-sdk', '@openfeature/core', '@openfeature/server-sdk']
  const packages = ['jest', ...peers]
  application = createApplication({ tarball: inject('tarball'), parent: home, packages })
  service = await startService()
})
afterAll(() => {
  service.close()
  rmSync(home, { recursive: true, force: true })
})

/** Makes a CommonJS package inside the application, which finds the packages of the application. */
function commonJs(name: string, files: Readonly<Record<string, string>>): string {
  const folder = join(application, name)
  mkdirSync(folder)
  for (const [file, text] of Object.entries({ 'package.json': '{}', ...files }))
    writeFileSync(join(folder, file), text)
  return folder
}

it('(S240.3) plain Jest loads every entry, polls, streams and reads files', async () => {
  const flags = JSON.stringify({ flags: { direct: FLAG } })
  const cwd = commonJs('jest', { 'halyard.test.js': JEST, 'flags.json': flags, 'flags.yml': flags })
  const env = { URL_OF_SERVICE: service.url, FLAGS_FILE: join(cwd, 'flags') }
  const { code, err } = await run(join(application, 'node_modules/.bin/jest'), ['--ci', '--rootDir', cwd], {
    cwd,
    env,
  })
  expect({ code, err }).toEqual({ code: 0, err: expect.stringMatching(/^Tests: +(\d+) passed, \1 total$/m) })
})

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { createApplication, installedFile } from './support/application.ts'
import { run } from './support/runtime.ts'
import { FLAG, type Service, startService, USER } from './support/service.ts'

/** The package in applications that are CommonJS: tests of Jest without flags, and NestJS compiled with `module: commonjs`. */
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

const NEST = `
import 'reflect-metadata'
import { Inject, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { createClient, type FlagClient, presets } from 'halyard'

const CLIENT = Symbol('client')

@Injectable()
class Flags implements OnApplicationShutdown {
  constructor(@Inject(CLIENT) private readonly client: FlagClient) {}
  async read(): Promise<unknown> {
    await this.client.waitForInitialization({ timeoutMs: 60_000 })
    return this.client.variation('direct', ${JSON.stringify(USER)}, 'fallback')
  }
  onApplicationShutdown = (): Promise<void> => this.client.close()
}

const url = process.argv[2]!
const logger = { debug() {}, info() {}, warn() {}, error() {} }
const useFactory = (): FlagClient =>
  createClient('sdk-key', { dataSystem: presets.pollingOnly(), endpoints: { polling: url }, logger })

@Module({ providers: [{ provide: CLIENT, useFactory }, Flags] })
class App {}

async function main(): Promise<void> {
  const application = await NestFactory.createApplicationContext(App, { logger: false })
  console.log(await application.get(Flags).read())
  await application.close()
}
main()
`
const NEST_OPTIONS = {
  module: 'commonjs',
  moduleResolution: 'node10',
  target: 'es2022',
  types: ['node'],
  strict: true,
  esModuleInterop: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
}

let home: string
let application: string
let service: Service

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'halyard-jest-'))
  const nest = ['@nestjs/common', '@nestjs/core', 'reflect-metadata', 'rxjs']
  const peers = ['ioredis', '@launchdarkly/node-server-sdk', '@openfeature/core', '@openfeature/server-sdk']
  const packages = ['jest', '@types/node', ...nest, ...peers]
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
  expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining('15 passed') })
})

it('(S240.1) a program of NestJS, compiled with module commonjs, polls', async () => {
  const tsconfig = JSON.stringify({ compilerOptions: NEST_OPTIONS })
  const cwd = commonJs('nest', { 'main.ts': NEST, 'tsconfig.json': tsconfig })
  const compiled = await run(process.execPath, [installedFile('typescript-5.9/bin/tsc'), '-p', cwd], { cwd })
  expect(compiled).toEqual({ code: 0, out: '', err: '' })
  expect(await run(process.execPath, ['main.js', service.url], { cwd })).toEqual({
    code: 0,
    out: 'on',
    err: '',
  })
})

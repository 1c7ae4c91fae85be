import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { createApplication, installedFile } from './support/application.ts'
import { type Ended, run } from './support/runtime.ts'

/** Compiles programs against the declarations of the packed package, as TypeScript's versions and resolutions see them. */
const CORE = `
import { ClosedError, type Context, createClient, type FlagClient, HalyardError, presets } from 'halyard'
const context: Context = { kind: 'user', key: 'bob' }
export const client: FlagClient = createClient('sdk-key', { dataSystem: presets.default() })
export const value: Promise<boolean> = client.boolVariation('direct', context, false)
export const isOurs = (error: unknown): boolean => error instanceof HalyardError || error instanceof ClosedError
// @ts-expect-error the key of a flag is a text
client.boolVariation(1, context, false)
`
const ENTRIES = `${CORE}
import { consulStore } from 'halyard/consul'
import { dynamodbStore } from 'halyard/dynamodb'
import { halyard } from 'halyard/launchdarkly'
import { HalyardProvider } from 'halyard/openfeature'
import { redisStore } from 'halyard/redis'
import { startRelay } from 'halyard/relay'
import { DEFAULT_TIMINGS } from 'halyard/testing'
createClient('sdk-key', { dataSystem: presets.persistentStore(redisStore({ url: 'redis://127.0.0.1' })) })
export const all = [consulStore, dynamodbStore, halyard, HalyardProvider, startRelay, DEFAULT_TIMINGS]
`
const COMPILERS: readonly string[] = ['5.4', '5.9', '7']
const OLDER: readonly string[] = ['5.4', '5.9']
const SETTINGS = [
  { module: 'commonjs', moduleResolution: 'node10', compilers: OLDER, forms: ['ts'] },
  { module: 'commonjs', moduleResolution: 'bundler', compilers: ['7'], forms: ['ts'] },
  { module: 'node16', moduleResolution: 'node16', compilers: COMPILERS, forms: ['cts', 'mts'] },
  { module: 'nodenext', moduleResolution: 'nodenext', compilers: COMPILERS, forms: ['cts', 'mts'] },
  { module: 'esnext', moduleResolution: 'bundler', compilers: COMPILERS, forms: ['ts'] },
]
interface Setting {
  readonly version: string
  readonly module: string
  readonly moduleResolution: string
  readonly forms: readonly string[]
}
const CASES: readonly Setting[] = COMPILERS.flatMap((version) =>
  SETTINGS.filter(({ compilers }) => compilers.includes(version)).map((setting) => ({ ...setting, version })),
)

/** The packages that the declarations of one entry or another import. */
const PEERS = [
  'ioredis',
  '@aws-sdk/client-dynamodb',
  '@launchdarkly/node-server-sdk',
  '@openfeature/core',
  '@openfeature/server-sdk',
]

let home: string
let withPeers: string
let withoutPeers: string

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'halyard-types-'))
  const common = { tarball: inject('tarball'), parent: home }
  withPeers = createApplication({ ...common, packages: ['@types/node', ...PEERS] })
  withoutPeers = createApplication({ ...common, packages: ['@types/node'] })
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

const compile = async (application: string, source: string, setting: Setting): Promise<Ended> => {
  const folder = mkdtempSync(join(application, 'types-'))
  const { version, module, moduleResolution, forms } = setting
  for (const form of forms) writeFileSync(join(folder, `program.${form}`), source)
  const compilerOptions = {
    module,
    moduleResolution,
    target: 'es2022',
    // The declarations of other packages use names of the DOM.
    lib: ['es2022', 'esnext.disposable', 'dom'],
    types: ['node'],
    strict: true,
    skipLibCheck: false,
    noEmit: true,
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
  const compiler = installedFile(`typescript-${version}/bin/tsc`)
  return run(process.execPath, [compiler, '-p', folder], { cwd: folder })
}
const CLEAN: Ended = { code: 0, out: '', err: '' }

it.each(CASES)('(S240.5) TypeScript $version, $module with $moduleResolution', async (setting) => {
  expect(await compile(withPeers, ENTRIES, setting)).toEqual(CLEAN)
})

it.each(COMPILERS)('(S240.6) TypeScript %s without the optional packages', async (version) => {
  const forms = ['cts', 'mts'] as const
  const setting = { version, module: 'nodenext', moduleResolution: 'nodenext', forms }
  expect(await compile(withoutPeers, CORE, setting)).toEqual(CLEAN)
})

it('(S240.5) the declarations keep the documentation', () => {
  const folder = join(withPeers, 'node_modules/halyard/dist/chunks')
  const files = readdirSync(folder).filter((name) => name.endsWith('.d.cts'))
  const text = files.map((name) => readFileSync(join(folder, name), 'utf8')).join('')
  expect(text).toContain('Creates a client with a data system of its own')
})

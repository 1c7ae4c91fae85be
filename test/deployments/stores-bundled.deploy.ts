import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { type Dynalite, SECRETS, startDynalite } from '../support/dynalite.ts'
import { describeWithRedis, type RedisServer, startRedis } from '../support/redis-server.ts'
import { createApplication } from './support/application.ts'
import { run } from './support/runtime.ts'
import { type Service, startService, USER } from './support/service.ts'

/** Programs with stores, bundled by esbuild and webpack and executed in a folder outside the project, without node_modules. */
const STORES = {
  'redis-url': `import { redisStore } from 'halyard/redis'
const open = ({ redis }) => redisStore({ url: redis, prefix: name })`,
  'redis-client': `import { Redis } from 'ioredis'
import { redisStore } from 'halyard/redis'
let client
const open = ({ redis }) => redisStore({ client: client ??= new Redis(redis), prefix: name })
const end = () => client.disconnect()`,
  'dynamodb-options': `import { dynamodbStore } from 'halyard/dynamodb'
const open = ({ clientOptions }) => dynamodbStore({ tableName: 'flags', prefix: name, clientOptions })`,
  'dynamodb-client': `import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { dynamodbStore } from 'halyard/dynamodb'
let client
const open = ({ clientOptions }) =>
  dynamodbStore({ tableName: 'flags', prefix: name, client: client ??= new DynamoDBClient(clientOptions) })
const end = () => client.destroy()`,
} as const
const NAMES = Object.keys(STORES)

/** Writes flags to the store with one client, and evaluates them from it with another. Prints errors instead where there are any. */
const programOf = (store: string): string => `
import { createClient, presets } from 'halyard'
${store}
const [name, text] = process.argv.slice(2)
const places = JSON.parse(text)
const logger = { debug() {}, info() {}, warn() {}, error: (line) => { console.log(line); process.exit(1) } }
async function main() {
  for (const use of [presets.persistentStore, presets.daemon]) {
    const dataSystem = use(open(places))
    const client = createClient('sdk-key', { dataSystem, logger, endpoints: { polling: places.service, streaming: places.service } })
    await client.waitForInitialization({ timeoutMs: 60_000 })
    const { value, reason } = await client.variationDetail('direct', ${JSON.stringify(USER)}, 'fallback')
    while (use === presets.persistentStore && client.storeStatus.current.state !== 'available') await new Promise((r) => setTimeout(r, 20))
    console.log(value, reason.kind)
    await client.close()
  }
  ${store.includes('const end') ? 'end()' : ''}
}
main()
`

const PEERS = ['ioredis', '@aws-sdk/client-dynamodb']
/** As docs/stores.md gives it. */
const BANNER =
  "--banner:js=import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"

const BUNDLES = {
  'esbuild, cjs': ['cjs', '--format=cjs', '--out-extension:.js=.cjs'],
  'esbuild, esm': ['mjs', '--format=esm', '--out-extension:.js=.mjs', BANNER],
  'esbuild, esm without the banner': ['mjs', '--format=esm', '--out-extension:.js=.mjs'],
  'esbuild, cjs, packages external': ['cjs', '--format=cjs', '--out-extension:.js=.cjs', ...external()],
  'esbuild, esm, packages external': ['mjs', '--format=esm', '--out-extension:.js=.mjs', ...external()],
} as const

function external(): readonly string[] {
  return PEERS.map((name) => `--external:${name}`)
}

/** Configurations of webpack: with the packages, and with the packages as externals. */
const WEBPACK = `
import webpack from 'webpack'
const [home, ...names] = process.argv.slice(2)
const common = { target: 'node', mode: 'production', optimization: { minimize: false }, entry: Object.fromEntries(names.map((name) => [name, './' + name + '.js'])) }
const externals = Object.fromEntries(${JSON.stringify(PEERS)}.map((name) => [name, 'commonjs ' + name]))
const output = (folder) => ({ path: home + '/' + folder, filename: '[name].cjs', library: { type: 'commonjs2' } })
webpack([
  { ...common, output: output('webpack') },
  { ...common, entry: { 'redis-url': './redis-url.js', 'dynamodb-options': './dynamodb-options.js' }, externals, output: output('webpack, packages external') },
], (error, stats) => {
  if (error || stats.hasErrors()) {
    console.error(error ?? stats.toString())
    process.exit(1)
  }
})
`

let home: string
let dynalite: Dynalite | undefined
let service: Service | undefined

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'halyard-stores-bundled-'))
  const packages = ['esbuild', 'webpack', ...PEERS]
  const cwd = createApplication({ tarball: inject('tarball'), parent: home, packages })
  for (const name of NAMES)
    writeFileSync(join(cwd, `${name}.js`), programOf(STORES[name as keyof typeof STORES]))
  for (const [name, [, ...flags]] of Object.entries(BUNDLES)) {
    mkdirSync(join(home, name))
    const out = ['--bundle', '--platform=node', '--log-level=error', `--outdir=${join(home, name)}`]
    // For a package that is missing, one program for each package shows it.
    const needed = ['esbuild, cjs', 'esbuild, esm'].includes(name) ? NAMES : ['redis-url', 'dynamodb-options']
    const files = needed.map((each) => `${each}.js`)
    execFileSync(join(cwd, 'node_modules/.bin/esbuild'), [...files, ...out, ...flags], { cwd })
  }
  writeFileSync(join(cwd, 'webpack.js'), WEBPACK)
  execFileSync(process.execPath, ['webpack.js', home, ...NAMES], { cwd, stdio: 'pipe' })
  rmSync(cwd, { recursive: true })
  dynalite = await startDynalite()
  await dynalite.createTable('flags')
  service = await startService()
})

afterAll(async () => {
  service?.close()
  await dynalite?.close()
  rmSync(home, { recursive: true, force: true })
})

describeWithRedis('bundles with stores', () => {
  let redis: RedisServer
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis.stop())

  const execute = (bundle: string, name: string) => {
    const [extension] = BUNDLES[bundle as keyof typeof BUNDLES] ?? ['cjs']
    const endpoint = dynalite?.clientOptions.endpoint
    const clientOptions = { endpoint, region: 'eu-west-1', credentials: SECRETS }
    const places = JSON.stringify({ redis: redis.url, service: service?.url, clientOptions })
    return run(
      process.execPath,
      [`${name}.${extension}`, `${bundle} ${name}`.replaceAll(/[ ,]/g, '-'), places],
      {
        cwd: join(home, bundle),
      },
    )
  }

  describe.each(['esbuild, cjs', 'esbuild, esm', 'webpack'])('%s', (bundle) => {
    it.each(NAMES)('(S132) writes to a store and evaluates from it: %s', async (name) => {
      const ended = await execute(bundle, name)
      expect(ended).toMatchObject({ code: 0, out: 'on RULE_MATCH\non RULE_MATCH' })
    })
  })

  describe.each([
    'esbuild, cjs, packages external',
    'esbuild, esm, packages external',
    'webpack, packages external',
  ])('%s and missing', (bundle) => {
    it.each([
      [
        'redis-url',
        'redisStore: expected the package ioredis to be installed (npm install ioredis@6; for a bundle: ',
      ],
      [
        'dynamodb-options',
        'dynamodbStore: expected the package @aws-sdk/client-dynamodb to be installed (npm install ',
      ],
    ])('(S132) says which package is missing, and what to do: %s', async (name, text) => {
      const { code, out } = await execute(bundle, name)
      expect({ code, out }).toEqual({ code: 1, out: expect.stringContaining(text) as unknown })
      expect(out).toContain('mark it as external and ship it beside the bundle')
    })
  })

  it('(S132) a bundle of modules without the banner says what to do', async () => {
    const { code, out } = await execute('esbuild, esm without the banner', 'redis-url')
    expect({ code, out }).toEqual({
      code: 1,
      out: expect.stringMatching(/ioredis, which is CommonJS.*banner/) as unknown,
    })
  })
})

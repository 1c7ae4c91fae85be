import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { describeWith } from '../support/requirements/requirement.ts'
import { installedFile } from './support/application.ts'
import { type Runtime, run, runtime } from './support/runtime.ts'
import { type Service, startService, USER } from './support/service.ts'

/** The installed package on every version of Node.js that it supports, and on one that is too old. */
const SUPPORTED: readonly Runtime[] = [
  runtime('Node.js 22.19', 'node-22.19/bin/node'),
  runtime('Node.js 22', 'node-22/bin/node'),
  { ...runtime('Node.js 24', ''), command: process.execPath, isAvailable: () => true },
  runtime('Node.js 26', 'node-26/bin/node'),
]
const TOO_OLD = runtime('Node.js 20', 'node-20/bin/node')

const COMMON = `
const state = () => Object.getOwnPropertySymbols(globalThis)
  .filter(({ description }) => description?.startsWith('undici.globalDispatcher'))
  .map((symbol) => [symbol, globalThis[symbol]])
const isSame = (a, b) => a.length === b.length && a.every(([symbol, value], i) => symbol === b[i][0] && value === b[i][1])
const silent = { debug() {}, info() {}, warn() {}, error() {} }
async function poll(url) {
  const { createClient, presets } = await import('halyard')
  const client = createClient('sdk-key', { dataSystem: presets.pollingOnly(), endpoints: { polling: url }, logger: silent })
  await client.waitForInitialization({ timeoutMs: 60_000 })
  const { value, reason } = await client.variationDetail('direct', ${JSON.stringify(USER)}, 'fallback')
  await client.close()
  return value + ' ' + reason.kind
}
const ask = (url, options) => fetch(url, options).then((response) => response.text(), ({ cause }) => 'failed: ' + cause?.message)
const [url, other] = process.argv.slice(2)
`

/** Modules that a program does not need at its start. The service of the test compresses its answers, so a poll needs `zlib`. */
const LATE_MODULES: readonly string[] = [
  'crypto',
  'fs/promises',
  'http',
  'http2',
  'internal/deps/undici/undici',
  'os',
  'tls',
  'worker_threads',
  'zlib',
]

const PROGRAMS = {
  // A program of CommonJS that also loads modules, as an application with dependencies of both forms does.
  both: `
const { exports: entries } = require('halyard/package.json')
async function main() {
  for (const entry of Object.keys(entries).filter((name) => !name.endsWith('.json'))) {
    const name = 'halyard' + entry.slice(1)
    const [required, imported] = [require(name), await import(name)]
    const different = Object.keys(imported).filter((key) => required[key] !== imported[key])
    console.log(entry, Object.keys(imported).length > 0, different.length)
  }
}
main()
`,
  loaded: `${COMMON}
const late = ${JSON.stringify(LATE_MODULES)}
const loaded = () => process.moduleLoadList.map((name) => name.replace('NativeModule ', '')).filter((name) => late.includes(name))
await import('halyard')
console.log('import:', ...loaded())
console.log(await poll(url))
console.log('poll:', ...loaded().filter((name) => name !== 'zlib'))
`,
  // An import of node:http would make Node.js set its own default dispatcher.
  entries: `${COMMON}
const before = state()
const { default: { exports } } = await import('halyard/package.json', { with: { type: 'json' } })
const names = Object.keys(exports).filter((name) => !name.endsWith('.json'))
for (const name of names) await import('halyard' + name.slice(1))
console.log(names.length > 7, isSame(before, state()))
console.log(await poll(url), isSame(before, state()))
console.log(await ask(url, { method: 'POST', headers: { 'content-length': '2' }, body: 'ab' }))
`,
  // The program of the application decides what its own fetch does: Halyard is imported first and used in between.
  mocked: `${COMMON}
await import('halyard')
const { MockAgent, setGlobalDispatcher } = await import(other)
const agent = new MockAgent()
agent.disableNetConnect()
agent.get('http://mocked.test').intercept({ path: '/' }).reply(200, 'mocked').persist()
setGlobalDispatcher(agent)
const first = await ask('http://mocked.test/')
const before = state()
console.log(await poll(url), isSame(before, state()))
console.log(await ask('http://mocked.test/') === first, first)
`,
  proxied: `${COMMON}
await import('halyard')
const first = await ask('http://application.test/')
const before = state()
console.log(await poll(url), isSame(before, state()))
console.log(await ask('http://application.test/') === first, first)
`,
}

let service: Service
const cwd = inject('installed')
const program = (name: string): string => join(cwd, `nodes-${name}.${name === 'both' ? 'cjs' : 'mjs'}`)

beforeAll(async () => {
  service = await startService()
  for (const [name, text] of Object.entries(PROGRAMS)) writeFileSync(program(name), text)
})
afterAll(() => service.close())

describe.each(SUPPORTED)('$name', (node) => {
  describeWith(node, 'the package', () => {
    it('(S130.1, S130.2) loads every entry and polls, and leaves the global dispatcher alone', async () => {
      const lines = ['true true', 'on RULE_MATCH true', 'answer of the test']
      expect(await run(node.command, [program('entries'), service.url], { cwd })).toMatchObject({
        code: 0,
        out: lines.join('\n'),
      })
    })

    it('(S241.1, S241.2) loads few built-in modules', async () => {
      expect(await run(node.command, [program('loaded'), service.url], { cwd })).toMatchObject({
        code: 0,
        out: ['import:', 'on RULE_MATCH', 'poll:'].join('\n'),
      })
    })

    it('(S240.2) has one copy of each value for require and import, and warns of nothing', async () => {
      const { code, out, err } = await run(node.command, [program('both')], { cwd })
      expect({ code, err, lines: out.split('\n').length }).toEqual({ code: 0, err: '', lines: 8 })
      expect(out.split('\n').filter((line) => !line.endsWith(' true 0'))).toEqual([])
    })

    // The fetch of Node.js 26 does not see the dispatchers of undici 6 and 7, with or without Halyard.
    const seen =
      node.name === 'Node.js 26' ? ['undici-8'] : ['undici-6', 'undici-7.0', 'undici-7.16', 'undici-8']
    it.each(seen)("(S130) the application's fetch keeps its MockAgent of %s", async (name) => {
      const args = [program('mocked'), service.url, installedFile(`${name}/index.js`)]
      expect(await run(node.command, args, { cwd })).toMatchObject({
        code: 0,
        out: 'on RULE_MATCH true\ntrue mocked',
      })
    })

    // Node.js 22.19 does not know this variable.
    if (node.name === 'Node.js 22.19') return
    it("(S130) the application's fetch keeps its proxy", async () => {
      const env = { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: service.url, NO_PROXY: '127.0.0.1' }
      expect(await run(node.command, [program('proxied'), service.url], { cwd, env })).toMatchObject({
        code: 0,
        out: 'on RULE_MATCH true\ntrue answer of the test',
      })
    })
  })
})

describeWith(TOO_OLD, 'a Node.js that is too old', () => {
  const sentence = /halyard needs Node\.js 22\.19 or newer, and this is Node\.js 20\.\d+\.\d+/

  it('(S133) the command prints what is needed', async () => {
    const env = { PATH: `${dirname(TOO_OLD.command)}:${process.env.PATH}` }
    const { code, out, err } = await run(join(cwd, 'node_modules/.bin/halyard'), ['--version'], { cwd, env })
    expect({ code, out, lines: err.split('\n').length }).toEqual({ code: 1, out: '', lines: 1 })
    expect(err).toMatch(sentence)
  })

  it.each(['halyard', 'halyard/relay', 'halyard/redis', 'halyard/testing', 'halyard/launchdarkly'])(
    '(S133) importing %s says what is needed',
    async (entry) => {
      const code = `import('${entry}').catch((error) => console.log(error.name + ': ' + error.message))`
      const { out } = await run(TOO_OLD.command, ['-e', code], { cwd })
      expect(out).toMatch(new RegExp(`^Error: ${sentence.source}$`))
    },
  )
})

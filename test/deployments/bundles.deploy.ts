import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { child, outcome } from '../support/child.ts'
import { createApplication } from './support/application.ts'

/** Programs bundled by esbuild and executed in a folder outside the project, in which there is no node_modules. */
const CLAUSE = { attribute: 'email', op: 'matches', values: ['@example\\.(com|org)$'], contextKind: 'user' }
const flag = (clause: object): object => ({
  version: 1,
  on: true,
  variations: ['off', 'on'],
  fallthrough: { variation: 0 },
  rules: [{ id: 'r', variation: 1, clauses: [clause] }],
})
const FLAGS = { direct: flag(CLAUSE), negated: flag({ ...CLAUSE, negate: true }) }

const PROGRAM = `
import { createClient, presets } from 'halyard'
const SYMBOLS = [1, 2].map((n) => Symbol.for('undici.globalDispatcher.' + n))
const before = SYMBOLS.map((symbol) => globalThis[symbol])
const [kind, place] = process.argv.slice(2)
const options = kind === 'file'
  ? { dataSystem: presets.custom({ initializers: [], synchronizers: [{ type: 'file', paths: [place] }] }) }
  : { dataSystem: presets.default(), endpoints: { polling: place, streaming: place } }
async function main() {
  const client = createClient('sdk-key', options)
  // With a time-out, because a source that cannot load its parser never stops trying.
  await client.waitForInitialization({ timeoutMs: 60_000 })
  const bob = { kind: 'user', key: 'bob', email: 'bob@example.com' }
  const read = (key) => { const { value, reason } = client.sync.variationDetail(key, bob, 'fallback'); return value + ' ' + reason.kind }
  const isSame = SYMBOLS.every((symbol, index) => globalThis[symbol] === before[index])
  process.stdout.write([read('direct'), read('negated'), isSame ? 'same' : 'changed'].join(', '))
  await client.close()
}
main()
`
/** Imports each entry and requires it, and prints the names of those that differ. */
const BOTH = `
import * as imported from 'halyard'
import * as relay from 'halyard/relay'
const pairs = [[imported, require('halyard')], [relay, require('halyard/relay')]]
const different = pairs.flatMap(([a, b]) => Object.keys(a).filter((key) => a[key] !== b[key]))
process.stdout.write(Object.keys(imported).length > 10 ? 'different: ' + different : 'empty')
`

let home: string
let server: ReturnType<typeof createServer>
let url: string

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'halyard-bundles-'))
  const application = createApplication({ tarball: inject('tarball'), parent: home, packages: ['esbuild'] })
  writeFileSync(join(application, 'program.js'), PROGRAM)
  for (const format of ['cjs', 'esm']) {
    const out = `--outfile=${join(home, `out-${format}`, `program.${format === 'cjs' ? 'cjs' : 'mjs'}`)}`
    const flags = ['--bundle', '--platform=node', '--log-level=error', `--format=${format}`, out]
    execFileSync(join(application, 'node_modules/.bin/esbuild'), ['program.js', ...flags], {
      cwd: application,
    })
  }
  writeFileSync(join(application, 'both.js'), BOTH)
  const both = `--outfile=${join(home, 'out-both', 'program.cjs')}`
  const flags = ['--bundle', '--platform=node', '--log-level=error', '--format=cjs', both]
  execFileSync(join(application, 'node_modules/.bin/esbuild'), ['both.js', ...flags], { cwd: application })
  rmSync(application, { recursive: true })
  writeFileSync(join(home, 'flags.json'), JSON.stringify({ flags: FLAGS }))
  // JSON is YAML.
  cpSync(join(home, 'flags.json'), join(home, 'flags.yml'))
  const objects = Object.entries(FLAGS).map(([key, object]) => ({
    event: 'put-object',
    data: { kind: 'flag', key, version: 1, object: { key, ...object } },
  }))
  const payloads = [{ id: 'p', target: 1, intentCode: 'xfer-full', reason: 'payload-missing' }]
  const events = [
    { event: 'server-intent', data: { payloads } },
    ...objects,
    { event: 'payload-transferred', data: { state: 's', version: 1 } },
  ]
  server = createServer(({ url: path = '' }, response) => {
    if (path.startsWith('/sdk/poll')) response.end(JSON.stringify({ events }))
    else response.writeHead(503).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterAll(() => {
  server.closeAllConnections()
  server.close()
  rmSync(home, { recursive: true, force: true })
})

describe.each(['cjs', 'esm'])('a bundle of esbuild, %s', (format) => {
  const program = (): string => join(home, `out-${format}`, `program.${format === 'cjs' ? 'cjs' : 'mjs'}`)

  it.each([
    ['file', 'flags.json'],
    ['file', 'flags.yml'],
    ['network', ''],
  ])('(S130, S131) evaluates patterns as an unbundled program does: %s %s', async (kind, file) => {
    const place = kind === 'file' ? join(dirname(dirname(program())), file) : url
    const { code, output } = await outcome(child(program(), kind, place))
    expect({ code, output: output.split('\n').at(-1) }).toEqual({
      code: 0,
      output: 'on RULE_MATCH, off FALLTHROUGH, same',
    })
  })
})

it('(S240.4) a bundle that requires and imports the package has one copy of each value', async () => {
  const { code, output } = await outcome(child(join(home, 'out-both', 'program.cjs'), '', ''))
  expect({ code, output }).toEqual({ code: 0, output: 'different: ' })
})

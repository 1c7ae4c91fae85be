import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { describeWithRedis, type RedisServer, startRedis } from '../support/redis-server.ts'
import { createApplication } from './support/application.ts'

/** The installed package on other runtimes: poll with a gzipped answer, stream, file, Redis, close. */
const RUNTIMES = [
  ['Node.js', process.execPath, []],
  ['Bun', 'node_modules/@oven/bun-linux-x64/bin/bun', []],
  ['Deno', 'node_modules/@deno/linux-x64-glibc/deno', ['run', '--allow-all', '--no-prompt']],
] as const

const FLAG = {
  version: 1,
  on: true,
  variations: ['off', 'on'],
  fallthrough: { variation: 0 },
  rules: [
    {
      id: 'r',
      variation: 1,
      clauses: [{ attribute: 'email', op: 'matches', values: ['@example\\.(com|org)$'] }],
    },
  ],
}
const EVENTS = [
  {
    event: 'server-intent',
    data: { payloads: [{ id: 'p', target: 1, intentCode: 'xfer-full', reason: 'payload-missing' }] },
  },
  {
    event: 'put-object',
    data: { kind: 'flag', key: 'direct', version: 1, object: { key: 'direct', ...FLAG } },
  },
  { event: 'payload-transferred', data: { state: 's', version: 1 } },
]

const PROGRAM = `
import { createClient, presets } from 'halyard'
import { redisStore } from 'halyard/redis'
const [url, file, redis] = process.argv.slice(2)
const prefix = 'test'
const user = { kind: 'user', key: 'bob', email: 'bob@example.com' }
const silent = { debug() {}, info() {}, warn() {}, error() {} }
const systems = {
  poll: presets.pollingOnly(),
  stream: presets.streaming(),
  file: presets.custom({ initializers: [], synchronizers: [{ type: 'file', paths: [file] }] }),
  write: presets.persistentStore(redisStore({ url: redis, prefix })),
  read: presets.daemon(redisStore({ url: redis, prefix })),
}
for (const [name, dataSystem] of Object.entries(systems)) {
  const client = createClient('sdk-key', { dataSystem, endpoints: { polling: url, streaming: url }, logger: silent })
  await client.waitForInitialization({ timeoutMs: 20_000 })
  const { value, reason } = await client.variationDetail('direct', user, 'fallback')
  console.log(name, value, reason.kind)
  if (name === 'write') while (client.storeStatus.current.state !== 'available') await new Promise((r) => setTimeout(r, 20))
  await client.close()
}
console.log('closed')
`

describeWithRedis('the package on other runtimes', () => {
  let home: string
  let application: string
  let redis: RedisServer
  let server: ReturnType<typeof createServer>

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'halyard-runtimes-'))
    const packages = ['ioredis', '@oven/bun-linux-x64', '@deno/linux-x64-glibc']
    application = createApplication({ tarball: inject('tarball'), parent: home, packages })
    writeFileSync(join(application, 'program.js'), PROGRAM)
    writeFileSync(join(application, 'flags.yml'), JSON.stringify({ flags: { direct: FLAG } }))
    redis = await startRedis()
    server = createServer(({ url = '' }, response) => {
      if (url.startsWith('/sdk/poll')) {
        response.writeHead(200, { 'content-encoding': 'gzip' })
        response.end(gzipSync(JSON.stringify({ events: EVENTS })))
        return
      }
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      for (const { event, data } of EVENTS)
        response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  })

  afterAll(async () => {
    server.closeAllConnections()
    server.close()
    await redis.stop()
    rmSync(home, { recursive: true, force: true })
  })

  it.each(RUNTIMES)('(S134) %s: poll, stream, file, Redis, close', async (_, command, flags) => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const args = [...flags, 'program.js', url, join(application, 'flags.yml'), redis.url]
    const { stdout } = await promisify(execFile)(resolve(application, command), args, {
      cwd: application,
    })
    const lines = ['poll', 'stream', 'file', 'write', 'read'].map((name) => `${name} on RULE_MATCH`)
    expect(stdout.trim().split('\n')).toEqual([...lines, 'closed'])
  })
})

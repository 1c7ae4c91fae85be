import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { describeWithRedis, type RedisServer, startRedis } from '../support/redis-server.ts'
import { describeWith } from '../support/requirements/requirement.ts'
import { run, runtime } from './support/runtime.ts'
import { FLAG, type Service, startService } from './support/service.ts'

/** The installed package on other runtimes: poll with a gzipped answer, stream, file, Redis, close. */
const RUNTIMES = [
  { ...runtime('Bun', 'bun/bin/bun.exe'), flags: [] },
  { ...runtime('Deno', 'deno/deno'), flags: ['run', '--allow-all', '--no-prompt'] },
] as const

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

let home: string
let file: string
let service: Service
const cwd = inject('installed')

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'halyard-runtimes-'))
  file = join(home, 'flags.yml')
  writeFileSync(join(cwd, 'runtimes.mjs'), PROGRAM)
  writeFileSync(file, JSON.stringify({ flags: { direct: FLAG } }))
  service = await startService()
})

afterAll(() => {
  service.close()
  rmSync(home, { recursive: true, force: true })
})

describeWithRedis('the package on other runtimes', () => {
  let redis: RedisServer

  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis.stop())

  for (const { flags, ...needed } of RUNTIMES) {
    describeWith(needed, needed.name, () => {
      it('(S134) poll, stream, file, Redis, close', async () => {
        const args = [...flags, 'runtimes.mjs', service.url, file, redis.url]
        const lines = ['poll', 'stream', 'file', 'write', 'read'].map((name) => `${name} on RULE_MATCH`)
        const ended = await run(needed.command, args, { cwd, env: { HOME: home } })
        expect(ended).toMatchObject({ code: 0, out: [...lines, 'closed'].join('\n') })
      })
    })
  }
})

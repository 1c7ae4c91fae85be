import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, inject, it, onTestFinished } from 'vitest'
import { SECRETS, startDynalite } from '../support/dynalite.ts'
import { describeWithRedis, startRedis } from '../support/redis-server.ts'
import { createApplication } from './support/application.ts'
import { run } from './support/runtime.ts'
import { FLAG, USER } from './support/service.ts'

/** Route handlers by path, each with a store of its own. */
const STORES = {
  'redis-url': `import { redisStore } from 'halyard/redis'
const open = () => redisStore({ url: process.env.REDIS_URL, prefix: 'next' })`,
  'redis-client': `import { Redis } from 'ioredis'
import { redisStore } from 'halyard/redis'
const open = () => redisStore({ client: new Redis(process.env.REDIS_URL), prefix: 'next' })`,
  'dynamodb-options': `import { dynamodbStore } from 'halyard/dynamodb'
const open = () => dynamodbStore({ tableName: 'flags', prefix: 'next', clientOptions: JSON.parse(process.env.DYNAMODB) })`,
  'dynamodb-client': `import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { dynamodbStore } from 'halyard/dynamodb'
const open = () =>
  dynamodbStore({ tableName: 'flags', prefix: 'next', client: new DynamoDBClient(JSON.parse(process.env.DYNAMODB)) })`,
} as const

const routeOf = (store: string): string => `
import { createClient, presets } from 'halyard'
${store}
export const dynamic = 'force-dynamic'
let client
export async function GET() {
  client ??= createClient('sdk-key', { dataSystem: presets.daemon(open()), sendEvents: false })
  await client.waitForInitialization({ timeoutMs: 60_000 })
  const { value, reason } = await client.variationDetail('direct', ${JSON.stringify(USER)}, 'fallback')
  return Response.json({ value, kind: reason.kind })
}
`

describeWithRedis("a server of Next.js with output 'standalone'", () => {
  it('(S132) evaluates a flag from Redis and from DynamoDB in route handlers, outside the project', async () => {
    const home = mkdtempSync(join(tmpdir(), 'halyard-next-'))
    onTestFinished(() => rmSync(home, { recursive: true, force: true }))
    const packages = ['@aws-sdk/client-dynamodb', 'ioredis', 'next', 'react', 'react-dom']
    const application = createApplication({ tarball: inject('tarball'), parent: home, packages })
    const root = JSON.stringify(application)
    writeFileSync(
      join(application, 'next.config.mjs'),
      `export default { output: 'standalone', outputFileTracingRoot: ${root}, turbopack: { root: ${root} } }\n`,
    )
    for (const [name, store] of Object.entries(STORES)) {
      mkdirSync(join(application, 'app', name), { recursive: true })
      writeFileSync(join(application, 'app', name, 'route.js'), routeOf(store))
    }
    const env = { NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' }
    const built = await run(process.execPath, ['node_modules/next/dist/bin/next', 'build'], {
      cwd: application,
      env,
    })
    expect(built, built.out + built.err).toMatchObject({ code: 0 })
    const served = join(home, 'served')
    cpSync(join(application, '.next/standalone'), served, { recursive: true })
    rmSync(application, { recursive: true })

    const redis = await startRedis()
    onTestFinished(() => redis.stop())
    const flag = JSON.stringify({ key: 'direct', ...FLAG })
    await redis.as(async (client) => {
      await client.hset('next:features', 'direct', flag)
      await client.set('next:$inited', '')
    })
    const dynalite = await startDynalite()
    onTestFinished(() => dynalite.close())
    await dynalite.createTable('flags')
    await dynalite.put('flags', {
      namespace: { S: 'next:features' },
      key: { S: 'direct' },
      version: { N: '1' },
      item: { S: flag },
    })
    await dynalite.put('flags', { namespace: { S: 'next:$inited' }, key: { S: 'next:$inited' } })
    const { endpoint, region } = dynalite.clientOptions
    const DYNAMODB = JSON.stringify({ endpoint, region, credentials: SECRETS })
    const server = spawn(process.execPath, ['server.js'], {
      cwd: served,
      env: { ...process.env, ...env, HOSTNAME: '127.0.0.1', PORT: '0', REDIS_URL: redis.url, DYNAMODB },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(async () => {
      const ended = once(server, 'exit')
      if (server.kill('SIGKILL')) await ended
    })
    let url: string | undefined
    for await (const line of createInterface({ input: server.stdout })) {
      url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0]
      if (url !== undefined) break
    }
    server.stdout.resume()
    for (const name of Object.keys(STORES)) {
      const response = await fetch(`${url}/${name}`)
      expect({ name, text: await response.text() }).toEqual({
        name,
        text: '{"value":"on","kind":"RULE_MATCH"}',
      })
    }
  })
})

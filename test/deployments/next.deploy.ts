import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, inject, it, onTestFinished } from 'vitest'
import { describeWithRedis, startRedis } from '../support/redis-server.ts'
import { createApplication } from './support/application.ts'
import { run } from './support/runtime.ts'
import { FLAG, USER } from './support/service.ts'

const ROUTE = `
import { createClient, presets } from 'halyard'
import { redisStore } from 'halyard/redis'
export const dynamic = 'force-dynamic'
let client
export async function GET() {
  client ??= createClient('sdk-key', { dataSystem: presets.daemon(redisStore({ url: process.env.REDIS_URL, prefix: 'next' })) })
  await client.waitForInitialization({ timeoutMs: 60_000 })
  const { value, reason } = await client.variationDetail('direct', ${JSON.stringify(USER)}, 'fallback')
  return Response.json({ value, kind: reason.kind })
}
`

describeWithRedis("a server of Next.js with output 'standalone'", () => {
  it('(S132) evaluates a flag from Redis in a route handler, outside the project', {
    timeout: 400_000,
  }, async () => {
    const home = mkdtempSync(join(tmpdir(), 'halyard-next-'))
    onTestFinished(() => rmSync(home, { recursive: true, force: true }))
    const packages = ['ioredis', 'next', 'react', 'react-dom']
    const application = createApplication({ tarball: inject('tarball'), parent: home, packages })
    const root = JSON.stringify(application)
    writeFileSync(
      join(application, 'next.config.mjs'),
      `export default { output: 'standalone', outputFileTracingRoot: ${root}, turbopack: { root: ${root} } }\n`,
    )
    mkdirSync(join(application, 'app/flag'), { recursive: true })
    writeFileSync(join(application, 'app/flag/route.js'), ROUTE)
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
    await redis.as(async (client) => {
      await client.hset('next:features', 'direct', JSON.stringify({ key: 'direct', ...FLAG }))
      await client.set('next:$inited', '')
    })
    const server = spawn(process.execPath, ['server.js'], {
      cwd: served,
      env: { ...process.env, ...env, HOSTNAME: '127.0.0.1', PORT: '0', REDIS_URL: redis.url },
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
    expect(await fetch(`${url}/flag`).then((response) => response.text())).toBe(
      '{"value":"on","kind":"RULE_MATCH"}',
    )
  })
})

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../src/async/clock.ts'
import { fingerprint, REPLACED } from '../src/layout/sidecar.ts'
import { redisStore } from '../src/store/redis/redis-store.ts'
import { ROWS, sidecarOf } from './cli/inspecting.ts'
import { begin, running } from './cli/running.ts'
import { certificate } from './support/certificates.ts'
import { describeWithRedis, startRedis } from './support/redis-server.ts'

const page = readFileSync(join(import.meta.dirname, '../docs/doctor.md'), 'utf8')
const [GOOD = '', UNTRUSTED = '', BUFFERED = ''] = [...page.matchAll(/^```(\w*)\n(.*?)^```$/gms)]
  .filter(([, language]) => language === '')
  .map(([, , text = '']) => text)

const SDK_KEY = 'sdk-11112222-3333-4444-5555-66667777abcd'

/** Replaces what differs between machines and runs, line breaks of wrapped lines included. */
function normalised(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT')
    .replaceAll(/\d+ (ms|B|d ago|min ago|s ago)\b/g, 'N $1')
    .replace(/on Node\.js [\d.]+, \w+ \w+/, 'on Node.js')
    .trim()
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function startFlagServer(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'halyard-doctor-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const flags = join(folder, 'flags.yaml')
  writeFileSync(flags, 'flagValues:\n  checkout: true\n  theme: dark\n')
  const started = Promise.withResolvers<string>()
  const relay = begin(['relay', '--file', flags, '--port', '0'], {}, () => {
    const [, url] = /serving .* on (http:\S+)/.exec(relay.printed()) ?? []
    if (url !== undefined) started.resolve(url)
  })
  return started.promise
}

/** Starts a proxy that forwards headers at once, and keeps the bodies of event streams. */
async function startBufferingProxy(upstream: string): Promise<string> {
  const server = createServer((incoming, response) => {
    const { method, headers, url = '/' } = incoming
    const onward = request(new URL(url, upstream), { method: method ?? 'GET', headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      response.flushHeaders()
      if (answer.headers['content-type']?.startsWith('text/event-stream')) answer.resume()
      else answer.pipe(response)
    })
    response.on('close', () => onward.destroy())
    onward.on('error', () => response.destroy())
    incoming.pipe(onward)
  })
  onTestFinished(() => server.closeAllConnections())
  return `http://${await listening(server)}`
}

async function output(args: readonly string[]): Promise<readonly [status: number, stdout: string]> {
  const { status, stdout, stderr } = await running(['doctor', ...args], { LAUNCHDARKLY_SDK_KEY: SDK_KEY })
  expect(stderr).toBe('')
  expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
  return [status, stdout]
}

describeWithRedis('docs/doctor.md', () => {
  it('(DO1.1, DO1.9) shows what a machine prints on which everything works', async () => {
    const redis = await startRedis()
    onTestFinished(() => redis.stop())
    const context = { clock: systemClock, random: () => 0, logger: console }
    const { store } = redisStore({ url: redis.url, prefix: 'shop' }).open(context)
    const sidecar = sidecarOf(ROWS, { keyFingerprint: fingerprint(SDK_KEY) })
    await store.write({ type: 'full', rows: ROWS, sidecar, notice: REPLACED }, new AbortController().signal)
    await store.close()
    const place = ['--store', redis.url, '--prefix', 'shop']
    const [status, text] = await output(['--url', await startFlagServer(), ...place])
    expect(normalised(text)).toBe(normalised(GOOD))
    expect(status).toBe(0)
  })
})

it('(DO1.2, DO1.3, DO2.3) prints what docs/doctor.md shows for an authority that is not trusted', async () => {
  const server = createTlsServer(certificate('leaf'), (_, response) => response.end())
  const [status, text] = await output(['--url', `https://${await listening(server)}`])
  expect(normalised(text)).toBe(normalised(UNTRUSTED))
  expect(status).toBe(1)
})

it('(DO3.5) prints what docs/doctor.md shows for a proxy that buffers streams', async () => {
  const proxy = await startBufferingProxy(await startFlagServer())
  const [status, text] = await output(['--url', proxy, '--timeout', '5s'])
  expect(normalised(text)).toBe(normalised(BUFFERED))
  expect(status).toBe(1)
})

import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { beforeEach, expect, it, onTestFinished } from 'vitest'
import { dev } from '../../src/cli/dev.ts'
import { eventLine } from '../../src/cli/event-line.ts'
import { createClient } from '../../src/client/create-client.ts'
import { presets } from '../../src/config/presets.ts'
import { developing, folderForTest } from './developing.ts'

const ada = { kind: 'user', key: 'ada', email: 'ada@example.com' } as const

let path: string

beforeEach(async () => {
  path = join(await folderForTest(), 'flags.json')
  await writeFile(path, '{"flagValues": {"colour": "red"}}')
})

/** Sends a body by POST and returns the status of the answer. */
async function post(
  url: string,
  body: string | Uint8Array,
  headers: Record<string, string> = {},
): Promise<number> {
  const outgoing = request(url, {
    method: 'POST',
    agent: false,
    headers: { authorization: 'sdk-1', ...headers },
  })
  outgoing.on('error', () => {})
  outgoing.end(body)
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
  await text(response)
  return response.statusCode ?? 0
}

it.each(['gzip', 'none'] as const)(
  '(S164.2) receives the events of a client, compression %s',
  async (compression) => {
    const lines: string[] = []
    const { url } = await developing(path, { onEvent: (event) => void lines.push(eventLine(event)) })
    const client = createClient('sdk-key-123456', {
      dataSystem: presets.pollingOnly(),
      endpoints: { polling: url, streaming: url, events: url },
      privateAttributes: ['email'],
      enableEventCompression: compression === 'gzip',
      logger: { debug() {}, info() {}, warn() {}, error() {} },
    })
    onTestFinished(() => client.close())
    await client.waitForInitialization()
    for (let n = 0; n < 3; n++) await client.stringVariation('colour', ada, 'blue')
    await client.stringVariation('size', ada, 'blue')
    client.track('order-paid', ada, { currency: 'EUR' }, 59.9)
    await client.flush()
    await expect.poll(() => lines).toContainEqual(expect.stringMatching(/^diagnostic-init halyard /))
    await expect.poll(() => lines).toContainEqual(expect.stringMatching(/^summary/))
    expect(lines.filter((line) => !line.startsWith('diagnostic'))).toEqual([
      'index, {"kind":"user","key":"ada","_meta":{"redactedAttributes":["email"]}}',
      'custom order-paid, user ada, value 59.9, data {"currency":"EUR"}',
      'summary: colour 0 3, size default 1',
    ])
    expect(lines.join()).not.toMatch(/ada@example\.com|123456/)
  },
)

it.each<[fault: string, body: string | Uint8Array, headers: Record<string, string>]>([
  ['no JSON', '[{"kind":', {}],
  ['no array', '{"kind":"custom"}', {}],
  ['no gzip', '[]', { 'content-encoding': 'gzip' }],
  ['an unknown encoding', Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), { 'content-encoding': 'zstd' }],
  ['no UTF-8', Buffer.from([0xff]), {}],
])('(S164.3) accepts and reports events that are %s', async (_, body, headers) => {
  const { url, errors } = await developing(path)
  expect(await post(`${url}/bulk`, body, headers)).toBe(202)
  await expect
    .poll(() => errors)
    .toEqual([expect.stringContaining('events: a payload of an SDK is not a gzipped or plain JSON array')])
  expect(await post(`${url}/bulk`, '[]')).toBe(202)
})

it('(S164.3) refuses a body that is too large', async () => {
  const { url } = await developing(path)
  expect(await post(`${url}/bulk`, Buffer.alloc(17 * 1024 * 1024, 32))).toBe(400)
  expect(await post(`${url}/bulk`, '[]')).toBe(202)
})

it('(S164.2) accepts events only by POST and with the key of the server', async () => {
  const { url } = await developing(path, { sdkKey: 'sdk-1' })
  expect((await fetch(`${url}/bulk`)).status).toBe(405)
  expect(await post(`${url}/bulk`, '[]', { authorization: 'sdk-2' })).toBe(401)
  expect(await post(`${url}/diagnostic`, '{"kind":"diagnostic"}')).toBe(202)
})

it('(S164.4) prints the events with --events only', async () => {
  const printed = async (...more: string[]): Promise<readonly string[]> => {
    const stop = new AbortController()
    const lines: string[] = []
    const context = {
      env: {},
      stdin: () => Promise.resolve(''),
      isTerminal: false,
      columns: () => 80,
      onStarted() {},
      signal: stop.signal,
      stdout: (line: string) => void lines.push(line),
      stderr: (line: string) => void lines.push(line),
    }
    const ended = dev([path, '--port', '0', ...more], context)
    await expect.poll(() => lines.length).toBe(3)
    const url = lines[0]?.split(' ').at(-1) ?? ''
    expect(await post(`${url}/bulk`, '[{"kind":"custom","key":"seen","contextKeys":{"user":"ada"}}]')).toBe(
      202,
    )
    if (more.length > 0) await expect.poll(() => lines.length).toBe(4)
    stop.abort()
    await ended
    return lines.slice(3)
  }
  expect(await printed()).toEqual([])
  expect(await printed('--events')).toEqual(['custom seen, user ada'])
})

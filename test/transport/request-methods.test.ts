import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { undiciTransport } from '../../src/transport/undici-transport.ts'
import { collect } from './bytes.ts'

it.each([
  ['PUT', 'a body, ключ'],
  ['PUT', ''],
  ['POST', Buffer.from([0x1f, 0x8b, 0xff])],
  ['DELETE', undefined],
  ['GET', undefined],
] as const)('a request has its method, headers and body: %s %s', async (method, body) => {
  const server = createServer((request, response) => {
    const { method: asked, url, headers } = request
    response.setHeader('X-Seen', [asked, url, headers['x-consul-token']].join(' '))
    response.writeHead(409)
    request.pipe(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const transport = undiciTransport({ proxy: 'none' })
  onTestFinished(() => transport.close())

  const { port } = server.address() as AddressInfo
  const response = await transport.request({
    method,
    url: `http://127.0.0.1:${port}/v1/kv/a%2Fb?cas=0`,
    headers: { 'x-consul-token': 't' },
    signal: new AbortController().signal,
    ...(body !== undefined && { body }),
  })
  expect(response).toMatchObject({ status: 409, headers: { 'x-seen': `${method} /v1/kv/a%2Fb?cas=0 t` } })
  expect(Buffer.concat(await collect(response.body))).toEqual(Buffer.from(body ?? ''))
})

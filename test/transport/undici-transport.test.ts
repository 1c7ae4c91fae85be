import { createSecureServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { presets } from '../../src/config/presets.ts'
import { toEventStream } from '../../src/protocol/encoder.ts'
import { undiciTransport } from '../../src/transport/undici-transport.ts'
import { certificate } from '../support/certificates.ts'
import { child, outcome } from '../support/child.ts'
import { SDK_KEY, startEngine } from '../support/engine.ts'
import { body, bytes, full, LiveStream, put, silence, startOrigin } from '../support/origin.ts'
import { startProxy } from '../support/proxy.ts'
import { collect } from './bytes.ts'
import { ENDED_BY_ITSELF, runUnclosed } from './run-unclosed.ts'

const tls = certificate('self-signed')

const EVENTS = full('s1', put('checkout', 1))

describe('a data system that is never closed', () => {
  it('(D20) does not keep the process alive; waiting for initialization does', async () => {
    const origin = await startOrigin()
    const live = new LiveStream([])
    origin.stream.always((received, response) => {
      live.answer(received, response)
      setTimeout(() => live.send(EVENTS), 300)
    })
    expect(await runUnclosed(origin.url)).toEqual(ENDED_BY_ITSELF)
    expect(origin.stream.received).toHaveLength(1)
  })

  it('(D20.2) does not keep the process alive over TLS', async () => {
    const origin = await startOrigin({ tls })
    origin.stream.always(new LiveStream(EVENTS).answer)
    expect(await runUnclosed(origin.url)).toEqual(ENDED_BY_ITSELF)
  })

  it('(D20.2) does not keep the process alive over HTTP/2', async () => {
    const versions: string[] = []
    const server = createSecureServer(tls, (request, response) => {
      versions.push(request.httpVersion)
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(toEventStream(EVENTS))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    expect(await runUnclosed(`https://127.0.0.1:${port}`)).toEqual(ENDED_BY_ITSELF)
    expect(versions).toEqual(['2.0'])
  })

  it('(D20) does not keep the process alive when the first address of a name refuses', async () => {
    const origin = await startOrigin()
    origin.stream.always(new LiveStream(EVENTS).answer)
    const { port } = new URL(origin.url)
    expect(await runUnclosed(`http://two-addresses.test:${port}`, { refusing: '127.0.0.2' })).toEqual(
      ENDED_BY_ITSELF,
    )
  })

  it.each([
    ['http', 'http'],
    ['https', 'http'],
    ['http', 'https'],
    ['https', 'https'],
  ])(
    '(D20, S21) does not keep the process alive when its %s service is behind an %s proxy',
    async (of, by) => {
      const origin = await startOrigin(of === 'https' ? { tls } : {})
      const proxy = await startProxy(by === 'https' ? { tls } : {})
      origin.stream.always(new LiveStream(EVENTS).answer)
      const environment = { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url }
      expect(await runUnclosed(origin.url, { environment })).toEqual(ENDED_BY_ITSELF)
      expect(proxy.seen).toHaveLength(1)
    },
  )
})

describe('a server with an untrusted certificate', () => {
  it.each([
    ['poll', presets.pollingOnly()],
    ['stream', presets.streaming()],
  ] as const)('(D21) is refused on %s, and never sees the credential', async (path, plan) => {
    const origin = await startOrigin({ tls })
    origin.poll.always(body(EVENTS))
    origin.stream.always(new LiveStream(EVENTS).answer)

    // The handshake may take long on a busy machine.
    const timings = { noProgressMs: 60_000, firstDataMs: 60_000 }
    const engine = startEngine({ plan, endpoints: origin.endpoints, timings })
    await engine.fails('network_error')

    const { lastError, state } = engine.system.status.current
    expect(lastError?.message).toMatch(/self.signed certificate/i)
    expect(state).not.toBe('valid')
    expect(engine.system.flag('checkout')).toBeUndefined()
    expect(origin[path].received).toEqual([])
    expect(engine.log.join()).not.toContain(SDK_KEY)
  })
})

describe('undiciTransport', () => {
  it('gives status, headers in lower case and the body as it travelled', async () => {
    const origin = await startOrigin()
    origin.poll.always(bytes(418, { 'X-Tea': 'pot', 'content-encoding': 'gzip' }, 'not really gzip'))
    const transport = undiciTransport()
    onTestFinished(() => transport.close())
    const response = await transport.request({
      method: 'GET',
      url: `${origin.url}/sdk/poll`,
      headers: {},
      signal: new AbortController().signal,
    })
    expect(response).toMatchObject({ status: 418, headers: { 'x-tea': 'pot', 'content-encoding': 'gzip' } })
    expect(Buffer.concat(await collect(response.body)).toString()).toBe('not really gzip')
  })

  it('rejects when the signal aborts before an answer, and ends the connection', async () => {
    const origin = await startOrigin()
    origin.poll.always(silence)
    const transport = undiciTransport()
    onTestFinished(() => transport.close())
    const controller = new AbortController()
    const asking = transport.request({
      method: 'GET',
      url: `${origin.url}/sdk/poll`,
      headers: {},
      signal: controller.signal,
    })
    await origin.until(() => origin.poll.received.length === 1, 'the request')
    controller.abort(new Error('enough'))
    await expect(asking).rejects.toThrow('enough')
    await origin.until(() => origin.connections === 0, 'the end of the connection')
  })

  it('ends the body when the signal aborts in its midst', async () => {
    const origin = await startOrigin()
    origin.stream.always(new LiveStream(EVENTS).answer)
    const transport = undiciTransport()
    onTestFinished(() => transport.close())
    const controller = new AbortController()
    const url = `${origin.url}/sdk/stream`
    const response = await transport.request({ method: 'GET', url, headers: {}, signal: controller.signal })
    const reading = response.body[Symbol.asyncIterator]()
    expect((await reading.next()).done).toBe(false)
    const pending = reading.next()
    controller.abort(new Error('enough'))
    await expect(pending).rejects.toThrow('enough')
    await origin.until(() => origin.connections === 0, 'the end of the connection')
  })

  it('ends every connection on close, those in use and those kept for later', async () => {
    const origin = await startOrigin()
    origin.poll.always(body(EVENTS))
    origin.stream.always(new LiveStream(EVENTS).answer)
    const transport = undiciTransport()
    const { signal } = new AbortController()
    const stream = await transport.request({
      method: 'GET',
      url: `${origin.url}/sdk/stream`,
      headers: {},
      signal,
    })
    const poll = await transport.request({
      method: 'GET',
      url: `${origin.url}/sdk/poll`,
      headers: {},
      signal,
    })
    await collect(poll.body)
    expect(origin.connections).toBe(2)

    await transport.close()

    await expect(collect(stream.body)).rejects.toThrow()
    await origin.until(() => origin.connections === 0, 'the end of all connections')
  })

  it('closes in peace when it was never used, and when it is closed twice', async () => {
    const transport = undiciTransport()
    await transport.close()
    await transport.close()
  })

  it.each(['none', 'environment', 'url'])(
    '(S130) sets no global dispatcher when it is imported and used (proxy: %s)',
    async (proxy) => {
      const origin = await startOrigin()
      origin.poll.always(body(EVENTS))
      const through = await startProxy()
      const choice = proxy === 'url' ? through.url : proxy
      const script = fileURLToPath(new URL('./global-dispatcher.ts', import.meta.url))
      const printed = await outcome(child(script, `${origin.url}/sdk/poll`, choice))
      expect(printed).toEqual({ code: 0, output: 'answer 200, symbols unchanged' })
    },
  )
})

describe('closing a data system', () => {
  it('(D20) ends its stream, its poll in flight and every connection kept for later', async () => {
    const origin = await startOrigin()
    origin.poll.always(body(EVENTS))
    origin.stream.always(new LiveStream(EVENTS).answer)
    const engine = startEngine({ endpoints: origin.endpoints })
    await engine.follows('streaming')
    expect(origin.connections).toBeGreaterThan(0)

    await engine.system.close()

    await origin.until(() => origin.connections === 0, 'the end of all connections')
    expect(engine.system.status.current.state).toBe('off')
    expect(engine.system.flag('checkout')?.version).toBe(1)
  })

  it('(D20) ends a request that was never answered', async () => {
    const origin = await startOrigin()
    origin.poll.always(silence)
    origin.stream.always(silence)
    const engine = startEngine({ endpoints: origin.endpoints, timings: { noProgressMs: 5_000 } })
    await origin.until(() => origin.poll.received.length === 1, 'a request')
    await engine.system.close()
    await origin.until(() => origin.connections === 0, 'the end of all connections')
  })
})

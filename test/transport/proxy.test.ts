import { createSecureServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { classifyFailure } from '../../src/transport/classify.ts'
import { environmentProxies, isProxyUrl } from '../../src/transport/proxy.ts'
import { undiciTransport } from '../../src/transport/undici-transport.ts'
import { CA, certificate } from '../support/certificates.ts'
import { bytes, type Origin, silence, startOrigin, waitUntil } from '../support/origin.ts'
import { startProxy } from '../support/proxy.ts'
import { CREDENTIAL, reach, refusal } from './reaching.ts'

const tls = { ca: CA }
const BASIC = `Basic ${Buffer.from('fl@g:p:ss').toString('base64')}`

/** `http://host` as `http://user:password@host`, percent-encoded. */
function withUser(url: string): string {
  return url.replace('://', '://fl%40g:p%3Ass@')
}

async function startService(scheme: 'http' | 'https'): Promise<Origin> {
  const origin = await startOrigin(scheme === 'https' ? { tls: certificate('leaf') } : {})
  origin.poll.always(bytes(200, {}, 'data'))
  return origin
}

function hostOf({ url }: Origin): string {
  return new URL(url).host
}

afterEach(() => void vi.unstubAllEnvs())

function environment(variables: Readonly<Record<string, string>>): void {
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY']) {
    vi.stubEnv(name, variables[name] ?? '')
    vi.stubEnv(name.toLowerCase(), variables[name.toLowerCase()])
  }
}

describe.each([
  ['plain', undefined],
  ['spoken to over TLS', certificate('leaf')],
])('a proxy that is %s', (_, proxyTls) => {
  const options = proxyTls ? { tls: proxyTls } : {}

  it('(S21) tunnels to an https service and sees nothing of what is said', async () => {
    const [origin, proxy] = [await startService('https'), await startProxy(options)]
    expect(await reach(`${origin.url}/sdk/poll`, { tls, proxy: proxy.url })).toBe('200 data')
    expect(proxy.seen.map(({ line }) => line)).toEqual([`CONNECT ${hostOf(origin)}`])
    expect(JSON.stringify(proxy.seen)).not.toContain(CREDENTIAL)
    expect(origin.poll.received[0]?.headers.authorization).toBe(CREDENTIAL)
  })

  it('(S21) forwards to an http service', async () => {
    const [origin, proxy] = [await startService('http'), await startProxy(options)]
    expect(await reach(`${origin.url}/sdk/poll?basis=a%2Fb`, { tls, proxy: proxy.url })).toBe('200 data')
    expect(proxy.seen.map(({ line }) => line)).toEqual([`GET ${origin.url}/sdk/poll?basis=a%2Fb`])
    expect(origin.poll.received).toMatchObject([
      { basis: 'a/b', headers: { authorization: CREDENTIAL, host: hostOf(origin) } },
    ])
  })

  it.each(['http', 'https'] as const)(
    '(S21) is given user and password, which the %s service never sees',
    async (scheme) => {
      const origin = await startService(scheme)
      const proxy = await startProxy({ ...options, authorization: BASIC })
      expect(await reach(`${origin.url}/sdk/poll`, { tls, proxy: withUser(proxy.url) })).toBe('200 data')
      expect(proxy.seen).toMatchObject([{ authorization: BASIC }])
      expect(origin.poll.received[0]?.headers).not.toHaveProperty('proxy-authorization')
    },
  )

  it.each(['http', 'https'] as const)(
    '(S21) refuses us on the way to an %s service: a named error without the password',
    async (scheme) => {
      const origin = await startService(scheme)
      const proxy = await startProxy({ ...options, authorization: 'Basic other' })
      const failure = classifyFailure(
        await refusal(`${origin.url}/sdk/poll`, { tls, proxy: withUser(proxy.url) }),
      )
      expect(failure).toMatchObject({ type: 'interrupted', error: { kind: 'network_error' } })
      expect(failure.error.message).toContain('407')
      expect(failure.error.message).not.toMatch(/p%3Ass|p:ss|Zmxh/)
      expect(origin.accepted).toBe(0)
    },
  )
})

describe('a proxy', () => {
  it('(D21, S21) receives no password over TLS with an untrusted certificate', async () => {
    const origin = await startService('https')
    const proxy = await startProxy({ tls: certificate('self-signed') })
    const failure = classifyFailure(
      await refusal(`${origin.url}/sdk/poll`, { tls, proxy: withUser(proxy.url) }),
    )
    expect(failure.type).toBe('terminalError')
    expect(failure.error.message).toContain('DEPTH_ZERO_SELF_SIGNED_CERT')
    expect(proxy.seen).toEqual([])
  })

  it('(S21) over TLS that shows a certificate for another host is refused too', async () => {
    for (const scheme of ['http', 'https'] as const) {
      const origin = await startService(scheme)
      const proxy = await startProxy({ tls: certificate('wrong-host') })
      const failure = classifyFailure(await refusal(`${origin.url}/sdk/poll`, { tls, proxy: proxy.url }))
      expect(failure.type).toBe('terminalError')
      expect(proxy.seen).toEqual([])
    }
  })

  it.each(['http', 'https'] as const)('that is not there is a named error (%s)', async (scheme) => {
    const origin = await startService(scheme)
    const failure = classifyFailure(
      await refusal(`${origin.url}/sdk/poll`, { tls, proxy: 'http://user:secret@127.0.0.1:1' }),
    )
    expect(failure).toMatchObject({ type: 'interrupted', error: { kind: 'network_error' } })
    expect(failure.error.message).toContain('ECONNREFUSED')
    expect(failure.error.message).not.toContain('secret')
  })

  it.each(['http', 'https'] as const)(
    'that never answers can be waited for no longer (%s)',
    async (scheme) => {
      const origin = await startService(scheme)
      const proxy = await startProxy({ manner: 'silent' })
      const controller = new AbortController()
      const asking = refusal(`${origin.url}/sdk/poll`, { tls, proxy: proxy.url }, controller.signal)
      await waitUntil(
        () => proxy.seen.length === 1,
        'the proxy is asked',
        (look) => {
          const timer = setInterval(look, 5)
          return () => clearInterval(timer)
        },
      )
      controller.abort(new Error('enough'))
      expect(await asking).toMatchObject({ message: 'enough' })
    },
  )

  it('(S21) carries HTTP/2, and a stream that goes on', async () => {
    const first = Promise.withResolvers<void>()
    const server = createSecureServer({ ...certificate('leaf'), allowHTTP1: false }, (request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(`one ${request.httpVersion}`)
      void first.promise.then(() => response.write('two'))
    })
    server.on('session', (session) => onTestFinished(() => session.destroy()))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    const proxy = await startProxy()
    const transport = undiciTransport({ tls, proxy: proxy.url })
    onTestFinished(() => transport.close())
    const controller = new AbortController()
    const { body } = await transport.request({
      method: 'GET',
      url: `https://localhost:${port}/sdk/stream`,
      headers: {},
      signal: controller.signal,
    })
    const heard: string[] = []
    for await (const chunk of body) {
      heard.push(Buffer.from(chunk).toString())
      first.resolve()
      if (heard.length === 2) break
    }
    expect(heard).toEqual(['one 2.0', 'two'])
  })

  it('loses every connection on close', async () => {
    const origin = await startService('https')
    origin.stream.always(silence)
    const proxy = await startProxy()
    const transport = undiciTransport({ tls, proxy: proxy.url })
    const { signal } = new AbortController()
    const asking = transport.request({ method: 'GET', url: `${origin.url}/sdk/stream`, headers: {}, signal })
    await origin.until(() => origin.stream.received.length === 1, 'the request')
    await Promise.all([transport.close(), expect(asking).rejects.toThrow()])
    await origin.until(() => origin.connections === 0, 'the end of all connections')
  })
})

describe('the environment', () => {
  it.each([
    ['https', 'HTTPS_PROXY'],
    ['https', 'https_proxy'],
    ['http', 'HTTP_PROXY'],
    ['http', 'http_proxy'],
    // As undici has it: one proxy for everything unless there are two.
    ['https', 'HTTP_PROXY'],
  ] as const)('(S21) sends what goes to %s through %s', async (scheme, name) => {
    const [origin, proxy] = [await startService(scheme), await startProxy()]
    environment({ [name]: proxy.url })
    expect(await reach(`${origin.url}/sdk/poll`, { tls, proxy: 'environment' })).toBe('200 data')
    expect(proxy.seen).toHaveLength(1)
  })

  it('(S21) is asked by default, and only then', async () => {
    const [origin, proxy] = [await startService('http'), await startProxy()]
    environment({ HTTP_PROXY: proxy.url })
    const transport = undiciTransport()
    onTestFinished(() => transport.close())
    const { signal } = new AbortController()
    const url = `${origin.url}/sdk/poll`
    expect((await transport.request({ method: 'GET', url, headers: {}, signal })).status).toBe(200)
    expect(proxy.seen).toHaveLength(1)
    expect(await reach(url, { proxy: 'none' })).toBe('200 data')
    expect(proxy.seen).toHaveLength(1)
  })

  it('(S21) does not send an http service through the proxy for https', async () => {
    const [origin, proxy] = [await startService('http'), await startProxy()]
    environment({ HTTPS_PROXY: proxy.url })
    expect(await reach(`${origin.url}/sdk/poll`, { proxy: 'environment' })).toBe('200 data')
    expect(proxy.seen).toEqual([])
  })

  it('(S21) lets lower case count before upper case', async () => {
    const [origin, proxy] = [await startService('http'), await startProxy()]
    environment({ HTTP_PROXY: 'http://127.0.0.1:1', http_proxy: proxy.url })
    expect(await reach(`${origin.url}/sdk/poll`, { proxy: 'environment' })).toBe('200 data')
    expect(proxy.seen).toHaveLength(1)
  })

  it.each([
    ['the host', (host: string) => host.replace(/:.*/, '')],
    ['host and port', (host: string) => host],
    ['a list', (host: string) => `example.com, ${host}`],
    ['everything', () => '*'],
    ['a range of addresses', () => '10.0.0.0/8,127.0.0.0/8'],
    ['ranges separated by spaces', () => '10.0.0.0/8 127.0.0.0/8'],
  ])('(S21) spares what NO_PROXY names: %s', async (_, name) => {
    const [origin, proxy] = [await startService('https'), await startProxy()]
    for (const variable of ['NO_PROXY', 'no_proxy']) {
      environment({ HTTPS_PROXY: proxy.url, [variable]: name(hostOf(origin)) })
      expect(await reach(`${origin.url}/sdk/poll`, { tls, proxy: 'environment' })).toBe('200 data')
    }
    expect(proxy.seen).toEqual([])
  })

  it('(S21) spares nothing else, and nothing at all when a proxy is named by option', async () => {
    const [origin, proxy] = [await startService('https'), await startProxy()]
    environment({ HTTPS_PROXY: proxy.url, NO_PROXY: 'example.com,127.0.0.1:1' })
    await reach(`${origin.url}/sdk/poll`, { tls, proxy: 'environment' })
    expect(proxy.seen).toHaveLength(1)
    environment({ NO_PROXY: '*' })
    await reach(`${origin.url}/sdk/poll`, { tls, proxy: proxy.url })
    expect(proxy.seen).toHaveLength(2)
  })

  it('may name a proxy without its scheme', () => {
    const proxyFor = environmentProxies({ HTTPS_PROXY: 'proxy.example:3128' })
    expect(proxyFor(new URL('https://service.example'))).toBe('http://proxy.example:3128')
    expect(proxyFor(new URL('http://service.example'))).toBeUndefined()
  })

  it.each(['socks5://p:1', 'http://', 'http://us%zzer:secret@p:1', 'http://secret:1:2'])(
    '(S21) that names nonsense is a named error that does not repeat it: %s',
    async (value) => {
      environment({ HTTP_PROXY: value })
      const origin = await startService('http')
      const error = await refusal(`${origin.url}/sdk/poll`, { proxy: 'environment' })
      expect(classifyFailure(error)).toEqual({
        type: 'interrupted',
        error: {
          kind: 'network_error',
          message: 'HTTP_PROXY is not the URL of an http or https proxy',
        },
      })
    },
  )
})

it.each([
  ['http://proxy', true],
  ['https://user:p%40ss@proxy:8080/', true],
  ['proxy:3128', false],
  ['http://proxy/?a=b', false],
  ['http://user:p#w@proxy', false],
  ['socks5://proxy', false],
  ['ftp://proxy', false],
  ['http://us%er@proxy', false],
  ['', false],
])('isProxyUrl(%j) is %s', (text, expected) => {
  expect(isProxyUrl(text)).toBe(expected)
})

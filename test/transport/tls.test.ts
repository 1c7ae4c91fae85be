import { readFileSync } from 'node:fs'
import { createSecureServer, type Http2SecureServer } from 'node:http2'
import { createServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { Agent } from 'undici'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { classifyFailure } from '../../src/transport/classify.ts'
import type { TlsOptions } from '../../src/transport/tls.ts'
import { undiciTransport } from '../../src/transport/undici-transport.ts'
import { CA, certificate, certificatePath } from '../support/certificates.ts'
import { bytes, type Origin, startOrigin } from '../support/origin.ts'
import { startProxy } from '../support/proxy.ts'
import { CREDENTIAL, reach, refusal } from './reaching.ts'

async function startTls(name: Parameters<typeof certificate>[0]): Promise<Origin> {
  const origin = await startOrigin({ tls: certificate(name) })
  origin.poll.always(bytes(200, {}, 'data'))
  return origin
}

async function startClientChecking(options: ServerOptions): Promise<string> {
  const server = createServer({ ...certificate('leaf'), ...options }, (request, response) => {
    const socket = request.socket as TLSSocket
    response.end(`hello ${String(socket.getPeerCertificate().subject?.CN)}`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => server.closeAllConnections())
  onTestFinished(() => void server.close())
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}/sdk/poll`
}

describe('a certificate', () => {
  const bad: readonly (readonly [
    what: string,
    name: Parameters<typeof certificate>[0],
    tls: TlsOptions,
    code: string,
    advice: string,
  ])[] = [
    ['signed by itself', 'self-signed', {}, 'DEPTH_ZERO_SELF_SIGNED_CERT', 'tls.ca'],
    ['of an authority nobody knows', 'leaf', {}, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls.ca'],
    ['of another authority', 'self-signed', { ca: CA }, 'DEPTH_ZERO_SELF_SIGNED_CERT', 'tls.ca'],
    ['that has expired', 'expired', { ca: CA }, 'CERT_HAS_EXPIRED', 'clock'],
    ['that is not yet valid', 'future', { ca: CA }, 'CERT_NOT_YET_VALID', 'clock'],
    ['for another host', 'wrong-host', { ca: CA }, 'ERR_TLS_CERT_ALTNAME_INVALID', 'tls.servername'],
    [
      'for this host when another is expected',
      'leaf',
      { ca: CA, servername: 'flags.example.test' },
      'ERR_TLS_CERT_ALTNAME_INVALID',
      'tls.servername',
    ],
  ]

  it.each(bad)('(D9, D21) %s is permanent, named, and explained', async (_, name, tls, code, advice) => {
    const origin = await startTls(name)
    const failure = classifyFailure(await refusal(`${origin.url}/sdk/poll`, { tls }))
    expect(failure).toMatchObject({ type: 'terminalError', error: { kind: 'network_error' } })
    expect(failure.error.message).toContain(code)
    expect(failure.error.message).toContain(advice)
    expect(failure.error.message).not.toContain(CREDENTIAL)
    expect(origin.poll.received).toEqual([])
    // Refused once, not tried over and over behind our back.
    expect(origin.accepted).toBe(1)
  })

  it.each(bad)('(D9, D21) %s is as bad through a tunnel', async (_, name, tls, code) => {
    const origin = await startTls(name)
    const proxy = await startProxy()
    const failure = classifyFailure(await refusal(`${origin.url}/sdk/poll`, { tls, proxy: proxy.url }))
    expect(failure).toMatchObject({ type: 'terminalError', error: { kind: 'network_error' } })
    expect(failure.error.message).toContain(code)
    expect(origin.poll.received).toEqual([])
    expect(proxy.seen).toHaveLength(1)
  })

  it.each([
    ['of an authority that was given', 'leaf', { ca: CA }],
    ['of an authority that was given among others', 'leaf', { ca: [certificate('self-signed').cert, CA] }],
    ['of an authority that was given as text', 'leaf', { ca: CA.toString() }],
    ['signed by itself, when it was given', 'self-signed', { ca: certificate('self-signed').cert }],
    ['for another host, when that is expected', 'wrong-host', { ca: CA, servername: 'flags.example.test' }],
  ] as const)('(D21) %s is believed', async (_, name, tls) => {
    const origin = await startTls(name)
    expect(await reach(`${origin.url}/sdk/poll`, { tls })).toBe('200 data')
    const { url } = await startProxy()
    expect(await reach(`${origin.url}/sdk/poll`, { tls, proxy: url })).toBe('200 data')
  })

  it.each(['self-signed', 'expired', 'wrong-host'] as const)(
    '(D21) any is believed when nobody is to verify: %s',
    async (name) => {
      const origin = await startTls(name)
      const tls = { verify: 'never' } as const
      expect(await reach(`${origin.url}/sdk/poll`, { tls })).toBe('200 data')
      const { url } = await startProxy({ tls: certificate('expired') })
      expect(await reach(`${origin.url}/sdk/poll`, { tls, proxy: url })).toBe('200 data')
    },
  )

  it('(D21.2) is verified even where the environment switched that off', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
    onTestFinished(() => void vi.unstubAllEnvs())
    const origin = await startTls('self-signed')
    const { url } = await startProxy()
    for (const proxy of ['none', url]) {
      expect(await refusal(`${origin.url}/sdk/poll`, { proxy })).toHaveProperty(
        'code',
        'DEPTH_ZERO_SELF_SIGNED_CERT',
      )
    }
    expect(origin.poll.received).toEqual([])
  })
})

describe('a certificate of ours', () => {
  it('(D21) is shown to a service that asks for one', async () => {
    const url = await startClientChecking({ ca: CA, requestCert: true, rejectUnauthorized: true })
    const proxy = await startProxy()
    for (const way of ['none', proxy.url]) {
      const tls = { ca: CA, ...certificate('client') }
      expect(await reach(url, { tls, proxy: way })).toBe('200 hello halyard tests, client')
    }
  })

  it('(D21) may have its key under a passphrase', async () => {
    const url = await startClientChecking({ ca: CA, requestCert: true, rejectUnauthorized: true })
    const key = readFileSync(certificatePath('client-encrypted.key.pem'))
    const tls = { ca: CA, cert: certificate('client').cert, key, passphrase: 'halyard' }
    expect(await reach(url, { tls })).toBe('200 hello halyard tests, client')
  })

  it('(D9) that is missing is a word of the service, not a certificate we do not believe', async () => {
    const url = await startClientChecking({ ca: CA, requestCert: true, rejectUnauthorized: true })
    const failure = classifyFailure(await refusal(url, { tls: { ca: CA } }))
    expect(failure).toMatchObject({ type: 'interrupted', error: { kind: 'network_error' } })
  })

  it('(D21) is not shown to a proxy', async () => {
    const origin = await startTls('leaf')
    const proxy = await startProxy({ tls: certificate('leaf') })
    const tls = { ca: CA, ...certificate('client'), servername: 'localhost' }
    expect(await reach(`${origin.url}/sdk/poll`, { tls, proxy: proxy.url })).toBe('200 data')
    expect(proxy.seen).toMatchObject([{ shown: undefined }])
  })
})

describe('HTTP/2', () => {
  async function startHttp2(
    answer: (server: Http2SecureServer) => void,
  ): Promise<{ readonly url: string; readonly sessions: () => number }> {
    let sessions = 0
    const server = createSecureServer({ ...certificate('leaf'), allowHTTP1: false })
    server.on('session', (session) => {
      sessions++
      session.on('error', () => {})
      onTestFinished(() => session.destroy())
    })
    answer(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    return { url: `https://127.0.0.1:${port}`, sessions: () => sessions }
  }

  it.each(['directly', 'through a tunnel'])(
    '(D21) is spoken to a service that speaks nothing else, %s',
    async (way) => {
      const { url } = await startHttp2((server) =>
        server.on('request', (request, response) => {
          response.setHeader('etag', 'e')
          response.end(
            `${request.httpVersion} ${request.headers[':authority']} ${request.headers.authorization}`,
          )
        }),
      )
      const proxy = way === 'directly' ? 'none' : (await startProxy()).url
      const { host } = new URL(url)
      expect(await reach(`${url}/sdk/poll`, { tls: { ca: CA }, proxy })).toBe(`200 2.0 ${host} ${CREDENTIAL}`)
    },
  )

  it('(D21) is refused with an untrusted certificate, as any other server', async () => {
    const { url } = await startHttp2((server) => server.on('request', (_, response) => response.end()))
    expect(classifyFailure(await refusal(url)).type).toBe('terminalError')
  })

  it('a stream that is reset is a failure of the network, and named', async () => {
    const { url } = await startHttp2((server) =>
      server.on('stream', (stream) => {
        stream.on('error', () => {})
        stream.respond({ ':status': 200 })
        stream.write('half', () => stream.destroy(new Error('enough')))
      }),
    )
    const failure = classifyFailure(await refusal(url, { tls: { ca: CA } }))
    expect(failure).toMatchObject({ type: 'interrupted', error: { kind: 'network_error' } })
    expect(failure.error.message).toMatch(/ERR_HTTP2|UND_ERR/)
  })
})

describe('a dispatcher that was handed in', () => {
  it('carries every request, and is not closed', async () => {
    const origin = await startTls('leaf')
    const agent = new Agent({ connect: { ca: CA } })
    onTestFinished(() => agent.destroy())
    const asked: (string | undefined)[] = []
    const dispatcher = agent.compose((dispatch) => (options, handler) => {
      asked.push(options.path)
      return dispatch(options, handler)
    })

    expect(await reach(`${origin.url}/sdk/poll`, { dispatcher, proxy: 'http://127.0.0.1:1' })).toBe(
      '200 data',
    )
    expect(asked).toEqual(['/sdk/poll'])

    await undiciTransport({ dispatcher }).close()
    expect(agent.destroyed || agent.closed).toBe(false)
    expect(await reach(`${origin.url}/sdk/poll`, { dispatcher })).toBe('200 data')
  })
})

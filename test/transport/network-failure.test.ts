import type { RequestListener } from 'node:http'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import { type AddressInfo, createServer as createRawServer, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { describe, expect, it, onTestFinished } from 'vitest'
import { classifyFailure } from '../../src/transport/classify.ts'
import { describeNetworkFailure } from '../../src/transport/network-failure.ts'
import type { Network } from '../../src/transport/undici-transport.ts'
import { CA, certificate } from '../support/certificates.ts'
import { startProxy } from '../support/proxy.ts'
import { refusal } from './reaching.ts'

/** Listens on 127.0.0.1 until the test ends; returns the port. */
async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => void sockets.add(socket.on('error', () => {})))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return (server.address() as AddressInfo).port
}

const answer: RequestListener = (_, response) => void response.end('data')
const http = (): Promise<number> => listening(createHttpServer(answer))
const https = (name: Parameters<typeof certificate>[0], more: ServerOptions = {}): Promise<number> =>
  listening(createTlsServer({ ...certificate(name), ...more }, answer))

/** A proxy that answers everything with one status. */
async function refusing(status: number): Promise<number> {
  const server = createHttpServer((_, response) => void response.writeHead(status).end())
  server.on('connect', (_, client: Duplex) =>
    client.on('error', () => {}).end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`),
  )
  return listening(server)
}

async function messageOf(url: string, network: Network = {}): Promise<string> {
  const { error } = classifyFailure(await refusal(url, { tls: { ca: CA }, ...network }))
  expect(error.message).not.toMatch(/\n|SSL routines|[0-9A-F]{16}|secret/)
  return error.message
}

describe('(S157) the message of a connection that fails names host, address, reason and remedy:', () => {
  it('https to an http port', async () => {
    const port = await http()
    expect(await messageOf(`https://localhost:${port}`)).toBe(
      `localhost:${port} (127.0.0.1): the server does not speak TLS at this port; use http:// or the port for https (ERR_SSL_WRONG_VERSION_NUMBER)`,
    )
    expect(await messageOf(`https://127.0.0.1:${port}`)).toMatch(new RegExp(`^127.0.0.1:${port}: the server`))
  })

  it('http to an https port that closes the connection', async () => {
    const port = await https('leaf')
    expect(await messageOf(`http://localhost:${port}`)).toBe(
      `localhost:${port} (127.0.0.1): the server closed the connection without an answer; if it speaks TLS at this port, use https:// (UND_ERR_SOCKET)`,
    )
  })

  it('http to a port that answers with an alert of TLS', async () => {
    const alert = Buffer.from([0x15, 3, 1, 0, 2, 2, 70])
    const port = await listening(createRawServer((socket) => void socket.end(alert)))
    expect(await messageOf(`http://localhost:${port}`)).toMatch(
      new RegExp(`^localhost:${port}: the server does not speak HTTP at this port; .* https://`),
    )
  })

  it.each([
    ['self-signed', 'self-signed certificate', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'tls.ca'],
    ['expired', 'certificate has expired', 'CERT_HAS_EXPIRED', 'the server needs another one'],
    ['wrong-host', 'Host: localhost. is not in', 'ERR_TLS_CERT_ALTNAME_INVALID', 'check the host'],
  ] as const)('a certificate that is %s', async (name, reason, code, remedy) => {
    const port = await https(name)
    const message = await messageOf(`https://localhost:${port}`)
    expect(message.startsWith(`localhost:${port} (127.0.0.1): the certificate is not trusted: `)).toBe(true)
    for (const part of [reason, code, remedy]) expect(message).toContain(part)
  })

  it.each([
    ['the server speaks TLS 1.1 only', { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' }, {}],
    ['the server speaks TLS 1.3 only', { minVersion: 'TLSv1.3' }, { secureProtocol: 'TLSv1_2_method' }],
  ] as const)('TLS versions that differ: %s', async (_, server, tls) => {
    const port = await https('leaf', { ...server, ciphers: 'DEFAULT@SECLEVEL=0' })
    expect(await messageOf(`https://localhost:${port}`, { tls: { ca: CA, ...tls } })).toBe(
      `localhost:${port} (127.0.0.1): client and server have no TLS version in common; the server has to allow TLS 1.2 or 1.3 (ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION)`,
    )
  })

  it('no cipher suite in common', async () => {
    const port = await https('leaf', { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' })
    const tls = { ca: CA, ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' }
    expect(await messageOf(`https://localhost:${port}`, { tls })).toMatch(
      /\(127\.0\.0\.1\): client and server have no cipher suite in common, .*tls\.cert and tls\.key.* \(ERR_SSL_/,
    )
  })

  it('a closed port, and an unknown host name', async () => {
    expect(await messageOf('http://localhost:1')).toMatch(
      /^localhost:1: no server listens at .*127\.0\.0\.1:1; check host and port, and that the server runs \(ECONNREFUSED\)$/,
    )
    expect(await messageOf('https://nowhere.invalid')).toMatch(
      /^nowhere\.invalid:443: the host name nowhere\.invalid (is unknown; check its spelling|cannot be looked up now; check DNS)/,
    )
  })
})

describe('(S157) the message of a proxy that fails names the proxy, the reason and the remedy:', () => {
  it.each([
    ['https', 407, 'give its user and password in the URL of the proxy'],
    ['http', 407, 'give its user and password in the URL of the proxy'],
    ['https', 403, 'it has to allow this host'],
    ['https', 502, 'check the host, and that the proxy reaches it'],
  ] as const)('on the way to %s, status %s', async (scheme, status, remedy) => {
    const port = await refusing(status)
    const message = await messageOf(`${scheme}://flags.example.com`, {
      proxy: `http://u:secret@localhost:${port}`,
    })
    const host = `flags.example.com:${scheme === 'https' ? 443 : 80}`
    expect(message).toMatch(new RegExp(`^${host} through the proxy localhost:${port}`))
    expect(message).toContain(`the proxy answered ${status}; ${remedy}`)
  })

  it.each(['http', 'https'] as const)('no proxy listens (%s)', async (scheme) => {
    expect(
      await messageOf(`${scheme}://flags.example.com`, { proxy: 'http://u:secret@localhost:1' }),
    ).toMatch(/^the proxy localhost:1: no server listens at .*127\.0\.0\.1:1; check .* \(ECONNREFUSED\)$/)
  })

  it.each(['http', 'https'] as const)('https to a proxy that speaks http (%s)', async (scheme) => {
    const port = await http()
    expect(
      await messageOf(`${scheme}://flags.example.com`, { proxy: `https://u:secret@localhost:${port}` }),
    ).toBe(
      `the proxy localhost:${port} (127.0.0.1): the server does not speak TLS at this port; use http:// or the port for https (ERR_SSL_WRONG_VERSION_NUMBER)`,
    )
  })

  it.each(['http', 'https'] as const)('http to a proxy that speaks https (%s)', async (scheme) => {
    const port = await https('leaf')
    expect(
      await messageOf(`${scheme}://flags.example.com`, { proxy: `http://u:secret@localhost:${port}` }),
    ).toMatch(
      new RegExp(
        `the proxy localhost:${port}.*: the proxy closed the connection without an answer; .* https://`,
      ),
    )
  })

  it.each([
    ['http', 'self-signed'],
    ['https', 'self-signed'],
    ['https', 'wrong-host'],
  ] as const)('a proxy on the way to %s with a certificate that is %s', async (scheme, name) => {
    const port = await https(name)
    expect(
      await messageOf(`${scheme}://flags.example.com`, { proxy: `https://u:secret@localhost:${port}` }),
    ).toMatch(new RegExp(`^the proxy localhost:${port} \\(127.0.0.1\\): the certificate is not trusted: `))
  })

  it('a service behind a proxy with a certificate of another host', async () => {
    const [port, proxy] = [await https('wrong-host'), await startProxy()]
    expect(await messageOf(`https://localhost:${port}`, { proxy: proxy.url })).toMatch(
      new RegExp(
        `^localhost:${port} through the proxy ${new URL(proxy.url).host}: the certificate is not trusted: `,
      ),
    )
  })
})

it('(S157) all addresses that refused are named', () => {
  const refused = (address: string): Error =>
    Object.assign(new Error('connect'), { code: 'ECONNREFUSED', address, port: 8500 })
  expect(describeNetworkFailure(new AggregateError([refused('::1'), refused('127.0.0.1')]))).toBe(
    'no server listens at [::1]:8500 and 127.0.0.1:8500; check host and port, and that the server runs (ECONNREFUSED)',
  )
})

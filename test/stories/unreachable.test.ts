import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { ConnectionOptions } from '../../src/config/config.ts'
import { presets } from '../../src/config/presets.ts'
import { running } from '../cli/running.ts'
import { CA, certificate, certificatePath } from '../support/certificates.ts'
import { startEngine } from '../support/engine.ts'
import { runRelayCommand } from '../support/relay-command.ts'

const KEY = 'sdk-unreachable-7d21'

/** A cause of failure: the URL of the service, the proxy, and the expected message. */
interface Fault {
  readonly url: string
  readonly proxy?: string
  readonly message: RegExp
}

const FAULTS: Readonly<Record<string, () => Promise<Fault>>> = {
  'https to an http port': async () => {
    const port = await plainServer()
    return {
      url: `https://localhost:${port}`,
      message: /localhost:\d+ \(127\.0\.0\.1\): the server does not speak TLS at this port; use http:\/\//,
    }
  },
  'http to an https port': async () => ({
    url: `http://localhost:${await tlsServer('leaf')}`,
    message: /localhost:\d+ \(127\.0\.0\.1\): the server closed the connection .* use https:\/\//,
  }),
  'a certificate of another host': async () => ({
    url: `https://localhost:${await tlsServer('wrong-host')}`,
    message: /localhost:\d+ \(127\.0\.0\.1\): the certificate is not trusted: .*; check the host/,
  }),
  'an expired certificate': async () => ({
    url: `https://localhost:${await tlsServer('expired')}`,
    message: /localhost:\d+ \(127\.0\.0\.1\): the certificate is not trusted: certificate has expired/,
  }),
  'a self-signed certificate': async () => ({
    url: `https://localhost:${await tlsServer('self-signed')}`,
    message:
      /localhost:\d+ \(127\.0\.0\.1\): the certificate is not trusted: .*tls\.ca \(in a relay: caCertFiles\)/,
  }),
  'another TLS version': async () => ({
    url: `https://localhost:${await tlsServer('leaf', 'TLSv1.1')}`,
    message: /localhost:\d+ \(127\.0\.0\.1\): client and server have no TLS version in common/,
  }),
  'a proxy that requires a password': () =>
    refusingProxy(407, /proxy answered 407; give its user and password/),
  'a proxy that cannot reach the host': () => refusingProxy(502, /proxy answered 502; check the host/),
  'a proxy that does not listen': () =>
    Promise.resolve({
      url: 'https://flags.example.com',
      proxy: 'http://u:secret@localhost:1',
      message: /the proxy localhost:1: no server listens at .*127\.0\.0\.1:1; check host and port/,
    }),
}
const NAMES = Object.keys(FAULTS)

function plainServer(): Promise<number> {
  return listenFor(createServer((_, response) => response.end()))
}

function tlsServer(name: Parameters<typeof certificate>[0], version?: 'TLSv1.1'): Promise<number> {
  const old = version && { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' }
  return listenFor(createTlsServer({ ...certificate(name), ...old }, (_, response) => response.end()))
}

async function refusingProxy(status: number, message: RegExp): Promise<Fault> {
  const server = createServer()
  server.on('connect', (_, client: Duplex) =>
    client.on('error', () => {}).end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`),
  )
  const port = await listenFor(server)
  return { url: 'https://flags.example.com', proxy: `http://u:secret@localhost:${port}`, message }
}

/** Listens on 127.0.0.1 until the test ends; returns the port. */
async function listenFor(server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => void sockets.add(socket.on('error', () => {})))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return (server.address() as AddressInfo).port
}

/** Expects a line with the message, and neither OpenSSL's text nor the proxy's password. */
function expectLine(output: string, message: RegExp): void {
  const line = output.split('\n').find((each) => message.test(each))
  expect(line, output).toBeDefined()
  expect(output).not.toMatch(/SSL routines|openssl|secret/)
}

describe.each(['streaming', 'pollingOnly'] as const)(
  '(S157) reports the reason of a failure for a source of presets.%s():',
  (name) => {
    it.each(NAMES)('%s', async (fault) => {
      const { url, proxy = 'none', message } = await (FAULTS[fault] as () => Promise<Fault>)()
      const authorities = fault === 'a self-signed certificate' ? {} : { tls: { ca: CA } }
      const options: ConnectionOptions = {
        endpoints: { polling: url, streaming: url },
        proxy,
        ...authorities,
      }
      const engine = startEngine({ plan: presets[name](), ...options })
      await engine.until(({ status }) => status.current.lastError !== undefined, 'an error')
      const text = engine.system.status.current.lastError?.message ?? ''
      expect(text).not.toContain('\n')
      expectLine(text, message)
    })
  },
)

it('(S157) reports in halyard relay and halyard archive export why the service cannot be reached', async () => {
  for (const fault of [
    'https to an http port',
    'an expired certificate',
    'a proxy that requires a password',
  ]) {
    const { url, proxy = '', message } = await (FAULTS[fault] as () => Promise<Fault>)()
    const { username, password, origin } = URL.parse(proxy) ?? {}
    const settings = {
      LD_ENV_one: KEY,
      BASE_URI: url,
      STREAM_URI: url,
      INIT_TIMEOUT: '5s',
      PROXY_CA_CERTS: certificatePath('ca.cert.pem'),
      ...(origin !== undefined && {
        PROXY_URL: origin,
        PROXY_AUTH_USER: username,
        PROXY_AUTH_PASSWORD: password,
      }),
    }
    const relay = await runRelayCommand(['--from-env'], {
      ...settings,
      PORT: '0',
      HALYARD_RELAY_HOST: '127.0.0.1',
    })
    expect(relay.code).toBe(1)
    expectLine(relay.output, message)
    const exported = await running(['archive', 'export', '--from-env', '--out', '/nowhere/archive'], settings)
    expect(exported.status).toBe(1)
    expectLine(exported.stderr, message)
  }
})

it('(S157) reports in halyard inspect why a database cannot be reached', async () => {
  const port = await plainServer()
  for (const store of [`rediss://localhost:${port}`, `consuls://localhost:${port}`]) {
    const { status, stderr } = await running(['inspect', store])
    expect(status).toBe(2)
    expectLine(stderr, /localhost:\d+.*the server does not speak TLS at this port/)
  }
  const dynamodb = 'dynamodb://flags?region=eu-west-1&endpoint='
  const env = { AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'key', AWS_MAX_ATTEMPTS: '1' }
  const { stderr } = await running(['inspect', `${dynamodb}https://localhost:${port}`], env)
  expectLine(stderr, /localhost:\d+.*the server does not speak TLS at this port/)
})

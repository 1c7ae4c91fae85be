import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createRawServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { RelayServer } from '../../src/relay/relay.ts'
import { NOWHERE, start } from '../relay/starting.ts'
import { certificatePath } from '../support/certificates.ts'
import { running } from './running.ts'

const portOf = ({ url }: { readonly url: string | undefined }): string => new URL(String(url)).port

const TLS = { certFile: certificatePath('leaf.cert.pem'), keyFile: certificatePath('leaf.key.pem') }

async function serve(listener: RequestListener): Promise<string> {
  const http = createServer(listener).listen(0, '127.0.0.1')
  await once(http, 'listening')
  onTestFinished(() => {
    http.closeAllConnections()
    http.close()
  })
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`
}

/** Starts a relay without data, which is alive and not ready. */
const relayWithoutData = (more: Parameters<typeof start>[0] = {}): Promise<RelayServer> =>
  start({ endpoints: NOWHERE, ...more })

describe('(S215) halyard health and halyard ready', () => {
  it('(S215.1) ask the relay of this machine at the port of the variables', async () => {
    const relay = await relayWithoutData()
    const env = { PORT: portOf(relay) }
    expect(await running(['health'], env)).toEqual({
      status: 0,
      stdout: `alive: http://127.0.0.1:${portOf(relay)}/healthz\n`,
      stderr: '',
    })
    expect(await running(['ready'], env)).toEqual({
      status: 1,
      stdout: '',
      stderr: `not ready: http://127.0.0.1:${portOf(relay)}/readyz: test: there is no data to serve\n`,
    })
    const archived = await start({ endpoints: NOWHERE, ready: { requires: [] } })
    expect((await running(['ready'], { PORT: portOf(archived) })).status).toBe(0)
  })

  it('(S215.1) prefer the port of operators, which SDKs cannot use up', async () => {
    const relay = await relayWithoutData({ admin: { port: 0 } })
    const env = { PORT: '1', HALYARD_RELAY_ADMIN_PORT: portOf({ url: relay.adminUrl }) }
    expect((await running(['health'], env)).status).toBe(0)
  })

  it('(S215.1) read the file, whose other options may be wrong at this moment', async () => {
    const relay = await relayWithoutData()
    const directory = mkdtempSync(join(tmpdir(), 'halyard-probe-'))
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
    const path = join(directory, 'relay.conf')
    writeFileSync(path, `[Main]\nport = ${portOf(relay)}\nlogLevel = loud\n[Nonsense]\n`)
    expect((await running(['health', '--config', path])).status).toBe(0)
    writeFileSync(path, '[Main]\nport = 99999\n')
    const { status, stderr } = await running(['health', '--config', path])
    expect([status, stderr]).toEqual([
      1,
      expect.stringContaining('relay.conf:2 [Main] port: expected a port'),
    ])
    expect((await running(['health', '--config', join(directory, 'gone')])).stderr).toContain(
      'does not exist',
    )
  })

  it('(S215.2) need no certificate authority on this machine, and verify the certificate of --url', async () => {
    const relay = await relayWithoutData({ tls: TLS })
    const own = await running(['health'], { PORT: portOf(relay), TLS_ENABLED: '1' })
    expect([own.status, own.stdout]).toEqual([0, `alive: https://127.0.0.1:${portOf(relay)}/healthz\n`])
    const unknown = await running(['health', '--url', relay.url])
    expect([unknown.status, unknown.stderr]).toEqual([1, expect.stringMatching(/certificate/)])
    const ca = ['--ca', certificatePath('ca.cert.pem')]
    expect((await running(['health', '--url', relay.url, ...ca])).status).toBe(0)
    const named = await running(['health', '--url', relay.url, ...ca, '--server-name', 'other.example.test'])
    expect([named.status, named.stderr]).toEqual([1, expect.stringContaining('other.example.test')])
  })

  it('(S215.3) print one line with the cause of a failure', async () => {
    const failure = async (url: string, ...more: readonly string[]): Promise<string> => {
      const { status, stdout, stderr } = await running(['ready', '--url', url, ...more])
      expect([status, stdout, stderr.split('\n').length]).toEqual([1, '', 2])
      return stderr.trim().replace(`not ready: ${url}/readyz: `, '')
    }
    expect(await failure('http://127.0.0.1:9')).toMatch(/^nothing listens there; .* \(ECONNREFUSED\)$/)
    expect(await failure(await serve(() => {}), '--timeout', '50ms')).toBe('no answer within 0.05 s')
    const halfBody: RequestListener = (_, response) => response.writeHead(503).write('{')
    expect(await failure(await serve(halfBody), '--timeout', '300ms')).toBe('no answer within 0.3 s')
    expect(await failure(await serve((_, response) => response.writeHead(404).end()))).toBe(
      'status 404; is this the address of a relay?',
    )
    const elsewhere = { location: 'http://127.0.0.1:9/' }
    expect(await failure(await serve((_, response) => response.writeHead(302, elsewhere).end()))).toMatch(
      /^status 302/,
    )
    const json = (body: unknown) => serve((_, response) => response.writeHead(503).end(JSON.stringify(body)))
    expect(await failure(await json({ status: 'closing' }))).toBe('it is shutting down')
    const failing = Object.fromEntries(
      ['a\n\u001b[31m', 'b', 'c', 'd', 'e'].map((name) => [name, { data: 'none' }]),
    )
    expect(await failure(await json({ failing }))).toBe('a \\u001b[31m: none; b: none; c: none; and 2 more')
    expect(await failure(await json([{}]))).toMatch(/^status 503/)
    expect(
      await failure(await serve((_, response) => response.writeHead(503).end('x'.repeat(10_000_000)))),
    ).toMatch(/^status 503/)
    const http = await serve(() => {})
    expect(await failure(http.replace('http:', 'https:'))).toMatch(
      /^no TLS handshake; does the relay serve http/,
    )
    const { url } = await relayWithoutData({ tls: TLS })
    expect(await failure(url.replace('https:', 'http:'))).toMatch(/does the relay serve https there/)
    const silent = createRawServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    onTestFinished(() => void silent.close())
    expect(await failure(`http://127.0.0.1:${(silent.address() as AddressInfo).port}`)).toMatch(
      /closed without an answer/,
    )
  })

  it.each([
    [['--url', 'ftp://x'], '--url needs an http or https URL'],
    [['--url', 'http://user:hunter2@h'], '--url needs an http or https URL'],
    [['--timeout', '5'], '--timeout needs a duration, such as 5s'],
    [['http://x'], 'health takes no arguments; use --url'],
  ])('(S215.4) exit with 2 for a wrong command line: %j', async (args, message) => {
    const { status, stderr } = await running(['health', ...args])
    expect([status, stderr]).toEqual([2, expect.stringContaining(message)])
    expect(stderr).not.toContain('hunter2')
  })

  it('(S215.4) need --url if the configured port is 0', async () => {
    expect((await running(['health'], { PORT: '0' })).stderr).toContain('pass the address with --url')
  })
})

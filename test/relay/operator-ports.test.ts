import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { RelayConfig } from '../../src/relay/config/relay-config.ts'
import type { RelayServer } from '../../src/relay/relay.ts'
import { notes } from '../client/starting.ts'
import { certificatePath } from '../support/certificates.ts'
import { runRelayCommand, startRelayCommand } from '../support/relay-command.ts'
import { startRelayProcess } from '../support/relay-process.ts'
import { configOf, PRODUCTION, startRelay, startService } from './auto-config/starting.ts'
import { DEFAULTS, keyed, NOWHERE, silent, start } from './starting.ts'

const ADMIN = { port: 0, host: '127.0.0.1' }

const basic = (user: string, password: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
})

async function status(url: string | undefined, headers: Record<string, string> = {}): Promise<number> {
  const response = await fetch(String(url), { headers })
  await response.body?.cancel()
  return response.status
}

const statuses = async (
  url: string | undefined,
  paths: readonly string[],
  headers: Record<string, string> = {},
): Promise<Record<string, number>> =>
  Object.fromEntries(
    await Promise.all(paths.map(async (path) => [path, await status(`${url}${path}`, headers)] as const)),
  )

const PATHS = [
  '/',
  '/status',
  '/status/test',
  '/status/events',
  '/metrics',
  '/healthz',
  '/readyz',
  '/status/',
]

describe('a port for operators', () => {
  it('(S212.1) serves page, status and metrics, and no requests of SDKs', async () => {
    const relay = await start({ endpoints: NOWHERE, admin: ADMIN })
    expect(await statuses(relay.adminUrl, PATHS)).toEqual({
      ...Object.fromEntries(PATHS.map((path) => [path, 200])),
      '/readyz': 503,
    })
    for (const path of ['/sdk/poll', '/all', '/bulk', '/other'])
      expect([path, await status(relay.adminUrl + path, keyed)]).toEqual([path, 404])
  })

  it('(S212.2) leaves only probes on the port of SDKs, and there a status that names no environment', async () => {
    const relay = await start({ endpoints: NOWHERE, admin: ADMIN })
    expect(await statuses(relay.url, PATHS)).toEqual({
      '/': 401,
      '/status': 200,
      '/status/': 200,
      '/status/test': 401,
      '/status/events': 401,
      '/metrics': 401,
      '/healthz': 200,
      '/readyz': 503,
    })
    expect(await (await fetch(`${relay.url}/status`)).json()).toEqual({ status: 'degraded' })
    expect(await status(`${relay.url}/status?expect=status=degraded`)).toBe(200)
    expect(await status(`${relay.url}/status?expect=status=healthy`)).toBe(412)
    expect(await status(`${relay.url}/status?expect=environments.test.status=x`)).toBe(422)
    expect((await fetch(`${relay.url}/healthz`, { method: 'HEAD' })).status).toBe(200)
  })

  it('(S212.1) also of a relay with automatic configuration', async () => {
    const service = await startService(PRODUCTION)
    const relay = await startRelay(configOf(service, { admin: ADMIN, prometheus: { port: 0 } }))
    await relay.started
    expect(await status(`${relay.adminUrl}/status/env-production`)).toBe(200)
    expect(await status(`${relay.prometheusUrl}/metrics`)).toBe(200)
    expect(await status(`${relay.url}/metrics`)).toBe(401)
  })

  it('(S212.3) accepts operators while SDKs hold all of their connections, and limits operators, too', async () => {
    const relay = await startRelayProcess(
      ['--from-env'],
      {
        PORT: '0',
        HALYARD_RELAY_HOST: '127.0.0.1',
        HALYARD_RELAY_ADMIN_PORT: '0',
        LD_ENV_one: 'sdk-one',
        BASE_URI: 'http://127.0.0.1:9',
        STREAM_URI: 'http://127.0.0.1:9',
        IGNORE_CONNECTION_ERRORS: '1',
      },
      { openFiles: 700 },
    )
    await expect.poll(() => relay.output).toContain('for operators on ')
    const adminUrl = /for operators on (\S+)/.exec(relay.output)?.[1]
    await occupy(relay.url, 400)
    await expect.poll(() => relay.output).toContain('raise it (ulimit -n)')
    expect(await status(`${adminUrl}/healthz`)).toBe(200)
    await occupy(String(adminUrl), 260)
    await expect.poll(() => relay.output).toContain('256 are open on a port for operators')
    expect(await relay.stop()).toBe(0)
  })

  it('(S212.4) uses the certificate of the relay, except for the port of Prometheus', async () => {
    const tls = { certFile: certificatePath('leaf.cert.pem'), keyFile: certificatePath('leaf.key.pem') }
    const relay = await start({ endpoints: NOWHERE, admin: ADMIN, tls, prometheus: { port: 0 } })
    expect([relay.url, relay.adminUrl, relay.prometheusUrl].map((url) => url?.split(':')[0])).toEqual([
      'https',
      'https',
      'http',
    ])
  })

  it('(S212.5) names the option if a port is in use, and leaves no other port open', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    onTestFinished(() => void taken.close())
    const { port } = taken.address() as AddressInfo
    const settings = { LD_ENV_one: 'sdk-one', PORT: '0', HALYARD_RELAY_HOST: '127.0.0.1' }
    const run = async (more: Record<string, string>): Promise<string> => {
      const { code, output } = await runRelayCommand(['--from-env'], { ...settings, ...more })
      expect(code).toBe(1)
      return output
    }
    expect(await run({ HALYARD_RELAY_ADMIN_PORT: String(port) })).toContain(
      `127.0.0.1, port ${port}: the port is already in use (EADDRINUSE); see adminPort in [Main]`,
    )
    expect(await run({ USE_PROMETHEUS: '1', PROMETHEUS_PORT: String(port) })).toContain(
      'see port in [Prometheus]',
    )
    expect(await run({ PORT: String(port) })).toContain('see port in [Main]')
  })
})

/** Opens connections, which are closed after the test. */
async function occupy(url: string, count: number): Promise<void> {
  const { hostname, port } = new URL(url)
  const sockets: Socket[] = []
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
  })
  for (let serial = 0; serial < count; serial++) {
    const socket = connect(Number(port), hostname)
    socket.on('error', () => {})
    socket.resume()
    sockets.push(socket)
    await once(socket, 'connect')
  }
}

describe('a login of operators', () => {
  const PROTECTED = ['/', '/status', '/status/test', '/status/events', '/metrics'] as const
  const login = { username: 'ops', password: 'p:ä s' }
  const places: readonly (readonly [string, Partial<RelayConfig>, (relay: RelayServer) => string])[] = [
    ['the port of SDKs', {}, ({ url }) => url],
    ['the port of operators', { admin: ADMIN }, ({ adminUrl }) => String(adminUrl)],
  ]

  it.each(places)(
    '(S213.1) is required for page, status and metrics, but not for probes: %s',
    async (_, config, urlOf) => {
      const relay = await start({ endpoints: NOWHERE, adminLogin: login, ...config })
      const url = urlOf(relay)
      for (const path of PROTECTED) {
        const response = await fetch(url + path)
        expect([path, response.status]).toEqual([path, 401])
        expect(response.headers.get('www-authenticate')).toBe('Basic realm="Halyard relay", charset="UTF-8"')
        expect(await response.text()).toBe('')
        expect([path, await status(url + path, basic('ops', 'p:ä s'))]).toEqual([path, 200])
        for (const [user, password] of [
          ['ops', 'p:ä'],
          ['ops', ''],
          ['admin', 'p:ä s'],
          ['', ''],
        ] as const)
          expect([path, await status(url + path, basic(user, password))]).toEqual([path, 401])
        expect(await status(url + path, keyed)).toBe(401)
      }
      expect(await statuses(url, ['/healthz', '/readyz'])).toEqual({ '/healthz': 200, '/readyz': 503 })
    },
  )

  it('(S213.1) is required on the port of Prometheus, which serves nothing else', async () => {
    const relay = await start({ endpoints: NOWHERE, prometheus: { port: 0 }, adminLogin: login })
    const url = String(relay.prometheusUrl)
    expect(await status(`${url}/metrics`)).toBe(401)
    expect(await status(`${url}/metrics`, basic('ops', 'p:ä s'))).toBe(200)
    for (const path of ['/', '/status', '/healthz', '/sdk/poll'])
      expect([path, await status(url + path, basic('ops', 'p:ä s'))]).toEqual([path, 404])
  })

  it('(S213.2) logs wrong logins once, without them', async () => {
    const { log, logger } = notes()
    const relay = await start({ endpoints: NOWHERE, adminLogin: login }, { logger })
    for (let serial = 0; serial < 5; serial++)
      await status(`${relay.url}/status`, basic('ops', `wrong${serial}`))
    const lines = log.filter((line) => line.includes('operators:'))
    expect(lines).toHaveLength(1)
    expect(log.join('\n')).not.toMatch(/wrong\d|p:ä/)
  })

  it('(S213.3) reads the password file at each request, and refuses everything without a password', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'halyard-login-'))
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
    const passwordFile = join(directory, 'password')
    writeFileSync(passwordFile, 'first\n')
    const { log, logger } = notes()
    const relay = await start({ endpoints: NOWHERE, adminLogin: { passwordFile } }, { logger })
    const url = `${relay.url}/status`
    expect(await status(url, basic('admin', 'first'))).toBe(200)
    writeFileSync(passwordFile, 'second\n')
    expect(await status(url, basic('admin', 'first'))).toBe(401)
    expect(await status(url, basic('admin', 'second'))).toBe(200)
    for (const damage of [() => writeFileSync(passwordFile, '\n'), () => rmSync(passwordFile)]) {
      damage()
      expect(await status(url, basic('admin', ''))).toBe(401)
      expect(await status(url, basic('admin', 'second'))).toBe(401)
    }
    expect(log.filter((line) => line.includes('adminPasswordFile is empty or cannot be read'))).toHaveLength(
      1,
    )
  })

  it('(S213.4) a reload changes the login', async () => {
    const config = { ...DEFAULTS, endpoints: NOWHERE, adminLogin: login }
    const relay = await start(config, { logger: silent })
    await relay.reload({ ...config, adminLogin: { password: 'other' } })
    expect(await status(`${relay.url}/status`, basic('ops', 'p:ä s'))).toBe(401)
    expect(await status(`${relay.url}/status`, basic('admin', 'other'))).toBe(200)
  })
})

it('(S214.1) serves metrics where USE_PROMETHEUS and PROMETHEUS_PORT want them', async () => {
  const free = createServer().listen(0, '127.0.0.1')
  await once(free, 'listening')
  const { port } = free.address() as AddressInfo
  free.close()
  const relay = await startRelayCommand(['--from-env'], {
    PORT: '0',
    HALYARD_RELAY_HOST: '127.0.0.1',
    LD_ENV_one: 'sdk-one',
    BASE_URI: 'http://127.0.0.1:9',
    STREAM_URI: 'http://127.0.0.1:9',
    IGNORE_CONNECTION_ERRORS: '1',
    USE_PROMETHEUS: 'true',
    PROMETHEUS_PORT: String(port),
  })
  const response = await fetch(`http://127.0.0.1:${port}/metrics`)
  expect(await response.text()).toContain('halyard_relay_build_info')
  expect(await status(`${relay.url}/metrics`)).toBe(200)
  expect(await relay.stop()).toBe(0)
  await expect(fetch(`http://127.0.0.1:${port}/metrics`)).rejects.toThrow()
})

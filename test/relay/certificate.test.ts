import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { get } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/async/clock.ts'
import { certificateState } from '../../src/relay/certificate.ts'
import type { ServingTls } from '../../src/relay/config/option-groups.ts'
import type { RelayServer } from '../../src/relay/relay.ts'
import { notes } from '../client/starting.ts'
import { CA, certificatePath } from '../support/certificates.ts'
import { put } from '../support/origin.ts'
import { runRelayCommand, startRelayCommand } from '../support/relay-command.ts'
import { startRelayProcess } from '../support/relay-process.ts'
import { constant } from '../support/stored.ts'
import { parseExposition } from './metrics/parse-exposition.ts'
import { at, keyed, NOWHERE, start, upstream } from './starting.ts'

type Name = 'leaf' | 'wrong-host' | 'expired'

const NAMES: Readonly<Record<string, Name>> = {
  'halyard tests': 'leaf',
  'halyard tests, another host': 'wrong-host',
  'halyard tests, expired': 'expired',
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'halyard-tls-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** Replaces a file by renaming, as tools that renew certificates do. */
function replace(path: string, source: string): void {
  copyFileSync(certificatePath(source), `${path}.new`)
  renameSync(`${path}.new`, path)
}

function write({ certFile, keyFile }: ServingTls, name: Name): void {
  replace(certFile, `${name}.cert.pem`)
  replace(keyFile, `${name}.key.pem`)
}

function files(name: Name, directory = folder()): ServingTls {
  const tls = { certFile: join(directory, 'tls.crt'), keyFile: join(directory, 'tls.key') }
  write(tls, name)
  return tls
}

/** Returns which certificate a new connection receives. */
async function served(url: string): Promise<Name | undefined> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const { subject } = socket.getPeerCertificate()
  socket.destroy()
  return NAMES[String(subject.CN)]
}

async function read(url: string, path: string): Promise<string> {
  const request = get(url + path, { ca: CA, servername: 'localhost', agent: false })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of response) text += String(chunk)
  return text
}

const becomes = (relay: Pick<RelayServer, 'url'>, name: Name): Promise<void> =>
  expect.poll(() => served(relay.url), { interval: 200 }).toBe(name)

it('(S211.1) serves a renewed certificate to new connections, while an open stream continues', async () => {
  const service = await upstream('one')
  const tls = files('leaf')
  const { log, logger } = notes()
  const relay = await start({ endpoints: at(service), tls }, { logger })
  await relay.started
  const request = get(`${relay.url}/sdk/stream`, {
    headers: keyed,
    ca: CA,
    servername: 'localhost',
    agent: false,
  })
  onTestFinished(() => void request.destroy())
  const [stream] = (await once(request, 'response')) as [IncomingMessage]
  let text = ''
  stream.on('data', (chunk) => {
    text += String(chunk)
  })
  expect(await served(relay.url)).toBe('leaf')
  write(tls, 'wrong-host')
  await becomes(relay, 'wrong-host')
  service.change(put('a', 2, constant('a', 2, 'two')))
  await expect.poll(() => text).toContain('"version":2')
  expect(stream.destroyed).toBe(false)
  expect(log.filter((line) => line.includes('TLS certificate'))).toEqual([
    expect.stringMatching(/^info: TLS certificate: renewed, expires at 2120-01-01T00:00:00\.000Z/),
  ])
})

it('(S211.2) keeps the former certificate while the new one has no key yet, and logs once what to do', async () => {
  const tls = files('leaf')
  const { log, logger } = notes()
  const relay = await start({ endpoints: NOWHERE, tls }, { logger })
  const lines = (): readonly string[] => log.filter((line) => line.includes('TLS certificate'))
  replace(tls.certFile, 'wrong-host.cert.pem')
  await expect.poll(lines).toHaveLength(1)
  expect(await served(relay.url)).toBe('leaf')
  expect(lines()[0]).toMatch(
    /^error: .*tls\.crt and .*tls\.key have changed but cannot be used \(.*mismatch.*\)/,
  )
  expect(lines()[0]).toMatch(
    /still serves the former certificate, which expires at 2120.*write a certificate and its key/,
  )
  replace(tls.keyFile, 'wrong-host.key.pem')
  await becomes(relay, 'wrong-host')
  expect(lines()).toHaveLength(2)
  expect(log.join('\n')).not.toContain('PRIVATE')
})

it('(S211.1) follows the links that Kubernetes swaps for a renewed secret', async () => {
  const directory = folder()
  for (const [version, name] of [
    ['v1', 'leaf'],
    ['v2', 'wrong-host'],
  ] as const) {
    mkdirSync(join(directory, version))
    files(name, join(directory, version))
  }
  symlinkSync('v1', join(directory, '..data'))
  symlinkSync(join('..data', 'tls.crt'), join(directory, 'tls.crt'))
  symlinkSync(join('..data', 'tls.key'), join(directory, 'tls.key'))
  const tls = { certFile: join(directory, 'tls.crt'), keyFile: join(directory, 'tls.key') }
  const relay = await start({ endpoints: NOWHERE, tls })
  expect(await served(relay.url)).toBe('leaf')
  symlinkSync('v2', join(directory, '..data_tmp'))
  renameSync(join(directory, '..data_tmp'), join(directory, '..data'))
  await becomes(relay, 'wrong-host')
})

it('(S211.4) warns before the certificate expires and again afterwards, and reports the state in /status and /metrics', async () => {
  let now = Date.UTC(2119, 11, 1)
  const { log, logger } = notes()
  const tls = files('leaf')
  const relay = await start(
    { endpoints: NOWHERE, tls },
    { logger, clock: { ...systemClock, now: () => now } },
  )
  const lines = (): readonly string[] => log.filter((line) => line.includes('TLS certificate'))
  const state = async (): Promise<unknown> => JSON.parse(await read(relay.url, '/status')).certificate
  const expiresAt = Date.UTC(2120, 0, 1)
  expect(await state()).toEqual({ state: 'valid', expiresAt })
  const metrics = parseExposition(await read(relay.url, '/metrics'))
  const [sample] = metrics.get('halyard_relay_certificate_expiry_seconds')?.series.values() ?? []
  expect(sample?.value).toBe(expiresAt / 1_000)
  expect(lines()).toEqual([])
  now = Date.UTC(2119, 11, 20)
  await expect.poll(lines).toHaveLength(1)
  await expect.poll(state).toEqual({ state: 'expiring', expiresAt })
  now = Date.UTC(2120, 0, 2)
  await expect.poll(lines).toHaveLength(2)
  expect(lines()).toEqual([
    expect.stringMatching(/^warn: TLS certificate: expires soon, at 2120-01-01.*without a restart/),
    expect.stringMatching(/^error: TLS certificate: expired at 2120-01-01/),
  ])
})

it('(S211.3) warns in the last fifth of a short lifetime, and in the last 14 days of a long one', () => {
  const hour = 3_600_000
  const short = { validFrom: 0, expiresAt: 10 * hour }
  expect(certificateState(short, 7.9 * hour)).toBe('valid')
  expect(certificateState(short, 8.1 * hour)).toBe('expiring')
  expect(certificateState(short, 10 * hour)).toBe('expired')
  const long = { validFrom: 0, expiresAt: 365 * 24 * hour }
  expect(certificateState(long, 350 * 24 * hour)).toBe('valid')
  expect(certificateState(long, 352 * 24 * hour)).toBe('expiring')
})

it('(S91.4) a reload of the configuration does not depend on a certificate that is being replaced', async () => {
  const directory = folder()
  const tls = files('leaf', directory)
  const path = join(directory, 'relay.conf')
  const save = (...names: readonly string[]): void => {
    const main = [
      '[Main]',
      'port = 0',
      'host = 127.0.0.1',
      'tlsEnabled = true',
      `tlsCert = ${tls.certFile}`,
      `tlsKey = ${tls.keyFile}`,
      `baseUri = ${NOWHERE.polling}`,
      `streamUri = ${NOWHERE.streaming}`,
      'ignoreConnectionErrors = true',
    ]
    const environments = names.map((name) => `[Environment "${name}"]\nsdkKey = sdk-${name}`)
    writeFileSync(path, `${[...main, ...environments].join('\n')}\n`)
  }
  save('one')
  const relay = await startRelayCommand(['--config', path], {})
  replace(tls.certFile, 'wrong-host.cert.pem')
  await expect.poll(() => relay.output).toContain('cannot be used')
  save('one', 'two')
  await expect.poll(() => relay.output).toContain('configuration: reloaded: added two')
  expect(await relay.stop()).toBe(0)
  const again = await runRelayCommand(['--config', path], {})
  expect([again.code, again.output]).toEqual([
    1,
    expect.stringContaining('[Main] tlsCert and tlsKey: expected'),
  ])
})

it('(S211.1) a process serves a renewed certificate', async () => {
  const tls = files('leaf')
  const relay = await startRelayProcess(['--from-env'], {
    PORT: '0',
    HALYARD_RELAY_HOST: '127.0.0.1',
    TLS_ENABLED: '1',
    TLS_CERT: tls.certFile,
    TLS_KEY: tls.keyFile,
    LD_ENV_test: 'sdk-test',
    BASE_URI: NOWHERE.polling,
    STREAM_URI: NOWHERE.streaming,
    IGNORE_CONNECTION_ERRORS: '1',
  })
  write(tls, 'expired')
  await becomes(relay, 'expired')
  await expect.poll(() => relay.output).toContain('[error] TLS certificate: expired at 2021')
  expect(await relay.stop()).toBe(0)
})

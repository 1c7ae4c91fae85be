import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { startRelayProcess } from '../support/relay-process.ts'
import { startService } from '../support/service.ts'
import { constant } from '../support/stored.ts'
import { parseExposition } from './metrics/parse-exposition.ts'

const KEY = 'sdk-of-operators-0b5e'
const NOWHERE = 'http://127.0.0.1:9'

it('(S197) refuses clients near the limit on open files, logs and counts it, and still reaches the service', async () => {
  const service = await startService({ [KEY]: { flags: { a: constant('a', 1, 'one') } } })
  const relay = await startRelayProcess(
    ['--from-env'],
    {
      LD_ENV_one: KEY,
      PORT: '0',
      HALYARD_RELAY_HOST: '127.0.0.1',
      BASE_URI: service.url,
      STREAM_URI: service.url,
    },
    { openFiles: 120 },
  )
  const { hostname, port } = new URL(relay.url)
  const sockets: Socket[] = []
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
  })
  for (let serial = 0; serial < 200; serial++) {
    const socket = connect(Number(port), hostname)
    socket.on('error', () => {})
    socket.resume()
    sockets.push(socket)
    await once(socket, 'connect')
  }
  await expect.poll(() => relay.output).toContain('raise it (ulimit -n)')
  await expect.poll(() => sockets.filter(({ closed }) => closed).length).toBeGreaterThan(100)
  // Files are left for a new connection to the service.
  service.change(KEY, { op: 'put', kind: 'flag', key: 'a', version: 2, object: constant('a', 2, 'two') })
  for (const socket of sockets) socket.destroy()
  const refused = async (): Promise<number> => {
    const response = await fetch(`${relay.url}/metrics`)
    const family = parseExposition(await response.text()).get('halyard_relay_closed_connections_total')
    return (
      [...(family?.series.values() ?? [])].find(({ labels }) => labels.reason === 'open-files')?.value ?? 0
    )
  }
  await expect.poll(() => refused().catch(() => 0)).toBeGreaterThan(100)
  await expect
    .poll(async () => ((await relay.ask('/sdk/flags/a', KEY)).body as { version?: number }).version)
    .toBe(2)
  expect(relay.output.split('raise it (ulimit -n)')).toHaveLength(2)
  expect(await relay.stop()).toBe(0)
})

it('(S197.3) reserves open files for the environments of a reload', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'halyard-files-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const path = join(directory, 'relay.conf')
  const write = (count: number): void => {
    const sections = Array.from({ length: count }, (_, n) => `[Environment "e${n}"]\nsdkKey = sdk-${n}\n`)
    const main = `[Main]\nport = 0\nhost = 127.0.0.1\nbaseUri = ${NOWHERE}\nstreamUri = ${NOWHERE}\nignoreConnectionErrors = true\n`
    writeFileSync(path, main + sections.join(''))
  }
  write(1)
  const relay = await startRelayProcess(['--config', path], {}, { openFiles: 400 })
  write(60)
  await expect.poll(() => relay.output, { timeout: 60_000 }).toContain('configuration: reloaded: added')
  const { hostname, port } = new URL(relay.url)
  const sockets: Socket[] = []
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
  })
  for (let serial = 0; serial < 230; serial++) {
    const socket = connect(Number(port), hostname)
    socket.on('error', () => {})
    socket.resume()
    sockets.push(socket)
    await once(socket, 'connect')
  }
  // With one environment, 333 connections would be accepted.
  await expect.poll(() => relay.output).toContain('refused a connection: 200 are open')
  expect(await relay.stop()).toBe(0)
})

it('(S179) logs once and counts it if all open files are in use', async () => {
  const names = Array.from({ length: 40 }, (_, index) => `env${index}`)
  const everything = { flags: { a: constant('a', 1, 'one') } }
  const service = await startService(Object.fromEntries(names.map((name) => [`sdk-${name}`, everything])))
  const relay = await startRelayProcess(
    ['--from-env'],
    {
      ...Object.fromEntries(names.map((name) => [`LD_ENV_${name}`, `sdk-${name}`])),
      PORT: '0',
      HALYARD_RELAY_HOST: '127.0.0.1',
      BASE_URI: service.url,
      STREAM_URI: service.url,
    },
    { openFiles: 80 },
  )
  const { hostname, port } = new URL(relay.url)
  const sockets: Socket[] = []
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
  })
  const fill = (): void => {
    // Connections that the system closes are opened again, so that no file stays free.
    for (const socket of sockets.splice(0)) if (!socket.closed) sockets.push(socket)
    while (sockets.length < 40) {
      const socket = connect(Number(port), hostname)
      socket.on('error', () => {})
      socket.resume()
      sockets.push(socket)
    }
  }
  await expect
    .poll(() => {
      fill()
      return relay.output
    })
    .toContain('open files: the limit of this process is reached')
  for (const socket of sockets) socket.destroy()
  const shortages = async (): Promise<number> => {
    const response = await fetch(`${relay.url}/metrics`)
    const family = parseExposition(await response.text()).get('halyard_relay_file_shortages_total')
    return [...(family?.series.values() ?? [])][0]?.value ?? 0
  }
  await expect.poll(() => shortages().catch(() => 0)).toBeGreaterThan(0)
  expect(relay.output.split('open files: the limit of this process is reached')).toHaveLength(2)
  expect(await relay.stop()).toBe(0)
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { certificatePath } from '../support/certificates.ts'
import { endWithTest, outcome } from '../support/child.ts'
import { startRelayProcess } from '../support/relay-process.ts'
import { startService } from '../support/service.ts'
import { constant } from '../support/stored.ts'

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts')
const KEY = 'sdk-of-operators-0b5e'

/** Runs a command in a process with these variables only, as a probe inside of a container. */
function probe(
  name: 'health' | 'ready',
  settings: Readonly<Record<string, string>>,
): Promise<{ readonly code: unknown; readonly output: string }> {
  const env = { PATH: process.env.PATH, NODE_NO_WARNINGS: '1', ...settings }
  const stdio = ['ignore', 'pipe', 'pipe'] as const
  return outcome(endWithTest(spawn(process.execPath, [MAIN, name], { env, stdio: [...stdio] })))
}

const portAfter = (text: string, output: string): string =>
  new RegExp(`${text} \\S+:(\\d+)`).exec(output)?.[1] ?? ''

const statusOf = (url: string): Promise<number | string> =>
  fetch(url).then(
    ({ status }) => status,
    () => 'refused',
  )

it('(S212) runs by variables only, with TLS, a port and a login for operators, and probes from inside', async () => {
  const service = await startService({ [KEY]: { flags: { a: constant('a', 1, 'one') } } })
  const settings = {
    LD_ENV_one: KEY,
    BASE_URI: service.url,
    STREAM_URI: service.url,
    HALYARD_RELAY_HOST: '127.0.0.1',
    TLS_ENABLED: 'true',
    TLS_CERT: certificatePath('leaf.cert.pem'),
    TLS_KEY: certificatePath('leaf.key.pem'),
    HALYARD_RELAY_ADMIN_PASSWORD: 'hunter2-of-operators',
    LOG_LEVEL: 'debug',
  }
  const relay = await startRelayProcess(['--from-env'], {
    ...settings,
    PORT: '0',
    HALYARD_RELAY_ADMIN_PORT: '0',
  })
  await expect.poll(() => relay.output).toContain('for operators on https://127.0.0.1:')
  await expect.poll(() => relay.output).toContain('serving live data')
  const ports = {
    PORT: portAfter('environment on', relay.output),
    HALYARD_RELAY_ADMIN_PORT: portAfter('for operators on', relay.output),
  }
  const address = `https://127.0.0.1:${ports.HALYARD_RELAY_ADMIN_PORT}`
  expect(await probe('ready', { ...settings, ...ports })).toEqual({
    code: 0,
    output: `ready: ${address}/readyz\n`,
  })
  expect(await probe('health', { ...settings, ...ports })).toEqual({
    code: 0,
    output: `alive: ${address}/healthz\n`,
  })
  // With the password of the relay in its environment, a probe neither sends nor prints it.
  expect(relay.output).not.toContain('hunter2')
  expect(await relay.stop()).toBe(0)
  const { code, output } = await probe('health', { ...settings, ...ports })
  expect([code, output]).toEqual([
    1,
    expect.stringContaining(`not alive: ${address}/healthz: nothing listens there`),
  ])
})

it('(S195) serves both ports during the shutdown delay, and closes both afterwards', async () => {
  const service = await startService({ [KEY]: { flags: { a: constant('a', 1, 'one') } } })
  const relay = await startRelayProcess(['--from-env'], {
    LD_ENV_one: KEY,
    BASE_URI: service.url,
    STREAM_URI: service.url,
    HALYARD_RELAY_HOST: '127.0.0.1',
    PORT: '0',
    HALYARD_RELAY_ADMIN_PORT: '0',
    KUBERNETES_SERVICE_HOST: '10.0.0.1',
  })
  await expect.poll(() => relay.output).toContain('for operators on ')
  const adminUrl = `http://127.0.0.1:${portAfter('for operators on', relay.output)}`
  await expect.poll(() => statusOf(`${relay.url}/readyz`)).toBe(200)
  // A viewer of the page does not delay the end.
  const viewer = get(`${adminUrl}/status/events`)
  viewer.on('error', () => {})
  onTestFinished(() => void viewer.destroy())
  const [events] = (await once(viewer, 'response')) as [IncomingMessage]
  events.on('error', () => {}).resume()
  relay.signal('SIGTERM')
  await expect.poll(() => statusOf(`${relay.url}/readyz`)).toBe(503)
  expect(await statusOf(`${adminUrl}/readyz`)).toBe(503)
  expect(await statusOf(`${adminUrl}/metrics`)).toBe(200)
  expect(await statusOf(`${relay.url}/status`)).toBe(200)
  expect(await relay.ended).toBe(0)
  expect(await statusOf(`${adminUrl}/healthz`)).toBe('refused')
})

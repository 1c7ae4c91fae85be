import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { startRelayServer } from '../../src/relay/relay.ts'
import { notes } from '../client/starting.ts'
import { SDK_KEY } from '../support/engine.ts'
import { ask, at, DEFAULTS, keyed, NOWHERE, silent, start, upstream } from './starting.ts'

const SECOND = { name: 'second', sdkKey: 'sdk-second-0b5e' }
const both = [...DEFAULTS.environments, SECOND]

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'halyard-relay-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

it('(S93) does not start if an environment cannot be opened, and leaves nothing running', async () => {
  const port = await freePort()
  const config = {
    ...DEFAULTS,
    port,
    store: {
      type: 'consul',
      url: 'http://127.0.0.1:9',
      tokenFile: '/nowhere/token',
      localTtlMs: 0,
    },
    environments: [{ ...SECOND, prefix: 'x' }],
  } as const
  await expect(startRelayServer(config, { logger: silent })).rejects.toThrow('/nowhere/token')
  // The port is free again.
  expect((await ask(await start({ port, endpoints: NOWHERE, initTimeoutMs: 10 }), '/healthz')).status).toBe(
    200,
  )
})

it('(S93.1) changes nothing if a file of the configuration cannot be read, and applies it when it can', async () => {
  const served = await upstream('one')
  const relay = await start({ endpoints: at(served) })
  await relay.started
  const config = { ...DEFAULTS, endpoints: at(served), environments: both }
  await expect(relay.reload({ ...config, caFiles: ['/nowhere/ca.pem'] })).rejects.toThrow('/nowhere/ca.pem')
  expect(relay.view.environments.map(({ name, serving }) => [name, serving])).toEqual([['test', 'live']])
  await relay.reload(config)
  for (const sdkKey of [SDK_KEY, SECOND.sdkKey]) {
    await expect
      .poll(async () => (await ask(relay, '/sdk/latest-all', { authorization: sdkKey })).status)
      .toBe(200)
  }
})

it('(S93) applies shared settings to all environments after a reload', async () => {
  const [first, other] = [await upstream('one'), await upstream('two')]
  const relay = await start({ endpoints: at(first) })
  await relay.started
  await relay.reload({ ...DEFAULTS, endpoints: at(other) })
  const value = async () => (await ask(relay, '/sdk/flags/a', keyed)).body?.variations
  await expect.poll(value).toEqual(['two'])
})

it('(S93.4) logs which settings need a restart', async () => {
  const { log, logger } = notes()
  const relay = await start({ endpoints: NOWHERE, initTimeoutMs: 10 }, { logger })
  await relay.reload({ ...DEFAULTS, endpoints: NOWHERE, port: 1, admission: { maxConcurrent: 1 } })
  expect(log).toContain('warn: reload: changes of port, admission take effect after a restart')
})

it('(S93) runs reloads one at a time, and a close ends them', async () => {
  const served = await upstream('one')
  const relay = await start({ endpoints: at(served) })
  const config = { ...DEFAULTS, endpoints: at(served) }
  const reloads = [
    relay.reload({ ...config, environments: both }),
    relay.reload({ ...config, environments: [SECOND] }),
    relay.reload({ ...config, environments: both }),
  ]
  await relay.close()
  await Promise.all(reloads)
  expect(relay.view.environments).toEqual([])
  // The environment was still starting: `started` reports it as late, and there is no unhandled rejection.
  expect(await relay.started).toBeInstanceOf(Array)
})

it('(S93) a close waits for environments that a reload is closing', async () => {
  // A database that does not answer keeps an environment from ending at once.
  const database = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void database.close())
  await once(database, 'listening')
  const { port } = database.address() as AddressInfo
  const store = { type: 'consul', url: `http://127.0.0.1:${port}`, localTtlMs: 0 } as const
  const environments = [{ ...SECOND, prefix: 'x' }]
  const relay = await start({ endpoints: at(await upstream('one')), store, environments })
  await relay.started
  const ended: string[] = []
  const reloaded = relay.reload({ ...DEFAULTS, store }).then(() => ended.push('reload'))
  await expect.poll(() => relay.view.environments).toEqual([])
  await relay.close().then(() => ended.push('close'))
  await reloaded
  expect(ended).toEqual(['reload', 'close'])
})

it('(S94) with a folder for snapshots a restart needs no database: up-to-date clients receive `none`', async () => {
  const snapshotDirectory = folder()
  const served = await upstream('one')
  const first = await start({ endpoints: at(served), snapshotDirectory })
  await first.started
  const { state } = (await ask(first, '/sdk/poll', keyed)).body.events.at(-1).data
  await expect.poll(() => readdirSync(snapshotDirectory)).toHaveLength(1)
  await first.close()
  const second = await start({ endpoints: NOWHERE, snapshotDirectory, initTimeoutMs: 2_000 })
  expect(await second.started).toEqual([])
  const { body } = await ask(second, `/sdk/poll?basis=${encodeURIComponent(state)}`, keyed)
  expect(body.events[0].data.payloads[0].intentCode).toBe('none')
  expect(second.view.environments[0]).toMatchObject({ serving: 'stored', store: { database: 'file' } })
  // The service has not answered, so the status must not be connected.
  expect(second.view.environments[0]?.source.state).not.toBe('valid')
  expect((await ask(second, '/status')).body.status).toBe('degraded')
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.on('listening', resolve))
  const { port } = server.address() as { readonly port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

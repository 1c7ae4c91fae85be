import { expect, it } from 'vitest'
import { systemClock } from '../../src/async/clock.ts'
import type { RelayServer } from '../../src/relay/relay.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { notes } from '../client/starting.ts'
import { openStream, outline } from '../server/raw-http.ts'
import { SDK_KEY } from '../support/engine.ts'
import { change, constant } from '../support/stored.ts'
import { killableService } from './killable-service.ts'
import { ask, keyed, start } from './starting.ts'

const MINUTE_MS = 60_000

const statusOf = async (relay: RelayServer, name = 'test') =>
  (await ask(relay, '/status')).body.environments[name]

/** Advances virtual time while connections fail in real time. */
async function pass(clock: VirtualClock, minutes: number): Promise<void> {
  for (let step = 0; step < minutes * 4; step++) {
    await clock.advance(MINUTE_MS / 4)
    for (let turn = 0; turn < 10; turn++) await systemClock.breathe()
  }
}

it('(S122) serves all clients and reports the age of the data during an outage of one hour, then sends the changes', async () => {
  const clock = new VirtualClock(1_700_000_000_000)
  const { log, logger } = notes()
  const output = (level: string): string[] => log.filter((line) => line.startsWith(level))
  const service = await killableService([change('a', 1, 'one')])
  const relay = await start({ endpoints: service.endpoints }, { clock, logger })
  await relay.started
  const stream = await openStream(`${relay.url}/sdk/stream?basis=${service.state}`, keyed)
  await stream.until('"none"')
  await expect.poll(async () => (await statusOf(relay)).connectionStatus.state).toBe('VALID')
  log.length = 0

  await service.kill()
  const ages: number[] = []
  for (let minute = 1; minute <= 60; minute++) {
    await pass(clock, 1)
    expect((await ask(relay, '/sdk/latest-all', keyed)).body.flags).toEqual({ a: constant('a', 1, 'one') })
    expect((await ask(relay, `/sdk/poll?basis=${service.state}`, keyed)).status).toBe(200)
    ages.push((await statusOf(relay)).dataAgeMs)
  }
  expect(ages).toEqual(ages.map((_, index) => expect.closeTo((index + 1) * MINUTE_MS, -4)))
  expect(await statusOf(relay)).toMatchObject({
    status: 'disconnected',
    connectionStatus: { state: 'INTERRUPTED', lastError: { kind: 'NETWORK_ERROR' } },
  })
  // One for each source, and one for the end of the connection.
  expect(output('warn').length).toBeLessThanOrEqual(3)
  expect(output('error')).toEqual([])

  service.change(change('a', 2, 'two'))
  await service.revive()
  await expect
    .poll(() => pass(clock, 1).then(() => stream.text()), { interval: 0 })
    .toContain(`"${service.state}"`)
  expect(outline(stream.text())).toEqual([
    'server-intent none up-to-date',
    'server-intent xfer-changes stale',
    'put-object a',
    'payload-transferred state-2',
  ])
  const { status, dataAgeMs } = await statusOf(relay)
  expect(status).toBe('connected')
  expect(dataAgeMs).toBeLessThan(2 * MINUTE_MS)
  expect(output('info').at(-1)).toContain('recovered')
})

it('(S122) an environment with an invalid key does not affect others, and the status names it', async () => {
  const { log, logger } = notes()
  const service = await killableService([change('a', 1, 'one')])
  const wrong = { name: 'wrong', sdkKey: 'sdk-wrong-0b5e' }
  const environments = [{ name: 'test', sdkKey: SDK_KEY }, wrong]
  const relay = await start({ endpoints: service.endpoints, environments }, { logger })
  expect(await relay.started).toEqual(['wrong'])
  expect((await ask(relay, '/sdk/flags/a', keyed)).body).toEqual(constant('a', 1, 'one'))
  expect((await ask(relay, '/sdk/flags/a', { authorization: wrong.sdkKey })).status).toBe(503)
  expect(await statusOf(relay)).toMatchObject({ status: 'connected', connectionStatus: { state: 'VALID' } })
  expect(await statusOf(relay, 'wrong')).toMatchObject({
    status: 'disconnected',
    connectionStatus: { lastError: { kind: 'ERROR_RESPONSE', statusCode: 401 } },
  })
  const stream = await openStream(`${relay.url}/sdk/stream?basis=${service.state}`, keyed)
  service.change(change('a', 2, 'two'))
  await stream.until(`"${service.state}"`)
  // One for each source.
  expect(log.filter((line) => line.includes('401')).length).toBeLessThanOrEqual(3)
  expect(log.join('\n')).not.toContain(wrong.sdkKey)
})

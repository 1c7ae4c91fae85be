import { expect, it } from 'vitest'
import type { RelayServer } from '../../../src/relay/relay.ts'
import { everythingPut, LiveStream, startOrigin } from '../../support/origin.ts'
import { change } from '../../support/stored.ts'
import { at, start, upstream } from '../starting.ts'

const NO_STREAM = { streaming: 'http://127.0.0.1:9' }

const revisionOf = (relay: RelayServer) => relay.view.environments[0]?.revision

it('(S221.1) relays have the same fingerprint and version if they serve the same data', async () => {
  const service = await upstream('one')
  const first = await start({ endpoints: at(service) })
  // Gets its data by a poll, and no changes.
  const second = await start({ endpoints: { ...at(service), ...NO_STREAM } })
  await Promise.all([first.started, second.started])
  expect(revisionOf(first)).toEqual({ version: expect.any(Number), fingerprint: expect.any(Number) })
  expect(revisionOf(second)).toEqual(revisionOf(first))
  const before = revisionOf(first)
  service.change(change('a', 2, 'two'))
  await expect.poll(() => revisionOf(first)?.fingerprint).not.toBe(before?.fingerprint)
  expect(revisionOf(second)).toEqual(before)
  const third = await start({ endpoints: at(service) })
  await third.started
  expect(revisionOf(third)).toEqual(revisionOf(first))
})

it('(S221.2) /metrics has version, fingerprint and the time of the last change', async () => {
  const relay = await start({ endpoints: at(await upstream('one')) })
  await relay.started
  const text = await (await fetch(`${relay.url}/metrics`)).text()
  const { version, fingerprint } = revisionOf(relay) ?? {}
  expect(text).toContain(`halyard_relay_data_version{environment="test"} ${version}\n`)
  expect(text).toContain(`halyard_relay_data_fingerprint{environment="test"} ${fingerprint}\n`)
  expect(text).toMatch(/halyard_relay_data_changed_seconds\{environment="test"\} \d{10}/)
})

it('(S221.3) data without a selector is compared by its content', async () => {
  const relays: RelayServer[] = []
  for (const value of ['one', 'one', 'two']) {
    const origin = await startOrigin()
    origin.fdv1.stream.always(new LiveStream(() => everythingPut(change('a', 1, value))).answer)
    relays.push(await start({ endpoints: origin.endpoints, dataSavingMode: false }))
  }
  await Promise.all(relays.map(({ started }) => started))
  const prints = relays.map((relay) => revisionOf(relay)?.fingerprint)
  expect(prints[0]).toEqual(expect.any(Number))
  expect(prints[1]).toBe(prints[0])
  expect(prints[2]).not.toBe(prints[0])
})

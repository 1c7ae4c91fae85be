import { expect, it, onTestFinished } from 'vitest'
import { createClient } from '../../../src/client/create-client.ts'
import { presets } from '../../../src/config/presets.ts'
import { SDK_KEY } from '../../support/engine.ts'
import { DEFAULTS, silent, start } from '../starting.ts'
import { fileEnvironment, poll, value } from './environment.ts'

it('(FS3.8) a relay behind a relay of files keeps its states, receives deltas, and survives a restart without a payload', async () => {
  const files = await fileEnvironment({ a: 1, b: 1 })
  const first = await files.start()
  const port = Number(new URL(first.url).port)
  const endpoints = { polling: first.url, streaming: first.url }
  const tier = await start({ ...DEFAULTS, endpoints, environments: [{ name: 'test', sdkKey: SDK_KEY }] })
  expect(await tier.started).toEqual([])
  const client = createClient(SDK_KEY, {
    dataSystem: presets.streaming(),
    endpoints: { polling: tier.url, streaming: tier.url },
    logger: silent,
  })
  onTestFinished(() => client.close())
  const variation = (): Promise<unknown> => client.variation('a', { kind: 'user', key: 'u' }, 'none')
  await expect.poll(variation).toBe(1)
  const { state } = await poll(first)
  expect(await poll(tier, state)).toMatchObject({ intent: 'none' })
  await files.save({ a: 2, b: 1 })
  await expect.poll(variation).toBe(2)
  expect(await poll(tier, state)).toMatchObject({ intent: 'xfer-changes', keys: ['put-object a'] })
  await first.close()
  const second = await files.start({}, { port })
  await expect.poll(() => second.view.environments[0]?.clients.fdv2).toBe(1)
  expect(second.view.environments[0]?.traffic.full).toBe(0)
  await files.save({ a: 3, b: 1 })
  await expect.poll(variation).toBe(3)
  expect(await value(tier)).toBe(3)
  expect(second.view.environments[0]?.traffic.full).toBe(0)
})

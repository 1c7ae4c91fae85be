import { init } from '@launchdarkly/node-server-sdk'
import { expect, it, onTestFinished } from 'vitest'
import { SDK_KEY } from '../support/engine.ts'
import { put } from '../support/origin.ts'
import { constant } from '../support/stored.ts'
import { at, silent, start, upstream } from './starting.ts'

const USER = { kind: 'user', key: 'u-1' } as const

it('(S95) the official SDK, polling as before FDv2, sees a change with its next poll', async () => {
  const served = await upstream('one')
  const relay = await start({ endpoints: at(served) })
  await relay.started
  // 30 s between two polls is the shortest it does.
  const uris = { baseUri: relay.url, stream: false, pollInterval: 30 }
  const client = init(SDK_KEY, { ...uris, sendEvents: false, logger: silent })
  onTestFinished(() => client.close())
  await client.waitForInitialization({ timeout: 60 })
  const value = (): Promise<unknown> => client.variation('a', USER, 'fallback')
  expect(await value()).toBe('one')
  served.change(put('a', 2, constant('a', 2, 'two')))
  await expect.poll(value, { interval: 500 }).toBe('two')
})

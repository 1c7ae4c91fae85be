import { init } from '@launchdarkly/node-server-sdk'
import { expect, it, onTestFinished, vi } from 'vitest'
import { SDK_KEY } from '../support/engine.ts'
import { put } from '../support/origin.ts'
import { constant } from '../support/stored.ts'
import { at, silent, start, upstream } from './starting.ts'

const USER = { kind: 'user', key: 'u-1' } as const

it('(S95) the official SDK with FDv1 polling receives a change with its next poll', async () => {
  const served = await upstream('one')
  const relay = await start({ endpoints: at(served) })
  await relay.started
  const uris = { baseUri: relay.url, stream: false, pollInterval: 77 }
  // The SDK polls at most every 30 s. The test recognizes its timer by the duration, and fires it.
  const polls: (() => void)[] = []
  const { setTimeout: setTimer } = globalThis
  vi.stubGlobal('setTimeout', (callback: () => void, ms = 0, ...rest: unknown[]) => {
    if (ms > 70_000 && ms <= 77_000) polls.push(callback)
    return setTimer(callback, ms, ...rest)
  })
  onTestFinished(() => void vi.unstubAllGlobals())
  const client = init(SDK_KEY, { ...uris, sendEvents: false, logger: silent })
  onTestFinished(() => client.close())
  await client.waitForInitialization({ timeout: 60 })
  const value = (): Promise<unknown> => client.variation('a', USER, 'fallback')
  expect(await value()).toBe('one')
  served.change(put('a', 2, constant('a', 2, 'two')))
  await expect.poll(() => relay.view.environments[0]?.recent[0]?.items).toContain('flag a')
  await expect.poll(() => polls.length).toBeGreaterThan(0)
  polls.at(-1)?.()
  await expect.poll(value, { interval: 500 }).toBe('two')
})

import { afterEach, expect, it, onTestFinished, vi } from 'vitest'

const UNDICI = '../../src/transport/undici.ts'

afterEach(() => {
  vi.doUnmock(UNDICI)
})

it('(S132) reports a transport that cannot be loaded as a failure of its source', async () => {
  vi.resetModules()
  vi.doMock(UNDICI, () => {
    throw new Error('Dynamic require of "node:assert" is not supported')
  })
  const { createClient, presets } = await import('../../src/index.ts')
  const logged: string[] = []
  const log = (message: string): void => void logged.push(message)
  const client = createClient('sdk-key', {
    dataSystem: presets.pollingOnly(),
    endpoints: { polling: 'http://127.0.0.1:1' },
    logger: { debug: log, info: log, warn: log, error: log },
  })
  onTestFinished(() => client.close())
  await expect.poll(() => logged.join('\n')).toMatch(/poll.*(node:assert|mocking a module)/s)
  expect(client.sync.boolVariation('flag', { kind: 'user', key: 'a' }, true)).toBe(true)
})

import { expect, it } from 'vitest'
import { SDK_KEY } from '../support/engine.ts'
import { ask, at, start, upstream } from './starting.ts'

it('(S205.5) refuses unknown keys with 401 and unknown IDs in a path with 404, and states the reason', async () => {
  const environments = [{ name: 'test', sdkKey: SDK_KEY, mobileKey: 'mob-1', envId: 'env-1' }]
  const relay = await start({ endpoints: at(await upstream('one')), environments })
  await relay.started
  const cases = [
    ['/sdk/latest-all', undefined, 401, 'the SDK key is missing or unknown'],
    ['/sdk/latest-all', 'mob-1', 401, 'the SDK key is missing or unknown'],
    ['/sdk/latest-all', 'env-1', 401, 'the SDK key is missing or unknown'],
    ['/mping', SDK_KEY, 401, 'the mobile key is missing or unknown'],
    ['/mping', undefined, 401, 'the mobile key is missing or unknown'],
    ['/ping/env-2', undefined, 404, 'the client-side ID is missing or unknown'],
    ['/ping/mob-1', 'mob-1', 404, 'the client-side ID is missing or unknown'],
    ['/sdk/poll/eval/e30', undefined, 401, 'the mobile key or client-side ID is missing or unknown'],
    ['/sdk/poll/eval/e30', SDK_KEY, 401, 'the mobile key or client-side ID is missing or unknown'],
  ] as const
  for (const [path, key, status, message] of cases) {
    const answer = await ask(relay, path, key === undefined ? {} : { authorization: key })
    expect([answer.status, answer.body], `${path} ${key}`).toEqual([status, { message }])
    expect(answer.headers.get('cache-control')).toBe('no-store')
  }
  expect((await ask(relay, '/sdk/latest-all', { authorization: `api_key ${SDK_KEY}` })).status).toBe(200)
})

import { expect, it, onTestFinished } from 'vitest'
import { createClient } from '../../src/client/create-client.ts'
import type { EvaluationSeriesContext, Hook } from '../../src/client/hooks.ts'
import { presets } from '../../src/config/presets.ts'
import { MemoryDatabase } from '../../src/testing/memory-database.ts'
import { body, full, LiveStream, put, startOrigin } from '../support/origin.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }
const NAMED = { 'x-ld-envid': 'production' }

it('(S42, D16) passes the environment id of the service to hooks, and writes it beside the rows', async () => {
  const origin = await startOrigin()
  origin.poll.always(body(full('s1', put('a')), NAMED))
  origin.stream.always(new LiveStream([]).answer)
  const database = new MemoryDatabase()
  const seen: (string | undefined)[] = []
  const hook: Hook = {
    getMetadata: () => ({ name: 'recorder' }),
    beforeEvaluation(series: EvaluationSeriesContext) {
      seen.push(series.environmentId)
      return {}
    },
  }
  const client = createClient('sdk-key', {
    dataSystem: presets.persistentStore(database.description()),
    endpoints: { polling: origin.url, streaming: origin.url },
    hooks: [hook],
    logger: silent,
  })
  onTestFinished(() => client.close())
  await client.variation('a', { kind: 'user', key: 'u' }, 0)
  await client.waitForInitialization()
  await client.variation('a', { kind: 'user', key: 'u' }, 0)
  expect(seen).toEqual([undefined, 'production'])
  await client.close()
  expect(database.sidecar).toContain('"environmentId":"production"')
})

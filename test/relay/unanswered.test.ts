import { expect, it } from 'vitest'
import type { DataSourceStatus } from '../../src/model/status.ts'
import { logServing } from '../../src/relay/log.ts'
import { sourceViewOf } from '../../src/relay/unanswered.ts'
import { VirtualClock } from '../../src/testing/virtual-clock.ts'
import { environmentView, sourceView } from './page/views.ts'

const ADDRESSES = { polling: 'https://sdk.example/base', streaming: 'https://stream.example' }

function unanswered(members: Partial<DataSourceStatus>): unknown {
  const source = { ...sourceView('interrupted'), since: 1_000, ...members }
  return sourceViewOf(source, ADDRESSES, 9_000).unanswered
}

it('(PG3.4) the view has the address that has not answered, and since when', () => {
  expect(unanswered({})).toEqual({ since: 1_000, address: 'https://stream.example' })
  expect(unanswered({ source: 'polling initializer' })).toEqual({
    since: 1_000,
    address: 'https://sdk.example',
  })
  expect(unanswered({ nextAttempt: 4_000 })).toMatchObject({ since: 4_000 })
  const lastError = { kind: 'network_error', message: '', source: 'streaming', at: 5_000 } as const
  expect(unanswered({ nextAttempt: 4_000, lastError })).toMatchObject({ since: 5_000 })
  expect(sourceViewOf({ ...sourceView('initializing') }, {}, 0).unanswered).toMatchObject({
    address: 'https://stream.launchdarkly.com',
  })
})

it('(PG3.4) nothing is unanswered if the source is valid or off, waits for its next attempt, or is no service', () => {
  expect(unanswered({ state: 'valid' })).toBeUndefined()
  expect(unanswered({ state: 'off' })).toBeUndefined()
  expect(unanswered({ nextAttempt: 9_001 })).toBeUndefined()
  expect(unanswered({ source: 'file' })).toBeUndefined()
  const lastError = { kind: 'error_response', message: '', source: 'polling', at: 1_000 } as const
  expect(unanswered({ source: 'polling', lastError })).toBeUndefined()
  expect(unanswered({ source: 'polling', lastError: { ...lastError, at: 999 } })).toBeDefined()
})

it('(PG3.5) logs once per outage that the service does not answer', async () => {
  const clock = new VirtualClock()
  const lines: string[] = []
  const write = (line: string): void => void lines.push(line)
  const log = logServing({ debug: write, info: write, warn: write, error: write }, clock)
  const address = 'https://stream.example'
  const hanging = environmentView({
    serving: 'nothing',
    source: sourceView('initializing'),
    unanswered: { since: clock.now(), address },
  })
  log(hanging)
  await clock.advance(10_000)
  log(hanging)
  log(hanging)
  expect(lines).toEqual([
    'no answer from https://stream.example for 10 s; the relay continues to try, check that it can reach the service',
  ])
  log(environmentView({ serving: 'nothing' }))
  log(hanging)
  expect(lines).toHaveLength(2)
})

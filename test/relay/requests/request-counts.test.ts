import { expect, it } from 'vitest'
import { RequestCounts } from '../../../src/relay/requests/request-counts.ts'

const ANSWERED = { method: 'GET', route: '/sdk/poll', status: 200, seconds: 0.001 } as const

it('(S220.8) the series of a removed environment no longer count towards the limit', () => {
  const counts = new RequestCounts(1)
  const sdkOf = (environment: string): string => {
    const client = counts.clientOf(environment, 'server', { 'user-agent': 'Made/1' })
    counts.add({ ...ANSWERED, client }, client)
    return String(counts.view(new Set([environment])).counts[0]?.client?.sdk.name)
  }
  expect(sdkOf('first')).toBe('Made')
  // Each environment is counted before its view forgets the one before it.
  expect(sdkOf('second')).toBe('other')
  expect(sdkOf('third')).toBe('other')
  counts.view(new Set())
  expect(sdkOf('fourth')).toBe('Made')
})

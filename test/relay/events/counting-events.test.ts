import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import type { ReceivedEvent } from '../../../src/events/receive-payload.ts'
import type { HttpRequest } from '../../../src/transport/transport.ts'
import { notes } from '../../client/starting.ts'
import { summaryOf } from './counted-events.ts'
import { startCounting, totals } from './counting-relay.ts'
import { ENV_ID } from './forwarding-relay.ts'

const ID = { 'x-launchdarkly-payload-id': '11111111-2222-3333-4444-555555555555' }

const feature = (rest: object): object => ({
  kind: 'feature',
  creationDate: 1,
  key: 'checkout',
  user: { key: 'u' },
  value: 'fast',
  default: 'none',
  ...rest,
})

it('(RE8.1) opens no connection for events', async () => {
  const requests: string[] = []
  const request = ({ url }: HttpRequest): Promise<never> => {
    requests.push(url)
    return Promise.reject(new Error('no network'))
  }
  const transport = { request, close: () => Promise.resolve() }
  const { relay, post, usage } = await startCounting({ common: { transport } })
  await post('/bulk', JSON.stringify([summaryOf({ checkout: [{ variation: 0, version: 1, count: 2 }] })]))
  await post('/diagnostic', '{"kind":"diagnostic-init"}')
  await expect.poll(() => usage().evaluations).toBe(2)
  await relay.close()
  expect(requests).toEqual([])
})

it('(RE8.2) answers as the forwarding does: 202, 400 for an empty or too long body', async () => {
  const { post, counts } = await startCounting()
  const statuses = await Promise.all(
    ['[]', '', 'no array', 'x'.repeat(17 * 2 ** 20)].map(async (body) => (await post('/bulk', body)).status),
  )
  expect(statuses).toEqual([202, 400, 202, 400])
  await expect.poll(() => counts()).toMatchObject({ received: 1, invalid: 1, queuedBytes: 0 })
})

it('(RE8.4) counts each feature event of a former payload', async () => {
  const { post, usage } = await startCounting()
  const events = [
    feature({ version: 3 }),
    feature({ version: 3, variation: 0, value: 'classic' }),
    feature({ version: 3, value: 'gone' }),
    feature({ version: 3, excludeFromSummaries: true }),
    feature({ key: 'typo', value: 'none' }),
  ]
  await post('/bulk', JSON.stringify(events), { 'x-launchdarkly-event-schema': '2' })
  await expect.poll(() => usage().evaluations).toBe(4)
  expect(totals(usage(), 'checkout')).toEqual({ '0': 1, '1': 1, default: 1 })
  expect(totals(usage(), 'typo')).toEqual({ unknown: 1 })
  await post('/bulk', JSON.stringify(events), { 'x-launchdarkly-unsummarized': 'true' })
  await expect.poll(() => usage().evaluations).toBe(8)
})

it('(RE8.5) counts a payload once that an SDK repeats', async () => {
  const { post, usage, counts } = await startCounting()
  const body = JSON.stringify([summaryOf({ checkout: [{ variation: 0, version: 1, count: 2 }] })])
  for (let index = 0; index < 3; index++) await post('/bulk', body, ID)
  await post('/bulk', body)
  await expect.poll(() => usage().evaluations).toBe(4)
  expect(counts()).toMatchObject({ received: 2, counted: 2 })
})

it('(RE8.12) one element that is no event does not spoil the others', async () => {
  const { post, usage, counts } = await startCounting()
  const good = JSON.stringify(summaryOf({ checkout: [{ variation: 1, version: 1, count: 2 }] }))
  const deep = `{"kind":"custom","data":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
  await post('/bulk', gzipSync(`[1,"],",{},{"kind":7},{broken},${deep},${good}]`), {
    'content-encoding': 'gzip',
  })
  await expect.poll(() => counts()).toMatchObject({ received: 7, invalid: 5, counted: 2 })
  expect(usage().evaluations).toBe(2)
})

it('(RE8.12) a small body that inflates to many elements is counted up to 100,000 of them', async () => {
  const { log, logger } = notes()
  const { post, counts } = await startCounting({ logger })
  const bomb = gzipSync(`[${'0,'.repeat(3_000_000)}0]`)
  expect((await post('/bulk', bomb, { 'content-encoding': 'gzip' })).status).toBe(202)
  await expect
    .poll(() => counts())
    .toMatchObject({
      received: 3_000_001,
      invalid: 100_000,
      dropped: 2_900_001,
      queuedBytes: 0,
    })
  expect(log.filter((line) => line.includes('events:'))).toEqual([
    expect.stringContaining('a payload has more than 100000 events; 2900001 events are lost'),
  ])
  const endless = gzipSync(Buffer.alloc(20 * 2 ** 20, ' '))
  await post('/bulk', endless, { 'content-encoding': 'gzip' })
  await expect.poll(() => counts().received).toBe(3_000_002)
}, 40_000)

it('(RE5.7) payloads of servers do not wait for those of browsers that inflate to millions of elements', async () => {
  let receivedBefore = Infinity
  const onEvent = (): void => {
    receivedBefore = counts().received
  }
  const { post, usage, counts } = await startCounting({ onEvent })
  const bomb = gzipSync(`[${'0,'.repeat(1_000_000)}0]`)
  const encoded = { 'content-encoding': 'gzip' }
  await Promise.all(Array.from({ length: 40 }, () => post(`/events/bulk/${ENV_ID}`, bomb, encoded)))
  await post('/bulk', JSON.stringify([summaryOf({ checkout: [{ variation: 1, version: 1, count: 2 }] })]))
  await expect.poll(() => usage().evaluations).toBe(2)
  expect(receivedBefore).toBeLessThan(30 * 1_000_001)
  await expect.poll(() => counts().queuedBytes, { timeout: 60_000 }).toBe(0)
}, 60_000)

it('(RE8.15) a listener receives every event and diagnostic', async () => {
  const received: ReceivedEvent[] = []
  const { relay, post } = await startCounting({ onEvent: (event) => received.push(event) })
  const events = Array.from({ length: 5_000 }, (_, index) => ({ kind: 'custom', key: `k${index}` }))
  await post('/diagnostic', '{"kind":"diagnostic-init"}')
  await post('/bulk', JSON.stringify(events))
  await relay.close()
  expect(received).toHaveLength(5_001)
  expect(received.at(-1)).toEqual({ kind: 'custom', key: 'k4999' })
})

it('(RE8.15) logs the error of a listener, and counts the event', async () => {
  const { log, logger } = notes()
  const onEvent = (): void => {
    throw new Error('the terminal is closed')
  }
  const { post, usage } = await startCounting({ onEvent, logger })
  await post('/bulk', JSON.stringify([summaryOf({ checkout: [{ variation: 1, version: 1, count: 2 }] })]))
  await expect.poll(() => usage().evaluations).toBe(2)
  expect(log.join()).toContain('the terminal is closed')
})
